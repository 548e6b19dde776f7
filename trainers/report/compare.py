"""Compares finished runs over seeds, as tables in Markdown.

  python -m trainers.report.compare runs/digits_erm runs/digits_ict ...

Each folder holds one run's folder for every seed. Differences are paired by seed, with
the first folder as the reference. What trainers.evaluate measured on the runs follows.
"""

import argparse
import contextlib
import glob
import os
import statistics
import sys

from trainers import files
from trainers.errors import UsageError
from trainers.evaluate import evaluation_comparison
from trainers.results.summaries import mean_and_deviation, mean_nonlin
from trainers.statistics import mean_and_interval
from trainers.text_tables import markdown_table


class Runs:
    """The finished runs of one recipe, by seed.

    Args:
        folder: path of a folder of run folders.

    Raises:
        UsageError: when the folder holds no finished run, or two of one seed.
    """

    def __init__(self, folder):
        self.name = os.path.basename(os.path.normpath(folder))
        self.by_seed = {}
        self.evaluations = {}
        for path in sorted(
            glob.glob(os.path.join(glob.escape(folder), "*", "result.json"))
        ):
            workdir = os.path.dirname(path)
            seed = _seed(workdir)
            if seed in self.by_seed:
                raise UsageError(
                    f"Expected one run a seed in {folder!r}, found two of seed {seed}: "
                    "give the runs of each recipe a folder of their own."
                )
            self.by_seed[seed] = files.read_json(path)
            evaluation = files.read_json(os.path.join(workdir, "evaluation.json"))
            if evaluation:
                self.evaluations[seed] = evaluation
        if not self.by_seed:
            raise UsageError(f"Expected finished runs, found none in {folder!r}.")

    def values(self, read):
        """Returns what `read` makes of each result, by seed; None is left out."""
        values = {seed: read(result) for seed, result in self.by_seed.items()}
        return {seed: value for seed, value in values.items() if value is not None}


def _seed(workdir):
    with (
        contextlib.suppress(OSError, ValueError),
        open(os.path.join(workdir, "flags.txt"), encoding="utf-8") as lines,
    ):
        for line in lines:
            if line.startswith("--seed="):
                return int(line.split("=")[1])
    raise UsageError(f"Expected a --seed in {workdir}/flags.txt, found none.")


def accuracy(network, split):
    """Returns a reader of an accuracy in percent, None where there is no teacher."""

    def read(result):
        scores = result.get(network)
        return None if scores is None else 100 * scores[split]["accuracy"]

    return read


def paired_difference(values, reference, digits):
    """Returns the mean difference over shared seeds, with its 95 % interval."""
    seeds = sorted(set(values) & set(reference))
    differences = [values[seed] - reference[seed] for seed in seeds]
    if len(differences) < 2:
        return ""
    mean, low, high = mean_and_interval(differences)
    return f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def tables(groups):
    """Returns the tables of a comparison, in Markdown."""
    parts = [_scores(groups), _differences(groups)]
    if all(r["linearity"] for runs in groups for r in runs.by_seed.values()):
        parts.append(_layers(groups))
    evaluations = evaluation_comparison.rows(groups, mean_and_deviation)
    return "\n\n".join(
        [*parts, *([markdown_table(evaluations)] if evaluations else [])]
    )


def _scores(groups):
    rows = [
        ["recipe", "seeds", "student, test accuracy, %", "teacher, %",
         "student, validation, %", "mean NonLin but layer 0"],
    ]  # fmt: skip
    for runs in groups:
        rows.append(
            [
                runs.name,
                ", ".join(map(str, sorted(runs.by_seed))),
                mean_and_deviation(
                    runs.values(accuracy("student", "test")).values(), 2
                ),
                mean_and_deviation(
                    runs.values(accuracy("teacher", "test")).values(), 2
                ),
                mean_and_deviation(
                    runs.values(accuracy("student", "validation")).values(), 2
                ),
                mean_and_deviation(runs.values(mean_nonlin).values(), 4),
            ]
        )
    return markdown_table(rows)


def _differences(groups):
    reference, *others = groups
    head = ["student, test accuracy, points", "mean NonLin"]
    rows = [[f"minus {reference.name}", *head]]
    for runs in others:
        cells = [
            paired_difference(runs.values(read), reference.values(read), digits)
            for read, digits in ((accuracy("student", "test"), 2), (mean_nonlin, 4))
        ]
        rows.append([runs.name, *cells])
    return markdown_table(rows)


def _layers(groups):
    measured = (r["linearity"] for runs in groups for r in runs.by_seed.values())
    names = list(dict.fromkeys(name for layers in measured for name in layers))
    rows = [["NonLin (floor)", *names]]
    for runs in groups:
        rows.append([runs.name, *(_mean_layer(runs, name) for name in names)])
    return markdown_table(rows)


def _mean_layer(runs, name):
    """Mean NonLin and floor of a layer, empty where a network has none of that name."""
    measured = (result["linearity"] for result in runs.by_seed.values())
    layers = [linearity[name] for linearity in measured if name in linearity]
    if not layers:
        return ""
    value, floor = (
        statistics.fmean(layer[key] for layer in layers) for key in ("value", "floor")
    )
    return f"{value:.4f} ({floor:.4f})"


def _groups(folders):
    """The runs of each folder once, by names that tell them apart."""
    groups = {path: Runs(path) for path in map(os.path.normpath, folders)}
    names = [runs.name for runs in groups.values()]
    for path, runs in groups.items():
        if names.count(runs.name) > 1:
            runs.name = path
    return list(groups.values())


def main(arguments=None):
    """Prints the comparison; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m trainers.report.compare", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("folders", nargs="+", help="folders of runs, one a recipe")
    options = parser.parse_args(arguments)
    try:
        print(tables(_groups(options.folders)))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
