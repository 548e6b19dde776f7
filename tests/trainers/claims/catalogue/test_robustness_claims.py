"""Claims on attacks, deformations and the way between two examples."""

import pytest

from trainers.claims.rule import INCONCLUSIVE, NOT_CARRIED_OVER, SUPPORTED

DIRECTIONS = {SUPPORTED: 0.1, INCONCLUSIVE: 0.0, NOT_CARRIED_OVER: -0.1}
ROTATIONS = [f"rotation_{angle}" for angle in (20, 40, 60, 80)]
SHEARS = ["shear_28.6", "shear_57.3"]
ZOOMS_IN = [f"zoom_in_{share}" for share in (20, 40, 60, 80)]
ZOOMS_OUT = [f"zoom_out_{share}" for share in (120, 140, 160, 180)]


def evaluated(made, method, salt, of_seed, **settings):
    """An arm whose evaluations hold what `of_seed` makes of a small number."""
    found = [made.evaluation(**of_seed(x)) for x in made.wiggle(salt)]
    return made.arm(method, evaluation=found, **settings)


def attacks(value, kinds=("white_box", "black_box")):
    def of_seed(x):
        by_strength = {"0.01": value + 0.1 + x, "0.03": value - x}
        return {"fgsm": dict.fromkeys(kinds, by_strength)}

    return of_seed


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_attacks(made, expected):
    records = [
        *evaluated(made, "erm", 1, attacks(0.5)),
        *evaluated(made, "mixup", 2, attacks(0.5 + DIRECTIONS[expected])),
    ]
    (one,) = made.judged("R5", records)
    assert one.verdict == expected
    assert [outcome.name for outcome in one.outcomes] == [
        "accuracy, mixup and ERM: white box, strength 0.01",
        "accuracy, mixup and ERM: white box, strength 0.03",
        "accuracy, mixup and ERM: black box, strength 0.01",
        "accuracy, mixup and ERM: black box, strength 0.03",
    ]
    assert one.outcomes[0].mean == pytest.approx(100 * DIRECTIONS[expected], abs=1e-9)


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_iterative_attacks(made, expected):
    kinds = ("white_box", "black_box", "black_box_iterative")
    records = [
        *evaluated(made, "erm", 1, attacks(0.5, kinds)),
        *evaluated(made, "mixup", 2, attacks(0.5 + DIRECTIONS[expected], kinds)),
    ]
    (one,) = made.judged("R5 iterative", records)
    assert one.verdict == expected
    assert [outcome.name for outcome in one.outcomes] == [
        "accuracy, mixup and ERM: black box iterative, strength 0.01",
        "accuracy, mixup and ERM: black box iterative, strength 0.03",
    ]


def test_where_nothing_was_attacked_iteratively_there_is_no_verdict(made):
    records = [
        *evaluated(made, "erm", 1, attacks(0.5)),
        *evaluated(made, "mixup", 2, attacks(0.6)),
    ]
    assert made.judged("R5 iterative", records) == []


def test_without_a_black_box_the_claim_is_not_shown(made):
    white = ("white_box",)
    records = [
        *evaluated(made, "erm", 1, attacks(0.5, white)),
        *evaluated(made, "mixup", 2, attacks(0.6, white)),
    ]
    (one,) = made.judged("R5", records)
    assert one.verdict == INCONCLUSIVE
    assert one.missing == [
        f"accuracy, mixup and ERM: black box, strength {eps}"
        for eps in ("0.01", "0.03")
    ]


def test_the_order_of_attacks_in_the_file_does_not_matter(made):
    found = []
    for kinds in (("white_box", "black_box"), ("black_box", "white_box")):
        records = [
            *evaluated(made, "erm", 1, attacks(0.5, kinds)),
            *evaluated(made, "mixup", 2, attacks(0.6, kinds)),
        ]
        (one,) = made.judged("R5", records)
        found.append(one.outcomes)
    assert found[0] == found[1]


def test_without_attacks_nothing_is_judged(made):
    def nothing(x):
        return {}

    records = [
        *evaluated(made, "erm", 1, nothing),
        *evaluated(made, "mixup", 2, nothing),
    ]
    for name in ("R5", "R8", "R1 correction", "R3"):
        assert made.judged(name, records) == []


def ways(value):
    def of_seed(x):
        inner = [value + x, value - x / 2]
        # At both ends, which do not count, it is the other way around.
        numbers = [5 - 9 * value, *inner, 5 - 9 * value]
        return {"between": {"misses": numbers, "gradient_norms": numbers}}

    return of_seed


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_between_two_examples(made, expected):
    records = [
        *evaluated(made, "erm", 1, ways(0.5)),
        *evaluated(made, "mixup", 2, ways(0.5 - DIRECTIONS[expected])),
    ]
    (one,) = made.judged("R8", records)
    assert one.verdict == expected
    assert [(o.name, o.claimed) for o in one.outcomes] == [
        ("mixup and ERM: misses", "below"),
        ("mixup and ERM: gradient norm", "below"),
    ]
    assert one.outcomes[0].first == pytest.approx(
        100 * (0.5 - DIRECTIONS[expected]), abs=0.01
    )


def deformations(**gaps):
    def of_seed(x):
        kinds = {
            "rotation": ROTATIONS,
            "shear": SHEARS,
            "zoom_in": ZOOMS_IN,
            "zoom_out": ZOOMS_OUT,
        }
        return {
            "deformations": {
                name: 0.5 + gaps.get(kind, 0.0) + x
                for kind, names in kinds.items()
                for name in names
            }
        }

    return of_seed


@pytest.mark.parametrize("expected", DIRECTIONS)
@pytest.mark.parametrize(
    ("name", "kind", "sign", "names"),
    [
        ("E4 rotation", "rotation", 1, ROTATIONS),
        ("E4 small shear", "shear", 1, SHEARS[:1]),
        ("E4 zoom in", "zoom_in", 1, ZOOMS_IN),
        ("E4 zoom out", "zoom_out", -1, ZOOMS_OUT),
    ],
)
def test_deformations(made, name, kind, sign, names, expected):
    # All other deformations go the other way.
    gaps = dict.fromkeys(("rotation", "shear", "zoom_in"), -0.2) | {"zoom_out": 0.2}
    gaps[kind] = sign * DIRECTIONS[expected]
    records = [
        *evaluated(made, "mixup", 1, deformations()),
        *evaluated(made, "mixupe", 2, deformations(**gaps)),
        *evaluated(made, "erm", 3, deformations(**gaps)),
    ]
    (one,) = made.judged(name, records)
    assert one.verdict == expected
    found = [
        outcome.name.removeprefix("accuracy, MixupE and mixup: ")
        for outcome in one.outcomes
    ]
    assert found == [name.replace("_", " ") for name in names]
