"""When mixup fails and when it does not: `python -m trainers.toys --help`."""

import dataclasses
import math
import os
import re
import sys

from trainers import backend, files, strict_json
from trainers.backend import BACKENDS, default_backend
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.figures import drawing, toy_figures
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.sweep.engines.engine import sole_use
from trainers.sweep.engines.in_process import InProcess
from trainers.sweep.progress import ProgressLine
from trainers.text_tables import markdown_table
from trainers.toys.problems import EXAMPLES, name_of

USAGE = """
Small data sets that show when mixup fails, and when it does not.

  python -m trainers.toys --example=counterexample
  python -m trainers.toys --example=two_moons --alpha=erm,1,1024
  python -m trainers.toys --example=separable --workdir=runs/separable
  python -m trainers.toys --example=collinear_free --seeds=1

Each trains small networks with and without mixup, over several seeds, and prints a
table. It writes the table as table.md, every number as results.json, a picture as
figure.png, and the folder of each run in trained/. Rerun the command to resume it;
the table holds the finished runs.
"""


@dataclasses.dataclass(frozen=True)
class Examples:
    """Which example is run, and how often.

    Example:

    ```python
    from trainers.toys.command import Examples, run_examples

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
    backend: str = option(default_backend, "Keras backend", "How", choices=BACKENDS)
    workdir: str | None = option(
        None,
        "folder for table.md, results.json, figure.png and the runs; by default "
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
    """Runs an example, prints its table, writes its files and returns the results.

    What is there of the same command is not run again.
    """
    with sole_use(options.folder) as logs:
        backend.start(options.backend)
        print(options.settings.question, flush=True)
        results = _results(options, logs)
        files.write_text(_path(options, "results.json"), _as_json(results))
        _show(options, results)
    return results


def _path(options, name):
    return os.path.join(options.folder, name)


def _results(options, logs):
    from keras_mixup import data
    from trainers.toys import toy_training
    from trainers.toys.pictures import picture

    runs = toy_training.runs_of(options)
    engine = InProcess(runs, logs, ProgressLine())
    engine.run()
    engine.check()
    example = options.settings
    dictionaries = [run.as_dictionary(example.columns) for run in runs]
    asked = dataclasses.asdict(options)
    # Where the files are is no part of what was found.
    del asked["workdir"]
    return {
        "options": asked,
        "settings": dataclasses.asdict(example),
        "versions": runs[0].record.versions,
        "summary": toy_training.summarize(example, dictionaries),
        "runs": dictionaries,
        "picture": picture(options.example, data.load(example.dataset), runs),
    }


def _show(options, results):
    """Prints the table, and writes it and the figure."""
    example = options.settings
    table = _table(example, results["summary"])
    print(f"\n{table}\n\n{example.published}")
    paths = [
        _path(options, name) for name in ("table.md", "results.json", "figure.png")
    ]
    files.write_text(paths[0], f"{table}\n\n{example.published}\n")
    drawing.write_picture(paths[2], toy_figures.drawing_of(results))
    print(f"Written: {', '.join(paths)}.")


def _as_json(results):
    """JSON with each list of numbers on one line."""
    text = strict_json.dumps(results, "results.json", indent=2)
    return re.sub(r"\[\n\s+([-\d.eE,\s]*)\n\s+\]", _on_one_line, text) + "\n"


def _on_one_line(match):
    return f"[{''.join(match[1].split())}]"


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


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(run_examples, Examples, USAGE, argv)
