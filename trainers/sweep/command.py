"""Runs a grid of experiments: `python -m trainers.sweep --help`."""

import contextlib
import dataclasses
import importlib
import re
import sys

from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.sweep import grid, shell_lines
from trainers.sweep.collection import check_finished, collect, listing
from trainers.sweep.engines.engine import sole_use
from trainers.sweep.progress import ProgressLine
from trainers.sweep.tasks import tasks_of

USAGE = """
Runs recipes x numbers of points x numbers of labels x seeds, and collects the results.

  python -m trainers.sweep --flagfile=trainers/grids/digits.flags --dry_run
  python -m trainers.sweep --flagfile=trainers/grids/digits.flags
  python -m trainers.sweep --recipes=digits_erm,digits_ict --num_points=2,3 \\
      --num_labels=20,50 --seeds=0-4 --set=steps=500 --workdir=runs/try
  python -m trainers.sweep --flagfile=trainers/grids/digits.flags --engine=ray
      on all machines of the Ray cluster that this one is part of
  python -m trainers.sweep --flagfile=trainers/grids/digits.flags --commands
      the runs that are left as lines for a shell, or a queue such as Slurm's

Rerun the command to resume an interrupted sweep: it skips finished runs and retries
failed ones. WORKDIR/VARIANT/seedN is the folder of a run, logs/ holds the output of
each, and results.jsonl has all finished runs, for figures and claims.

Exit codes: 0 success, 1 some runs failed, 2 bad input, 130 Ctrl-C.
"""

_OF_RAY = "With --engine=ray"
_IN_PLACE_OF_RUNS = ("dry_run", "commands", "collect")


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
    engine: str = option(
        "local",
        "where the runs are done: local, on this machine; ray, on all machines of a "
        "Ray cluster, in a folder that they share",
        "How",
        choices=("local", "ray"),
    )
    jobs: int | None = option(
        None,
        "runs at a time on this machine; each gets its share of the cores, and with "
        "them its number of threads, on which the last digits of results depend",
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
    commands: bool = option(
        False, "print a line for a shell for each run that is left; do nothing", "How"
    )
    collect: bool = option(
        False, "collect the results of the runs that are finished; train nothing", "How"
    )

    address: str = option(
        "auto",
        "HOST:PORT of the cluster; auto for the one that this machine is part of",
        _OF_RAY,
    )
    cores_per_run: int = option(1, "cores of each run, and its threads", _OF_RAY, low=1)
    gpus_per_run: float = option(0.0, "GPUs of each run, as 1 or 0.5", _OF_RAY, low=0)

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
        self._check_engine()
        if self.evaluate_set and not self.evaluate:
            raise UsageError(
                f"--evaluate_set={','.join(self.evaluate_set)} is of evaluations: add "
                "--evaluate."
            )

    def _check_engine(self):
        for name in ("evaluate", "jobs"):
            if self.in_process and getattr(self, name):
                raise UsageError(
                    f"--in_process trains one run after another: leave --{name} out. "
                    "The same sweep without --in_process evaluates what is trained."
                )
        wanted = [name for name in _IN_PLACE_OF_RUNS if getattr(self, name)]
        if len(wanted) > 1:
            raise UsageError(f"--{wanted[0]} and --{wanted[1]} exclude each other.")
        if self.engine == "ray":
            self._check_cluster()
            return
        for field in dataclasses.fields(self):
            is_given = getattr(self, field.name) != field.default
            if is_given and field.metadata["group"] == _OF_RAY:
                raise UsageError(f"--{field.name} needs --engine=ray: add it.")

    def _check_cluster(self):
        for name in ("in_process", "jobs"):
            if getattr(self, name):
                raise UsageError(
                    f"--engine=ray does the runs on a cluster: leave --{name} out. "
                    "--cores_per_run says how many there is room for."
                )
        if not re.fullmatch(r"auto|[^:/\s]+:\d{1,5}", self.address):
            raise UsageError(
                "--address must be auto or HOST:PORT, as 10.0.0.1:6379; received "
                f"{self.address!r}."
            )


def sweep(options):
    """Does what is left of a grid and returns the records of its runs."""
    runs = grid.expand(options)
    tasks = tasks_of(runs, options.evaluate, options.black_box, options.evaluate_set)
    if options.dry_run:
        print(listing(tasks))
        return []
    if options.commands:
        _print_commands(tasks)
        return []
    with sole_use(options.workdir) as logs:
        if options.collect:
            found = collect(options.workdir, runs)
            check_finished(tasks)
            return found
        engine = _engine(options, tasks, logs)
        with contextlib.closing(engine):
            engine.run()
        found = collect(options.workdir, runs)
    engine.check()
    return found


def _engine(options, tasks, logs):
    name = "in_process" if options.in_process else options.engine
    module = importlib.import_module(f"trainers.sweep.engines.{name}")
    return module.engine(options, tasks, logs, ProgressLine())


def _print_commands(tasks):
    lines, later = shell_lines.lines_of(tasks)
    print("".join(f"{line}\n" for line in lines), end="")
    if later:
        print(
            f"{len(later)} evaluations need several of these runs. When they are done, "
            "the same command prints the rest.",
            file=sys.stderr,
        )


def main(argv=None):
    """Runs the command line and returns the exit code."""
    return run_command(sweep, Sweep, USAGE, sys.argv if argv is None else argv)
