"""Runs a grid of experiments: `python -m trainers.sweep --help`."""

import dataclasses
import os
import sys

from trainers import backend
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.options import option, to_flags
from trainers.results import records
from trainers.results.summaries import mean_nonlin
from trainers.sweep import grid
from trainers.sweep.engine import sole_use
from trainers.sweep.in_process import InProcess
from trainers.sweep.progress import ProgressLine
from trainers.sweep.scheduler import Scheduler
from trainers.sweep.slots import slots
from trainers.sweep.tasks import tasks_of
from trainers.text_tables import table

USAGE = """
Runs recipes x numbers of points x numbers of labels x seeds, and collects the results.

  python -m trainers.sweep --flagfile=trainers/grids/digits.flags --dry_run
  python -m trainers.sweep --flagfile=trainers/grids/digits.flags
  python -m trainers.sweep --recipes=digits_erm,digits_ict --num_points=2,3 \\
      --num_labels=20,50 --seeds=0-4 --set=steps=500 --workdir=runs/try

Rerun the command to resume an interrupted sweep: it skips finished runs and retries
failed ones. WORKDIR/VARIANT/seedN is the folder of a run, logs/ holds the output of
each, and results.jsonl has all finished runs, for figures and claims.

Exit codes: 0 success, 1 some runs failed, 2 bad input, 130 Ctrl-C.
"""


@dataclasses.dataclass(frozen=True)
class Sweep:
    """A grid of runs, and how they are done.

    Example:

    ```python
    from trainers.sweep.command import Sweep, sweep

    sweep(Sweep(recipes=("digits_erm", "digits_ict"), seeds=("0-4",)))
    ```
    """

    recipes: tuple[str, ...] = option(
        (),
        "recipes by name, of trainers/configs, or by path; required. One that mixes "
        "may name its own numbers of points, as digits_ict:2-5",
        "What",
    )
    num_points: tuple[str, ...] = option(
        (), "numbers of points K, as 2,3 or 2-5, for the recipes that mix", "What"
    )
    num_labels: tuple[str, ...] = option(
        (), "numbers of labels, as 20,50,all; none named: the recipe's", "What"
    )
    vary: tuple[str, ...] = option(
        (),
        "other settings of which each value is tried in turn, as "
        "label_noise=0.2:0.5:0.8",
        "What",
    )
    seeds: tuple[str, ...] = option(("0-4",), "seeds, as 0,1 or 0-9", "What")
    set: tuple[str, ...] = option(
        (), "settings of all runs in place of the recipes', as steps=500", "What"
    )
    evaluate: bool = option(False, "evaluate each run too (trainers.evaluate)", "What")
    evaluate_set: tuple[str, ...] = option(
        (), "settings of the evaluations, as num_examples=1000", "What"
    )
    black_box: str | None = option(
        None,
        "recipe of the grid whose runs attack the others, with the next seed, when "
        "they are evaluated",
        "What",
        none="none",
    )

    workdir: str = option("runs/sweep", "folder of all runs", "How")
    data_dir: str | None = option(
        None, "where TensorFlow Datasets keeps its files", "How", none="default"
    )
    jobs: int | None = option(
        None,
        "runs at a time; each gets its share of the cores, and with them its number of "
        "threads, on which the last digits of results depend",
        "How",
        low=1,
        none="one for each GPU, else for each core",
    )
    in_process: bool = option(
        False,
        "train the runs one after another in one process, which is quicker where they "
        "take seconds",
        "How",
    )
    dry_run: bool = option(False, "list the runs and do nothing", "How")

    def __post_init__(self):
        check_fields(self)
        if not self.recipes:
            raise UsageError(
                "--recipes must name at least one recipe, as digits_erm,digits_ict."
            )
        if not grid.numbers("seeds", self.seeds):
            raise UsageError("--seeds must name at least one seed, as 0-4.")
        if self.black_box is not None and not self.evaluate:
            raise UsageError(
                f"--black_box={self.black_box} attacks runs when they are evaluated: "
                "add --evaluate."
            )
        for name in ("evaluate", "jobs"):
            if self.in_process and getattr(self, name):
                raise UsageError(
                    f"--in_process trains one run after another: leave --{name} out. "
                    "The same sweep without --in_process evaluates what is trained."
                )
        if self.evaluate_set and not self.evaluate:
            raise UsageError(
                f"--evaluate_set={','.join(self.evaluate_set)} is of evaluations: add "
                "--evaluate."
            )


def sweep(options):
    """Does what is left of a grid and returns the records of its runs."""
    runs = grid.expand(options)
    tasks = tasks_of(runs, options.evaluate, options.black_box, options.evaluate_set)
    if options.dry_run:
        print(listing(tasks))
        return []
    with sole_use(options.workdir) as logs:
        engine = _engine(options, runs, tasks, logs)
        engine.run()
        found = collect(options.workdir, runs)
    engine.check()
    return found


def _engine(options, runs, tasks, logs):
    if not options.in_process:
        return Scheduler(tasks, slots(options.jobs), logs, ProgressLine())
    backends = sorted({run.experiment.backend for run in runs})
    if len(backends) > 1:
        raise UsageError(
            "--in_process needs one backend, since a process has no other; received "
            f"recipes of {' and '.join(backends)}. Add --set=backend={backends[0]}."
        )
    backend.start(*backends)
    return InProcess(tasks, logs, ProgressLine())


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


def main(argv=None):
    """Runs the command line and returns the exit code."""
    return run_command(sweep, Sweep, USAGE, sys.argv if argv is None else argv)
