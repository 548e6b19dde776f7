"""What was measured, as tables: a line a variant, and a line a run."""

import collections

from trainers.claims.naming import labels_of
from trainers.figures import captions
from trainers.figures.lines import natural
from trainers.markdown import escaped, fold
from trainers.report import titles
from trainers.results.quantities import evaluated_with, score, ways_of
from trainers.results.summaries import interval, mean_nonlin, spread
from trainers.text_tables import markdown_table

_NOTE = (
    "± is the standard deviation over seeds, brackets hold the 95 % interval of the "
    "mean (Student's t). NonLin is the mean over all layers but the first, at the end "
    "of training, and the floor is the NonLin of exactly linear layers with the same "
    "activations. A method is named with the options in which it differs from most of "
    "its runs. A training that two sweeps have in common counts once."
)
# The scores of an evaluation, with their headings.
_SCORES = {
    "cross_entropy": "NLL",
    "expected_calibration_error": "ECE",
    "predictive_entropy": "entropy",
}
_KINDS = {"plain": "", "corrected": ", corrected"}


def section(found, timings):
    """Returns the section of the results of runs, in Markdown.

    Args:
        found: list of `trainers.results.settings.Setting`.
        timings: `{record.key: Timing}`.
    """
    parts = ["## Results", _NOTE]
    for setting in found:
        records = [record for arm in setting.arms for record in arm.records.values()]
        parts += [
            f"### {escaped(setting.name)}",
            f"{escaped(captions.setting(records))}:",
            markdown_table(_rows(setting.arms), numbers=True),
        ]
        parts += _evaluations(setting.arms)
        runs = markdown_table(_run_rows(records, timings), numbers=True)
        parts.append(fold(f"All {len(records)} runs", runs))
    return "\n\n".join(parts)


def main_table(found):
    """Returns the test accuracies of all methods, in Markdown.

    It has a line for each setting and number of labels. Of a method that was run with
    several options, it has the runs whose options differ least from those of most.

    Args:
        found: list of `trainers.results.settings.Setting`.
    """
    cells = collections.defaultdict(dict)
    for setting in found:
        for arm, method in zip(setting.arms, titles.methods(setting.arms)):
            name, *options = method.split(", ")
            accuracies = len(options), spread(_values(arm, _on_test), 2)
            line = cells[f"{setting.name}, {labels_of(arm)}"]
            line[name] = min(accuracies, line.get(name, accuracies))
    names = {name for line in cells.values() for name in line}
    names = sorted(names, key=lambda name: (name != "ERM", natural(name)))
    rows = [["test accuracy, %", *map(escaped, names)]]
    for line, by_method in cells.items():
        rows.append([escaped(line), *(by_method.get(n, ("",))[-1] for n in names)])
    return markdown_table(rows, numbers=True)


def _values(arm, read):
    return list(arm.values(read).values())


def _on_validation(record):
    return 100 * record.result["accuracy"]["validation"]


def _on_test(record):
    return 100 * record.result["accuracy"]["test"]


def _nonlin(record):
    return mean_nonlin(record.result)


def _floor(record):
    return mean_nonlin(record.result, "floor")


def _rows(arms):
    head = ["method", "labels", "seeds", "validation, %", "test, %", "test, 95 %"]
    rows = [[*head, "NonLin", "NonLin, 95 %", "floor", "folder"]]
    for arm, method in zip(arms, titles.methods(arms)):
        accuracy, nonlin = _values(arm, _on_test), _values(arm, _nonlin)
        rows.append(
            [
                *_head(arm, method),
                str(len(arm.records)),
                spread(_values(arm, _on_validation), 2),
                spread(accuracy, 2),
                interval(accuracy, 2),
                spread(nonlin, 4),
                interval(nonlin, 4),
                _mean(_values(arm, _floor)),
                escaped(arm.any.variant),
            ]
        )
    return _without_empty_columns(rows)


def _head(arm, method):
    return [escaped(method), labels_of(arm).replace(" labels", "")]


def _evaluations(arms):
    """A table for each way in which arms were evaluated, and words before it."""
    records = [record for arm in arms for record in arm.records.values()]
    parts = []
    for way, words in ways_of(records).items():
        rows = _evaluation_rows(arms, way)
        if len(rows) > 1:
            parts.append(f"The same, evaluated on test examples{escaped(words)}:")
            parts.append(markdown_table(rows, numbers=True))
    return parts


def _evaluation_rows(arms, way):
    columns = {
        f"{heading}{suffix}": score(name, kind)
        for kind, suffix in _KINDS.items()
        for name, heading in _SCORES.items()
    }
    rows = [["method", "labels", "seeds", *columns]]
    for arm, method in zip(arms, titles.methods(arms)):
        alike = [r for r in arm.records.values() if evaluated_with(r) == way]
        values = [
            [value for record in alike if (value := reader(record)) is not None]
            for reader in columns.values()
        ]
        if any(values):
            seeds = str(max(map(len, values)))
            scores = (spread(v, 4) for v in values)
            rows.append([*_head(arm, method), seeds, *scores])
    return _without_empty_columns(rows)


def _run_rows(records, timings):
    rows = [["run", "validation, %", "test, %", "teacher, test, %", "NonLin", "s"]]
    for record in records:
        timing, nonlin = timings.get(record.key), _nonlin(record)
        rows.append(
            [
                escaped(record.name),
                f"{_on_validation(record):.2f}",
                f"{_on_test(record):.2f}",
                _teacher(record),
                "" if nonlin is None else f"{nonlin:.4f}",
                "" if timing is None else f"{timing.seconds:.0f}",
            ]
        )
    return _without_empty_columns(rows)


def _without_empty_columns(rows):
    filled = [any(column) for column in zip(*rows[1:])]
    return [[cell for cell, wanted in zip(row, filled) if wanted] for row in rows]


def _teacher(record):
    try:
        return f"{100 * record.result['teacher']['test']['accuracy']:.2f}"
    except (KeyError, TypeError, ValueError):
        return ""


def _mean(values):
    return f"{sum(values) / len(values):.4f}" if values else ""
