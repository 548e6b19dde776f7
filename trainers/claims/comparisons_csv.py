"""Every comparison of every judgement, as CSV."""

from collections.abc import Iterator, Sequence

from trainers.claims.claim import Judgement
from trainers.text_tables import csv_text

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
