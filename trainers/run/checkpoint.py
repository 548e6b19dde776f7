"""Checkpoints: the whole state of a run, as NumPy arrays."""

import glob
import json
import os
import sys
import zipfile

import numpy as np

from trainers import files, strict_json
from trainers.errors import RunFailure
from trainers.run.state import not_finite


class Checkpoints:
    """The newest checkpoints of a run.

    A checkpoint is an `.npz` file of numbered arrays and a list of their names. It is
    written beside its place and moved there in one step; every array carries a
    checksum (that of the zip format), which is verified before any value is used.

    Args:
        folder: path of the folder.
        keep: int, how many checkpoints to keep; 0 writes none. A second one serves when
            the newest turns out to be damaged.

    Example:

    ```python
    checkpoints = Checkpoints("workdir/checkpoints")
    checkpoints.save(100, [("kernel", kernel), ("bias", bias)])
    step, state = checkpoints.load()
    ```
    """

    def __init__(self, folder, keep=2):
        self.folder = folder
        self.keep = keep

    def save(self, step, state):
        """Writes the state of a step.

        Args:
            step: int, the number of steps taken.
            state: list of (name, array). Names may repeat.

        Raises:
            RunFailure: when a value is not finite; nothing is written then.
        """
        if broken := not_finite(state):
            raise RunFailure(
                f"{strict_json.listed(broken)} is no longer finite after step {step}. "
                "The last checkpoint before it is kept; try a smaller learning rate or "
                "loss weight."
            )
        if not self.keep:
            return
        arrays = {
            f"{index:05d}": _plain(array) for index, (_, array) in enumerate(state)
        }
        header = [[name, str(array.dtype)] for name, array in state]
        arrays["header"] = np.array(json.dumps({"step": step, "arrays": header}))
        with files.replacing(self._path(step)) as temporary:
            np.savez(temporary, **arrays)
        for old in self._paths()[self.keep :]:
            os.remove(old)

    def load(self):
        """Returns the step and the state of the newest whole checkpoint.

        Damaged checkpoints are passed over with a line on stderr.

        Returns:
            `(step, state)` as given to `save`, or `(0, None)` where there is none.
        """
        for path in self._paths():
            try:
                return _read(path)
            except (
                OSError,
                EOFError,
                ValueError,
                KeyError,
                zipfile.BadZipFile,
            ) as error:
                print(
                    f"warning: checkpoint {path} is damaged ({error}); falling back to "
                    "the one before.",
                    file=sys.stderr,
                    flush=True,
                )
        return 0, None

    def _path(self, step):
        return os.path.join(self.folder, f"step_{step:010d}.npz")

    def _paths(self):
        pattern = os.path.join(glob.escape(self.folder), "step_*.npz")
        return sorted(glob.glob(pattern), reverse=True)


def _plain(array):
    """Returns what the npz format can hold: it does not know bfloat16."""
    return (
        array if array.dtype.kind in "biuf" else array.view(f"uint{8 * array.itemsize}")
    )


def _read(path):
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged:
        raise ValueError(f"{damaged} does not match its checksum")
    with np.load(path, allow_pickle=False) as arrays:
        header = json.loads(str(arrays["header"]))
        state = [
            (name, arrays[f"{index:05d}"].view(dtype))
            for index, (name, dtype) in enumerate(header["arrays"])
        ]
    return header["step"], state
