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
    if not fits(needed):
        raise ValueError(
            f"{name}: expected a set that fits in memory three times, decoded. "
            f"Received: {needed / 2**30:.1f} GiB, with {free_memory() / 2**30:.1f} GiB "
            f"free; {remedy}"
        )


def fits(needed: int) -> bool:
    """Whether so many bytes of decoded inputs fit in memory, with room to work.

    Splitting and copying to tensors takes the raw bytes up to three times.
    """
    return 3 * needed <= free_memory()


def free_memory() -> float:
    """Returns the bytes that this process can still take, or infinity if unknown."""
    return min(_free_of_machine(), _free_of_limit())


def _free_of_machine():
    # What Linux keeps of files it has read is free too.
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return math.inf


def _free_of_limit():
    """What is left of the address space that `ulimit -v` allows."""
    with contextlib.suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
            return max(0, limit - pages * resource.getpagesize())
    return math.inf
