"""Whether a data set fits in memory."""

import contextlib
import math
import os
import pathlib


def check_fits(name: str, needed: int, remedy: str) -> None:
    """Raises a `ValueError` for a set that does not fit in memory.

    Args:
        name: String, the set, for the message.
        needed: Integer, the bytes of its decoded inputs.
        remedy: String, what to do.
    """
    # Splitting and copying to tensors takes the raw bytes up to three times.
    free = free_memory()
    if 3 * needed > free:
        raise ValueError(
            f"{name}: expected a set that fits in memory three times, decoded. "
            f"Received: {needed / 2**30:.1f} GiB, with {free / 2**30:.1f} GiB free; "
            f"{remedy}"
        )


def free_memory() -> float:
    """Returns the free bytes, or infinity where the system does not say."""
    # What Linux keeps of files it has read is free too.
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return math.inf
