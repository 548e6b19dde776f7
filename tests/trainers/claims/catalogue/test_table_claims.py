"""The errors of seven tables against the published ones."""

import numpy as np
import pytest

from trainers.claims.rule import INCONCLUSIVE, NOT_CARRIED_OVER, SUPPORTED
from trainers.tabular.sets import SETS


def tables(off=0.0, method="mixup", trials=5, **more):
    """Errors that are off by so many published standard deviations."""
    found = {}
    for name, known in SETS.items():
        mean, deviation = known.published[method]
        spread = deviation * np.linspace(-0.1, 0.1, trials)
        errors = mean + more.get(name, off) * deviation + spread
        found[name] = {method: {"errors": errors.tolist()}}
    return found


@pytest.mark.parametrize(
    ("off", "expected"),
    [
        (0.0, SUPPORTED),
        (0.9, SUPPORTED),
        (-0.9, SUPPORTED),
        # A published mean of five trials is uncertain too.
        (1.5, INCONCLUSIVE),
        (3.0, INCONCLUSIVE),
        (5.0, NOT_CARRIED_OVER),
        (-5.0, NOT_CARRIED_OVER),
    ],
)
@pytest.mark.parametrize("method", ["erm", "mixup", "mixupe"])
def test_two_published_deviations(made, method, off, expected):
    name = {"erm": "E2 ERM", "mixup": "E2 mixup", "mixupe": "E2 MixupE"}[method]
    (one,) = made.judged(name, tables=tables(off, method))
    assert one.verdict == expected
    assert len(one.outcomes) == 7
    letter = next(o for o in one.outcomes if o.name.startswith("letter"))
    mean, deviation = SETS["letter"].published[method]
    assert letter.name == f"letter and {mean:.2f} ± {2 * deviation:.2f}"
    assert letter.mean == pytest.approx(off * deviation, abs=1e-9)
    assert (letter.unit.name, letter.unit.factor) == ("% error", 1.0)


def test_one_table_that_is_off_contradicts(made):
    (one,) = made.judged("E2 mixup", tables=tables(iris=5.0))
    assert one.verdict == NOT_CARRIED_OVER


def test_trials_and_tables_that_are_missing(made):
    found = tables()
    del found["iris"]
    found["letter"]["mixup"]["errors"].pop()
    found["cmc"]["mixup"]["errors"].clear()
    (one,) = made.judged("E2 mixup", tables=found)
    assert one.verdict == INCONCLUSIVE
    assert [name.split()[0] for name in one.missing] == ["cmc", "iris"]
    assert sorted({outcome.seeds for outcome in one.outcomes}) == [4, 5]
    assert one.seeds_due == 5


def test_methods_and_tables_of_others_are_passed_over(made):
    assert made.judged("E2 ERM", tables=tables(method="mixup")) == []
    foreign = {"wine": {"mixup": {"errors": [1.0, 2.0]}}}
    assert made.judged("E2 mixup", tables=foreign) == []
    (one,) = made.judged("E2 mixup", tables={**tables(), **foreign})
    assert one.verdict == SUPPORTED
