"""What the runs of a sweep left: their records, and what is missing."""

import os
import sys

from trainers.errors import RunFailure
from trainers.options import to_flags
from trainers.results import records
from trainers.results.summaries import mean_nonlin
from trainers.text_tables import table


def check_finished(tasks):
    """Raises `RunFailure` if a task is not done, with the first of them."""
    left = [task.name for task in tasks if not task.is_done()]
    if left:
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        raise RunFailure(
            f"{len(left)} of {len(tasks)} are not done: {left[0]}{more}. --commands "
            "prints what is left."
        )


def collect(workdir, runs):
    """Writes results.jsonl of the runs of a grid, and prints their table.

    Args:
        workdir: folder that gets the file.
        runs: list of `trainers.sweep.grid.PlannedRun`.

    Returns:
        List of the records of those that are finished, by variant and seed.
    """
    found = []
    for run in runs:
        for one in records.read_run(run.experiment.folder):
            if isinstance(one, str):
                print(f"warning: {one}", file=sys.stderr)
            elif one.settings == to_flags(run.experiment, identity_only=True):
                found.append(one)
            else:
                print(f"warning: {run.name} holds another experiment", file=sys.stderr)
    found.sort(key=lambda record: record.key)
    path = os.path.join(workdir, "results.jsonl")
    records.write(path, found)
    print(f"{results_table(found)}\n\nWritten to {path}.")
    return found


def listing(tasks):
    """Returns one line for each task: its name, and whether it is done."""
    rows = [[task.name, "done" if task.is_done() else "to do"] for task in tasks]
    left = sum(state == "to do" for _, state in rows)
    return f"{table(rows)}\n\n{len(rows)} in all, {left} to do."


def results_table(found):
    """Returns a line for each record."""
    rows = [["run", "validation, %", "test, %", "mean NonLin"]]
    for record in found:
        accuracy = record.result["accuracy"]
        nonlin = mean_nonlin(record.result)
        rows.append(
            [
                record.name,
                f"{100 * accuracy['validation']:.2f}",
                f"{100 * accuracy['test']:.2f}",
                "" if nonlin is None else f"{nonlin:.4f}",
            ]
        )
    return table(rows)
