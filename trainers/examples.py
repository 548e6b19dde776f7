"""When mixup fails and when it does not: `python -m trainers.examples --help`."""

import dataclasses
import math
import os
import sys

from trainers.common import backend, files
from trainers.common.checks import check_fields
from trainers.common.command_line import run_command
from trainers.common.errors import UsageError
from trainers.common.options import option
from trainers.common.text_tables import markdown_table
from trainers.experiments.experiment import default_backend
from trainers.illustrations.settings import EXAMPLES, name_of

USAGE = """
Small data sets that show when mixup fails, and when it does not.

  python -m trainers.examples --example=counterexample
  python -m trainers.examples --example=two_moons --alpha=erm,1,1024
  python -m trainers.examples --example=separable --workdir=runs/separable
  python -m trainers.examples --example=collinear_free --seeds=1

Each trains small networks with and without mixup, over several seeds, and prints a
table. It writes the table as table.md, every number as results.json and a picture as
figure.png.
"""


@dataclasses.dataclass(frozen=True)
class Examples:
    """Which example is run, and how often.

    Example:

    ```python
    from trainers.examples import Examples, run_examples

    run_examples(Examples(example="separable", seeds=1, steps=100))
    ```
    """

    example: str = option(
        "counterexample",
        "; ".join(f"{name}: {example.question}" for name, example in EXAMPLES.items()),
        "What",
        choices=tuple(EXAMPLES),
    )
    alpha: tuple[str, ...] = option(
        (),
        "settings: erm, or the alpha of mixup of two points; none given: those that "
        "the example is known for",
        "What",
    )
    steps: int | None = option(
        None, "training steps", "How", low=1, none="default", high=10**7
    )
    seeds: int | None = option(
        None, "runs of each setting, seeds 0, 1, ...", "How", low=1, none="default"
    )
    backend: str = option(
        default_backend, "Keras backend", "How", choices=("tensorflow", "jax")
    )
    workdir: str | None = option(
        None,
        "folder for table.md, results.json and figure.png; by default "
        "runs/examples/EXAMPLE",
        "How",
        none="default",
    )

    def __post_init__(self):
        check_fields(self)
        for word in self.alpha:
            _parse_alpha(word)

    @property
    def folder(self):
        """The folder that is written to."""
        own = os.path.join("runs", "examples", self.example)
        return own if self.workdir is None else self.workdir

    @property
    def settings(self):
        """The `Example`, with what was asked for in place of its own."""
        given = {
            "alphas": tuple(dict.fromkeys(map(_parse_alpha, self.alpha))) or None,
            "steps": self.steps,
            "seeds": self.seeds,
        }
        given = {name: value for name, value in given.items() if value is not None}
        return dataclasses.replace(EXAMPLES[self.example], **given)


def _parse_alpha(word):
    if word == "erm":
        return None
    try:
        alpha = float(word)
    except ValueError:
        alpha = math.nan
    if not 0 < alpha < math.inf:
        raise UsageError(
            "--alpha must be numbers greater than 0, or erm, by comma; received "
            f"{word!r}."
        )
    return alpha


def run_examples(options):
    """Runs an example, prints its table, writes its files and returns the results."""
    files.make_workdir(options.folder)
    backend.start(options.backend)
    from keras_mixup import data
    from trainers.common import versions
    from trainers.illustrations import figures, training
    from trainers.illustrations.measures import MEASURES

    example = options.settings
    print(example.question, flush=True)
    runs = training.run(example, MEASURES[options.example], _report_run)
    summary = training.summarize(example, runs)
    table = _table(example, summary)
    print(f"\n{table}\n\n{example.published}")
    results = {
        "options": dataclasses.asdict(options),
        "settings": dataclasses.asdict(example),
        "versions": versions.versions(),
        "summary": summary,
        "runs": [_as_dictionary(run) for run in runs],
    }
    paths = [
        os.path.join(options.folder, name)
        for name in ("table.md", "results.json", "figure.png")
    ]
    files.write_text(paths[0], f"{table}\n\n{example.published}\n")
    files.write_json(paths[1], results)
    source = data.load(example.dataset)
    figures.draw(options.example, example, source, runs, paths[2])
    print(f"Written: {', '.join(paths)}.")
    return results


def _report_run(run):
    figures = ", ".join(f"{key} {value:.4g}" for key, value in run.final.items())
    print(f"  {name_of(run.alpha)}, seed {run.seed}: {figures}", flush=True)


def _table(example, summary):
    """Means and standard deviations over the seeds, in Markdown."""
    rows = [["", *(column.heading for column in example.columns)]]
    for row in summary:
        cells = (_cell(column, **row[column.key]) for column in example.columns)
        rows.append([name_of(row["alpha"]), *cells])
    several = f"Mean ± standard deviation over {example.seeds} seeds."
    note = several if example.seeds > 1 else "One seed."
    return f"{markdown_table(rows)}\n\n{note}"


def _cell(column, mean, standard_deviation):
    numbers = [mean] if standard_deviation is None else [mean, standard_deviation]
    return " ± ".join(f"{x * column.scale:.{column.digits}f}" for x in numbers)


def _as_dictionary(run):
    return {
        "alpha": run.alpha,
        "seed": run.seed,
        "measured": [
            {"step": step, **measured}
            for step, measured in zip(run.steps, run.measured)
        ],
    }


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(run_examples, Examples, USAGE, argv)


if __name__ == "__main__":
    sys.exit(main())
