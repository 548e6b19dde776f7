"""Folders of runs side by side: means over seeds, and differences paired by seed."""

import os
import statistics

from trainers.markdown import escaped
from trainers.report import evaluation_comparison
from trainers.results import finding, reading
from trainers.results.arms import Arm, words_apart
from trainers.results.roles import LINEARITY, MEAN_LINEARITY
from trainers.results.settings import settings_of
from trainers.results.summaries import mean_and_deviation, mean_nonlin
from trainers.statistics import mean_and_interval
from trainers.text_tables import markdown_table

NOTE = (
    "Means ± standard deviations over seeds. Differences are those to the first, with "
    "95 % intervals, over the seeds that both have; those of NonLin where both "
    "measured it in the same way."
)


def groups(paths):
    """Returns the runs of several recipes, where each path is a folder of one.

    Args:
        paths: as `trainers.results.reading.read` takes them.

    Returns:
        `(groups, complaints)`: `{name: Arm}`, empty where a path is something else,
        and why a folder of runs cannot be compared.
    """
    paths = list(dict.fromkeys(map(os.path.normpath, paths)))
    if not all(map(_holds_runs, paths)):
        return {}, []
    names = [os.path.basename(path) for path in paths]
    found = {}
    for path, name in zip(paths, names):
        records = reading.read([path]).records
        arms = [a for s in settings_of(records, MEAN_LINEARITY) for a in s.arms]
        if any(len(arm.records) < len(records) for arm in arms):
            return {}, [
                f"{path} is not compared: expected runs that differ in the seed alone, "
                "found two of one seed or of two settings; give the runs of each "
                "recipe a folder of their own."
            ]
        if arms:
            # A name that others have tells nothing apart.
            found[path if names.count(name) > 1 else name] = arms[0]
    return found, []


def _holds_runs(path):
    runs = [one for kind, one in finding.find(path) if kind == finding.RUN]
    return bool(runs) and all(
        os.path.dirname(os.path.abspath(one)) == os.path.abspath(path) for one in runs
    )


def tables(groups):
    """Returns the tables of a comparison, a list of Markdown.

    Args:
        groups: `{name: Arm}`, the reference first.
    """
    ways = {
        name: tuple((flag, arm.settings[flag]) for flag in LINEARITY)
        for name, arm in groups.items()
    }
    apart = words_apart(ways.values())
    groups = {escaped(f"{k}{apart[ways[k]]}"): arm for k, arm in groups.items()}
    parts = [_scores(groups), _differences(groups)]
    measured = [
        r.result["linearity"] for a in groups.values() for r in a.records.values()
    ]
    if all(measured):
        parts.append(_layers(groups, measured))
    parts += evaluation_comparison.tables(groups)
    return [markdown_table(rows) for rows in parts if rows]


def _accuracy(network, split):
    """Returns a reader of an accuracy in percent, None where there is no teacher."""

    def read(record):
        scores = record.result.get(network)
        return 100 * scores[split]["accuracy"] if scores else None

    return read


def _nonlin(record):
    return mean_nonlin(record.result)


_COLUMNS = {
    "student, test accuracy, %": (_accuracy("student", "test"), 2),
    "teacher, %": (_accuracy("teacher", "test"), 2),
    "student, validation, %": (_accuracy("student", "validation"), 2),
    "mean NonLin but layer 0": (_nonlin, 4),
}


def _scores(groups):
    rows = [["recipe", "seeds", *_COLUMNS]]
    for name, arm in groups.items():
        seeds = ", ".join(map(str, sorted(arm.records)))
        cells = [
            mean_and_deviation(arm.values(read).values(), digits)
            for read, digits in _COLUMNS.values()
        ]
        rows.append([name, seeds, *cells])
    return rows


def _differences(groups):
    (reference, first), *others = groups.items()
    head = ["student, test accuracy, points", "mean NonLin"]
    rows = [[f"minus {reference}", *head]]
    for name, arm in others:
        alike = {
            seed: record
            for seed, record in arm.records.items()
            if seed in first.records and _way(record) == _way(first.records[seed])
        }
        cells = [
            paired_difference(own.values(read), first.values(read), digits)
            for own, read, digits in (
                (arm, _accuracy("student", "test"), 2),
                (Arm(alike), _nonlin, 4),
            )
        ]
        rows.append([name, *cells])
    return rows


def _way(record):
    """How the linearity of a run was measured, and of which layers."""
    settings = [record.settings[name] for name in LINEARITY]
    return settings, set(record.result["linearity"])


def paired_difference(values, reference, digits):
    """Returns the mean difference over shared seeds, with its 95 % interval."""
    seeds = sorted(set(values) & set(reference))
    differences = [values[seed] - reference[seed] for seed in seeds]
    if len(differences) < 2:
        return ""
    mean, low, high = mean_and_interval(differences)
    return f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def _layers(groups, measured):
    names = list(dict.fromkeys(name for layers in measured for name in layers))
    rows = [["NonLin (floor)", *names]]
    for name, arm in groups.items():
        rows.append([name, *(_mean_layer(arm, layer) for layer in names)])
    return rows


def _mean_layer(arm, name):
    """Mean NonLin and floor of a layer, empty where a network has none of that name."""
    measured = (record.result["linearity"] for record in arm.records.values())
    layers = [linearity[name] for linearity in measured if name in linearity]
    if not layers:
        return ""
    value, floor = (
        statistics.fmean(layer[key] for layer in layers) for key in ("value", "floor")
    )
    return f"{value:.4f} ({floor:.4f})"
