"""What was measured, as tables: a line a variant, and a line a run."""

from trainers.figures.captions import setting
from trainers.report import variants as read
from trainers.report.markup import Section, details, element, join, table
from trainers.results.quantities import score
from trainers.results.roles import default_settings
from trainers.results.summaries import interval, spread

_NOTE = (
    "± is the standard deviation over seeds, brackets hold the 95 % interval of the "
    "mean (Student's t). NonLin is the mean over all layers but the first, at the end "
    "of training, and the floor what exactly linear layers with the same activations "
    "would score."
)
# The scores of an evaluation, with their headings.
_SCORES = {
    "cross_entropy": "NLL",
    "expected_calibration_error": "ECE",
    "predictive_entropy": "entropy",
}
_KINDS = {"plain": "", "corrected": ", corrected"}


def section(found, timings):
    """Returns the section of the results of runs.

    Args:
        found: list of `variants.Variant`.
        timings: `{record.key: Timing}`.
    """
    parts = [element("p", _NOTE)]
    for bench in read.benches(found):
        records = [record for variant in bench for record in variant.records]
        parts.append(table(_rows(bench), caption=_caption(bench)))
        evaluated = _evaluation_rows(bench)
        if len(evaluated) > 1:
            parts.append(
                table(evaluated, caption="The same, evaluated on test examples")
            )
        parts.append(
            details(f"All {len(records)} runs", table(_run_rows(records, timings)))
        )
    return Section("Results", join(*parts, between="\n"))


def _caption(bench):
    """What was trained, and how linearity was measured, if not as it is published."""
    settings, defaults = bench[0].settings, default_settings()
    ways = [f", {name}={settings[name]}" for name in read.WAY]
    other = [w for w, name in zip(ways, read.WAY) if settings[name] != defaults[name]]
    records = [record for variant in bench for record in variant.records]
    return f"{setting(records)}{''.join(other)}"


def _rows(bench):
    head = ["variant", "labels", "seeds", "validation, %", "test, %", "test, 95 %"]
    rows = [[*head, "NonLin", "NonLin, 95 %", "floor"]]
    for variant in bench:
        accuracy, nonlin = variant.values(read.on_test), variant.values(read.nonlin)
        rows.append(
            [
                variant.name,
                variant.settings["num_labels"],
                str(len(variant.records)),
                spread(variant.values(read.on_validation), 2),
                spread(accuracy, 2),
                interval(accuracy, 2),
                spread(nonlin, 4),
                interval(nonlin, 4),
                _mean(variant.values(read.floor)),
            ]
        )
    return _without_empty_columns(rows)


def _evaluation_rows(bench):
    columns = {
        f"{heading}{suffix}": score(name, kind)
        for kind, suffix in _KINDS.items()
        for name, heading in _SCORES.items()
    }
    rows = [["variant", "seeds", *columns]]
    for variant in bench:
        values = [variant.values(reader) for reader in columns.values()]
        if any(values):
            seeds = str(max(map(len, values)))
            rows.append([variant.name, seeds, *(spread(v, 4) for v in values)])
    return _without_empty_columns(rows)


def _run_rows(records, timings):
    rows = [["run", "validation, %", "test, %", "teacher, test, %", "NonLin", "s"]]
    for record in records:
        timing = timings.get(record.key)
        rows.append(
            [
                record.name,
                f"{read.on_validation(record):.2f}",
                f"{read.on_test(record):.2f}",
                _teacher(record),
                _mean([x for x in [read.nonlin(record)] if x is not None]),
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
