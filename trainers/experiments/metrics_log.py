"""The metrics of a run: one JSON object a line, and the same in TensorBoard."""

import contextlib
import glob
import json
import os
import pathlib

from tensorboard.summary import Writer

from trainers.common import files


class MetricsLog:
    """Writes metrics to `metrics.jsonl` and to TensorBoard.

    The event files are nothing but a copy of `metrics.jsonl`, made anew at the start,
    so that a resumed run shows no step twice.

    Args:
        path: path of `metrics.jsonl`.
        tensorboard_folder: folder of the event files.
        step: int, the step from which the run goes on; later rows are dropped.
    """

    def __init__(self, path, tensorboard_folder, step=0):
        self.rows = [row for row in _read_rows(path) if row["step"] <= step]
        lines = [json.dumps(row) + "\n" for row in self.rows]
        files.write_text(path, "".join(lines))
        for old in glob.glob(os.path.join(tensorboard_folder, "events.*")):
            os.remove(old)
        self._file = open(path, "a")  # noqa: SIM115
        self._writer = Writer(tensorboard_folder)
        for row in self.rows:
            self._to_tensorboard(row)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()
        self._writer.close()

    def write(self, step, values):
        """Adds the values, `{name: float}`, of a step."""
        row = {"step": step, **values}
        self.rows.append(row)
        self._file.write(json.dumps(row) + "\n")
        self._to_tensorboard(row)

    def flush(self):
        """Brings everything to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._writer.flush()

    def _to_tensorboard(self, row):
        for name, value in row.items():
            if name != "step":
                self._writer.add_scalar(name, value, row["step"])


def _read_rows(path):
    """Returns the rows of the file, up to one that a crash cut short."""
    rows = []
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        for line in pathlib.Path(path).read_text().splitlines():
            rows.append(json.loads(line))
    return rows
