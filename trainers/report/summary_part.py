"""The first section: what was run, and the results that matter most."""

import itertools

from trainers.claims.rule import NOT_RUN
from trainers.figures.lines import natural
from trainers.markdown import bullets, escaped
from trainers.report import figures_part, machines_part, tables_part, timings_part
from trainers.report.claims_part import counted
from trainers.results.settings import settings_of
from trainers.run.method_lookup import method_of


def section(results, times, judgements, drawn):
    """Returns the summary, in Markdown.

    Args:
        results: a `trainers.results.reading.Results`.
        times: `{record.key: Timing}`.
        judgements: list of `trainers.claims.claim.Judgement`.
        drawn: list of `trainers.report.figures_part.Figure`.
    """
    lines = {
        **{name: escaped(words) for name, words in _run(results, times).items()},
        "claims": _claims(judgements),
        "left out": _left_out(results.complaints),
    }
    parts = ["## Summary"]
    parts.append(
        bullets(f"**{name}**: {words}" for name, words in lines.items() if words)
    )
    if results.records:
        parts.append(tables_part.main_table(settings_of(results.records)))
    for figure in figures_part.main_figures(drawn):
        parts += figure.lines
    return "\n\n".join(parts)


def _run(results, times):
    return {
        **_of_runs(results.records, times),
        "examples": ", ".join(results.examples),
        "tables": ", ".join(results.tables or ()),
        "made with": machines_part.summary(machines_part.made_on(results)),
    }


def _claims(judgements):
    judged = [one for one in judgements if one.verdict != NOT_RUN]
    if not judged:
        return "none judged"
    settings = f"{len(judged)} setting{'s' * (len(judged) > 1)}"
    return f"{counted(judged)} of [{settings}](#claims)"


def _of_runs(records, times):
    if not records:
        return {}

    def values(read):
        return ", ".join(sorted({read(record) for record in records}, key=natural))

    def setting(name):
        return values(lambda record: record.settings[name])

    points = {r.num_points for r in records if method_of(r).takes_points}
    return {
        "runs": f"{len(records)} of {len({r.variant for r in records})} variants",
        "data": setting("dataset"),
        "network": setting("architecture"),
        "method": setting("method").replace("_", " "),
        "points K": _ranges(points),
        "labels": setting("num_labels"),
        "seeds": _ranges({record.seed for record in records}),
        "steps": setting("steps"),
        "training time": _time(records, times),
    }


def _ranges(numbers):
    """Returns numbers in words, such as "0 to 4, 7"."""
    words = []
    # Neighbours are as far from their places in the order as each other.
    for _, run in itertools.groupby(
        enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0]
    ):
        first, *rest = [number for _, number in run]
        apart = [f"{first} to {rest[-1]}"] if len(rest) > 1 else [first, *rest]
        words += map(str, apart)
    return ", ".join(words)


def _time(records, times):
    """The words for all the time that training took, as far as it is known."""
    known = [
        (times[record.key], int(record.settings["steps"]))
        for record in records
        if record.key in times
    ]
    if not known:
        return ""
    words = f"{timings_part.words(sum(timing.seconds for timing, _ in known))} in all"
    if len(known) < len(records):
        words += f", of {len(known)} run{'s' * (len(known) > 1)}"
    resumed = sum(timing.steps < steps for timing, steps in known)
    if resumed:
        words += f"; of {resumed} resumed, the time since then"
    return words


def _left_out(complaints):
    if not complaints:
        return ""
    count = len(complaints)
    return f"[{count} file{'s' * (count > 1)} or parts of files](#left-out)"
