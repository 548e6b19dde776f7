"""The judgements as text: on a terminal, as a page in Markdown, and as CSV."""

import itertools
from collections.abc import Iterator, Sequence

from trainers.claims import words
from trainers.claims.claim import Judgement
from trainers.claims.introduction import INTRODUCTION
from trainers.claims.rule import NOT_RUN
from trainers.markdown import anchor
from trainers.results.settings import SCALES
from trainers.text_tables import csv_text, markdown_table, table

_MOST_ROWS = 6
_HEAD = ["comparison", "means", "claimed", "difference", "p", "found"]
_DAGGER = (
    "† Smaller than the scale that the claim is about: a verdict on how far it\n"
    "reaches, not on what was published."
)


def by_claim(judgements: Sequence[Judgement]) -> list[list[Judgement]]:
    """Returns lists of the judgements of one claim each, in their order."""
    return [list(g) for _, g in itertools.groupby(judgements, lambda j: j.claim.id)]


def markdown(judgements: Sequence[Judgement], command: str, csv_name: str) -> str:
    """Returns the page.

    Args:
        judgements: list of `trainers.claims.claim.Judgement`.
        command: the command that makes it.
        csv_name: name of the CSV file.
    """
    groups = by_claim(judgements)
    rows = [["", "claim", *SCALES]]
    for group in groups:
        claim, verdicts = group[0].claim, words.by_scale(group)
        link = f"[{claim.id}](#{anchor(claim.id)})"
        rows.append([link, claim.text, *(verdicts.get(s, "") for s in SCALES)])
    number = sum(one.finding is not None for one in judgements)
    parts = [
        INTRODUCTION.format(command=command, csv=csv_name, number=number),
        markdown_table(rows),
        _DAGGER,
        "## One by one",
        *map(_section, groups),
    ]
    return "\n\n".join(parts) + "\n"


def _section(group: list[Judgement]) -> str:
    claim = group[0].claim
    return "\n\n".join(
        [
            f"### {claim.id}",
            f"{claim.text}.",
            f"Source: {claim.source}. Published: {claim.published}.",
            *map(_setting, group),
        ]
    )


def _setting(judgement: Judgement) -> str:
    if judgement.finding is None:
        return f"**{NOT_RUN}**"
    rows = [_HEAD, *_rows(judgement)]
    return "\n\n".join(
        [
            f"**{judgement.verdict}** in {judgement.finding.setting}.",
            f"{' '.join(_counts(judgement))}",
            markdown_table(rows),
        ]
    )


def _counts(judgement: Judgement) -> Iterator[str]:
    """Sentences on what was compared, and what was not."""
    number = len(judgement.outcomes)
    rows = min(_MOST_ROWS, number)
    seeds = f"{words.seeds(judgement)} seeds"
    comparisons = "One comparison" if number == 1 else f"{number} comparisons"
    yield f"{comparisons}, {seeds}: {words.counted(judgement.outcomes)}."
    if judgement.missing:
        named = "; ".join(judgement.missing[:_MOST_ROWS])
        more = len(judgement.missing) - _MOST_ROWS
        yield f"Not measured: {named}{f'; {more} more' if more > 0 else ''}."
    if rows < number:
        yield f"The {rows} that decide most:"


def _rows(judgement: Judgement) -> list[list[str]]:
    return [
        [
            one.name,
            words.means(one),
            words.claimed(one),
            words.estimate(one),
            words.p_value(one),
            words.found(one),
        ]
        for one in words.decisive(judgement, _MOST_ROWS)
    ]


def text(judgements: Sequence[Judgement]) -> str:
    """Returns the judgements as lines for a terminal."""
    return "\n".join(line for group in by_claim(judgements) for line in _lines(group))


def _lines(group: list[Judgement]) -> Iterator[str]:
    claim = group[0].claim
    yield f"{claim.id}: {claim.text}."
    yield f"  {claim.source}; published: {claim.published}."
    for one in group:
        if one.finding is None:
            yield f"  {NOT_RUN}"
            continue
        yield f"  * {one.verdict} in {one.finding.setting}."
        yield f"    {' '.join(_counts(one))}"
        yield from (f"      {line}" for line in table(_rows(one)).splitlines())


def summary(judgements: Sequence[Judgement]) -> str:
    """Returns one line for each claim, for a terminal."""
    rows = [["", *SCALES]]
    for group in by_claim(judgements):
        verdicts = words.by_scale(group)
        rows.append([group[0].claim.id, *(verdicts.get(s, "") for s in SCALES)])
    return table(rows)


_COLUMNS = (
    *("claim", "scale", "setting", "verdict", "comparison", "claimed", "margin"),
    *("unit", "seeds", "seeds_due", "first", "second", "difference", "low", "high"),
    *("p_for", "p_against_corrected", "detectable", "found"),
)
_NOT_MEASURED = "not measured"


def comparisons_as_csv(judgements: Sequence[Judgement]) -> str:
    """Returns every comparison of every judgement as CSV."""
    rows = [row for judgement in judgements for row in _comparisons(judgement)]
    return csv_text(_COLUMNS, rows)


def _comparisons(judgement: Judgement) -> Iterator[dict[str, object]]:
    for one in judgement.outcomes:
        numbers = {
            "margin": one.margin,
            "first": one.first,
            "second": one.second,
            "difference": one.mean,
            "low": one.low,
            "high": one.high,
            "p_for": one.p_for,
            "p_against_corrected": one.p_against,
            "detectable": one.detectable,
        }
        yield {
            **_of_judgement(judgement),
            "comparison": one.name,
            "claimed": one.claimed,
            "unit": one.unit.name,
            "seeds": one.seeds,
            "found": one.verdict,
            **{k: f"{v:.6g}" for k, v in numbers.items() if v is not None},
        }
    for name in judgement.missing:
        row = {"comparison": name, "seeds": 0, "found": _NOT_MEASURED}
        yield {**_of_judgement(judgement), **row}


def _of_judgement(judgement: Judgement) -> dict[str, object]:
    return {
        "claim": judgement.claim.id,
        "scale": judgement.finding.scale if judgement.finding else "",
        "setting": judgement.finding.setting if judgement.finding else "",
        "verdict": judgement.verdict,
        "seeds_due": judgement.seeds_due,
    }
