"""ERM, mixup and MixupE on tables: `python -m trainers.tabular --help`."""

import dataclasses
import os
import sys

from trainers import backend, files
from trainers.backend import BACKENDS, default_backend
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.sweep.engines.engine import sole_use
from trainers.sweep.engines.in_process import InProcess
from trainers.sweep.progress import ProgressLine
from trainers.tabular.sets import SETS, location
from trainers.tabular.tabular_tables import tables

USAGE = """
Repeats table 4 of MixupE: the test error of ERM, mixup and MixupE on seven tables.

  python -m trainers.tabular --data_dir=FOLDER
      FOLDER/<name>.npz of each set, with the arrays X and y
  python -m trainers.tabular --data_dir=openml
      the same sets from openml.org

Alpha and eta are chosen for each method and set on validation data, by other seeds than
the trials'. Then the trials train on all but a fifth of the set, which is the test
split. Rerun the command to resume it and to retry failed runs. In --workdir: table.md,
results.json, and in trained/ the folder of each run.

Exit codes: 0 success, 1 a run failed, 2 bad input, 130 Ctrl-C.
"""


@dataclasses.dataclass(frozen=True)
class Tabular:
    """What is compared, and how often.

    Example:

    ```python
    from trainers.tabular.command import Tabular, compare

    compare(Tabular(data_dir="openml", datasets=("iris",), trials=2, choose=False))
    ```
    """

    data_dir: str = option(
        "openml", "folder of NAME.npz files, or openml to download the sets", "Data"
    )
    datasets: tuple[str, ...] = option(tuple(SETS), "the sets", "Data")
    methods: tuple[str, ...] = option(("erm", "mixup", "mixupe"), "the methods", "What")
    trials: int = option(5, "trials, whose seeds are 0, 1, ...", "What", low=1)
    epochs: int = option(10, "passes over the training data", "What", low=1)
    choose: bool = option(
        True,
        "choose alpha and eta on validation data; otherwise they are those of the "
        "recipes, trainers/configs/tabular_METHOD.flags",
        "What",
    )
    choice_trials: int = option(
        3, "trials of each candidate, whose seeds are 100, 101, ...", "What", low=1
    )
    workdir: str = option("runs/tabular", "where all results go", "Running")
    backend: str = option(default_backend, "Keras backend", "Running", choices=BACKENDS)

    def __post_init__(self):
        check_fields(self)
        _check_names("datasets", self.datasets, SETS)
        _check_names("methods", self.methods, ("erm", "mixup", "mixupe"))
        if self.trials > 100:
            raise UsageError(
                "--trials must be at most 100, since the seeds from 100 on choose the "
                f"settings; received {self.trials}."
            )


def _check_names(flag, names, known):
    if not names or len(set(names)) < len(names) or not set(names) <= set(known):
        raise UsageError(
            f"--{flag} must name some of {','.join(known)}, each once; received "
            f"{','.join(names)!r}."
        )


def compare(options):
    """Runs the comparison, prints the tables, and returns the results.

    Raises:
        UsageError: when something that was asked for cannot be done.
        RunFailure: when a run failed; all others are done first.
    """
    for dataset in options.datasets:
        location(dataset, options.data_dir)
    with sole_use(options.workdir) as logs:
        backend.start(options.backend)
        engine = InProcess([], logs, ProgressLine())
        results = _results(options, engine)
    engine.check()
    return results


def _results(options, engine):
    from trainers.tabular.trials import Comparison

    comparison = Comparison(options, engine)
    try:
        comparison.run()
    finally:
        # Whatever is done is there to be read, after Ctrl-C too.
        if results := comparison.results():
            path = os.path.join(options.workdir, "results.json")
            files.write_json(path, results)
            text = tables(results, options) + "\n"
            files.write_text(os.path.join(options.workdir, "table.md"), text)
    print(f"\n{text}\nWritten to {options.workdir}.")
    return results


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(compare, Tabular, USAGE, argv)
