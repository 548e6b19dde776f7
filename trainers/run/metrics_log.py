"""The metrics of a run: one JSON object a line, and the same in TensorBoard."""

import contextlib
import os

from trainers import files, strict_json
from trainers.run.event_files import EventFile


class MetricsLog:
    """Writes metrics to `metrics.jsonl` and to TensorBoard.

    A value that is not finite is `null` in the file and left out of TensorBoard.

    The event files are nothing but a copy of `metrics.jsonl`, rewritten at the start,
    so that a resumed run shows no step twice.

    Args:
        path: path of `metrics.jsonl`.
        tensorboard_folder: folder of the event files, `None` to write none.
        step: int, the step from which the run goes on; later rows are dropped.
        summaries: what the event files begin with, each a `Summary`.
    """

    def __init__(self, path, tensorboard_folder, step=0, summaries=()):
        rows = (row for row in _read_rows(path) if row["step"] <= step)
        self.rows = [strict_json.with_nulls(row) for row in rows]
        files.write_text(path, "".join(map(_line, self.rows)))
        self._file = open(path, "a")  # noqa: SIM115
        self._events = None
        if tensorboard_folder is not None:
            self._begin_events(tensorboard_folder, summaries)

    def _begin_events(self, folder, summaries):
        self._events = EventFile(folder)
        for summary in summaries:
            self._events.add(summary)
        for row in self.rows:
            self._to_tensorboard(row)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()
        if self._events:
            self._events.close()

    def write(self, step, values):
        """Adds the values, `{name: float}`, of a step."""
        row = strict_json.with_nulls({"step": step, **values})
        self.rows.append(row)
        self._file.write(_line(row))
        if self._events:
            self._to_tensorboard(row)

    def flush(self):
        """Brings everything to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        if self._events:
            self._events.flush()

    def _to_tensorboard(self, row):
        for name, value in row.items():
            if name != "step" and value is not None:
                self._events.add_scalar(name, value, row["step"])


def _line(row):
    return strict_json.dumps(row) + "\n"


def _read_rows(path):
    """Returns the rows of the file, up to one that is cut short or damaged."""
    rows = []
    with contextlib.suppress(FileNotFoundError, ValueError), open(path, "rb") as lines:
        for line in lines:
            row = strict_json.loads(line)
            if not isinstance(row.get("step"), int):
                break
            rows.append(row)
    return rows
