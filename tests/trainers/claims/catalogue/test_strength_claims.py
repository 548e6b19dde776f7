"""Number of points against strength of mixing."""

import pytest

from trainers.claims.rule import CONTRADICTED, INCONCLUSIVE, SUPPORTED

DIRECTIONS = {SUPPORTED: 0.1, INCONCLUSIVE: 0.0, CONTRADICTED: -0.1}
WEAK, STRONG = 0.8, 0.6


def factorial(made, points=0.0, strength=0.0, **more):
    """ICT whose accuracy and linearity grow by so much with points and strength."""
    records = []
    for k in (2, 4):
        for weight in (WEAK, STRONG):
            gain = points * (k == 4) + strength * (weight == STRONG)
            layers = dict.fromkeys(made.LAYERS, 0.3 - gain / 2)
            settings = {"num_points": k, "mean_dominant_weight": weight, **more}
            salt = round(10 * k + 100 * weight)
            records += made.arm("ict", 0.5 + gain, layers, salt=salt, **settings)
    return records


@pytest.mark.parametrize("expected", DIRECTIONS)
@pytest.mark.parametrize("effect", ["points", "strength"])
@pytest.mark.parametrize("measure", ["", " and linearity"])
def test_each_effect_is_told_from_the_other(made, effect, measure, expected):
    other = {"points": "strength", "strength": "points"}[effect]
    # The other effect is there too, and must not count.
    records = factorial(made, **{effect: DIRECTIONS[expected], other: 0.2})
    (one,) = made.judged(f"Q2 {effect}{measure}", records)
    assert one.verdict == expected
    assert len(one.outcomes) == 2


def test_names_say_what_is_compared(made):
    (points,) = made.judged("Q2 points", factorial(made, num_labels=50))
    assert [one.name for one in points.outcomes] == [
        "accuracy, ICT[4] and ICT[2]: mean dominant weight 0.6",
        "accuracy, ICT[4] and ICT[2]: mean dominant weight 0.8",
    ]
    (strength,) = made.judged("Q2 strength", factorial(made, num_labels=50))
    assert [one.name for one in strength.outcomes] == [
        "accuracy, mean dominant weight 0.6 and 0.8: ICT[2]",
        "accuracy, mean dominant weight 0.6 and 0.8: ICT[4]",
    ]
    assert points.finding.setting == (
        "digits, wide_resnet_10_1, 1500 steps, 50 labels; "
        "ICT: probabilities, weight 10, teacher 0.99"
    )


@pytest.mark.parametrize(
    ("points", "strength", "expected"),
    [(0.0, 0.1, SUPPORTED), (0.1, 0.1, INCONCLUSIVE), (0.1, 0.0, CONTRADICTED)],
)
def test_which_effect_is_greater(made, points, strength, expected):
    records = factorial(made, points, strength)
    (one,) = made.judged("Q2 strength or points", records)
    assert one.verdict == expected
    (outcome,) = one.outcomes
    found = outcome.first, outcome.second, outcome.mean
    expected = 100 * strength, 100 * points, 100 * (strength - points)
    assert found == pytest.approx(expected, abs=1e-9)
    assert outcome.name == (
        "gain in accuracy, by strength (0.6 for 0.8) and by points (4 for 2)"
    )


def test_effects_are_compared_over_the_seeds_of_all_four_cells(made):
    records = factorial(made, 0.0, 0.1)
    records.remove(next(r for r in records if r.num_points == 4 and r.seed == 3))
    (one,) = made.judged("Q2 strength or points", records)
    assert ([o.seeds for o in one.outcomes], one.seeds_due) == ([9], 10)


def test_other_options_are_not_mixed_in(made):
    records = [
        *factorial(made, points=0.1),
        *factorial(made, points=-0.1, consistency_weight=100.0),
        *factorial(made, points=-0.1, num_labels=20),
    ]
    found = made.judged("Q2 points", records)
    assert sorted(one.verdict for one in found) == [
        CONTRADICTED,
        CONTRADICTED,
        SUPPORTED,
    ]


def test_alpha_that_was_given_is_no_part_of_it(made):
    records = [*made.arm("ict", 0.5), *made.arm("ict", 0.6, num_points=4)]
    for name in ("Q2 points", "Q2 strength", "Q2 points and linearity"):
        assert made.judged(name, records) == []


def test_a_missing_cell_is_named(made):
    cell = {"num_points": "4", "mean_dominant_weight": str(WEAK)}
    records = [
        one
        for one in factorial(made, points=0.1)
        if not cell.items() <= one.settings.items()
    ]
    (one,) = made.judged("Q2 points", records)
    assert one.verdict == INCONCLUSIVE
    assert one.missing == ["accuracy, ICT[4] and ICT[2]: mean dominant weight 0.8"]


def test_layers_that_are_missing_have_no_mean(made):
    records = factorial(made, points=0.1)
    for record in records:
        del record.result["linearity"]["layer_3"]
    assert made.judged("Q2 points and linearity", records) == []
    assert len(made.judged("Q2 points", records)) == 1
