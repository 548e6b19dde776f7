"""The judgements as lines for a terminal."""

from collections.abc import Iterator, Sequence

from trainers.claims import words
from trainers.claims.claim import Judgement
from trainers.claims.pages import by_claim
from trainers.claims.rule import NOT_RUN
from trainers.results.settings import SCALES
from trainers.text_tables import table

_MOST_ROWS = 6


def text(judgements: Sequence[Judgement]) -> str:
    """Returns every claim, its settings and the comparisons that decide."""
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
        if one.finding.distance:
            yield f"    Differs from the published recipe: {words.distance(one)}."
        yield f"    {' '.join(_counts(one))}"
        yield from (f"      {line}" for line in table(_rows(one)).splitlines())


def _counts(judgement: Judgement) -> Iterator[str]:
    """Sentences on what was compared, and what was not."""
    number = len(judgement.outcomes)
    seeds = f"{words.seeds(judgement)} seeds"
    comparisons = "One comparison" if number == 1 else f"{number} comparisons"
    yield f"{comparisons}, {seeds}: {words.counted(judgement.outcomes)}."
    if judgement.missing:
        named = "; ".join(judgement.missing[:_MOST_ROWS])
        more = len(judgement.missing) - _MOST_ROWS
        yield f"Not measured: {named}{f'; {more} more' if more > 0 else ''}."
    if number > _MOST_ROWS:
        yield f"The {_MOST_ROWS} that decide most:"


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


def summary(judgements: Sequence[Judgement]) -> str:
    """Returns one line for each claim, its verdicts at each scale as symbols."""
    rows = [["", *SCALES]]
    for group in by_claim(judgements):
        verdicts = [_at_scale(group, scale) for scale in SCALES]
        rows.append([group[0].claim.id, *verdicts])
    return f"{table(rows)}\n\n{words.LEGEND}"


def _at_scale(group: list[Judgement], scale: str) -> str:
    here = [one for one in group if one.finding and one.finding.scale == scale]
    return words.tally(here) if here or scale in group[0].claim.scales else ""
