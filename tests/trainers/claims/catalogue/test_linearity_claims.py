"""Claims on layers: directions, layer 0 apart, the floor."""

import pytest

from trainers.claims.rule import (
    AS_CLAIMED,
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_CARRIED_OVER,
    OPPOSITE,
    SUPPORTED,
)

BENT = 0.3
DIRECTIONS = {SUPPORTED: 0.1, INCONCLUSIVE: 0.0, NOT_CARRIED_OVER: -0.1}


def moved(made, gap, **signs):
    """NonLin of each layer: less by `gap`, or as much more where the sign is -1."""
    return {name: BENT - gap * signs.get(name, 1) for name in made.LAYERS}


def arms(made, gap, signs=(), method="mixup", **settings):
    flat = made.arm("erm", layers=moved(made, 0.0), salt=1, **settings)
    low = moved(made, gap, **dict(signs))
    return [*flat, *made.arm(method, layers=low, salt=2, **settings)]


# Less linear at the layers in the middle.
FIGURE_1 = dict.fromkeys(("layer_2", "layer_3", "layer_4"), -1)


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_l1(made, expected):
    records = arms(made, DIRECTIONS[expected], FIGURE_1, num_labels=50)
    (one,) = made.judged("L1", records)
    assert one.verdict == expected
    claimed = {outcome.name: outcome.claimed for outcome in one.outcomes}
    directions = {2: "above", 3: "above", 4: "above", 5: "below"}
    assert claimed == {
        f"mixup and ERM: layer {index}{floor}": word
        for floor in ("", ", floor off")
        for index, word in directions.items()
    }
    assert one.finding.distance == ("data", "network", "steps")
    words = "digits, wide_resnet_10_1, 1500 steps, 50 labels; mixup: alpha 0.5"
    assert (one.finding.scale, one.finding.setting) == ("minutes", words)


def test_one_layer_that_goes_the_other_way_contradicts(made):
    signs = {**FIGURE_1, "layer_4": 1}
    (one,) = made.judged("L1", arms(made, 0.1, signs))
    assert one.verdict == NOT_CARRIED_OVER
    found = {outcome.name: outcome.verdict for outcome in one.outcomes}
    for floor in ("", ", floor off"):
        assert found.pop(f"mixup and ERM: layer 4{floor}") == OPPOSITE
    assert set(found.values()) == {AS_CLAIMED}


@pytest.mark.parametrize(
    ("above", "expected"),
    [((3,), SUPPORTED), ((1, 4), SUPPORTED), ((), NOT_CARRIED_OVER), ((5,), None)],
)
def test_somewhere_in_the_middle(made, above, expected):
    low = moved(made, 0.1, **{f"layer_{index}": -1 for index in above})
    flat = made.arm("erm", layers=moved(made, 0.0), salt=1)
    (one,) = made.judged("L1 somewhere", [*flat, *made.arm("mixup", layers=low)])
    assert one.verdict == (expected or NOT_CARRIED_OVER)
    assert [outcome.name for outcome in one.outcomes] == [
        "mixup and ERM: a layer",
        "mixup and ERM: a layer, floor off",
    ]


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_l2_against_erm(made, expected):
    records = arms(made, DIRECTIONS[expected], method="ict", num_labels=50)
    (one,) = made.judged("L2 ERM", records)
    assert one.verdict == expected
    assert [outcome.claimed for outcome in one.outcomes] == ["below"] * 10


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_l2_against_mixup(made, expected):
    # What layer 0 does is another claim.
    low = moved(made, DIRECTIONS[expected], layer_0=-1)
    records = [
        *made.arm("mixup", layers=moved(made, 0.0), salt=1),
        *made.arm("ict", layers=low, salt=2),
    ]
    (one,) = made.judged("L2 mixup", records)
    assert one.verdict == expected
    assert [outcome.claimed for outcome in one.outcomes] == ["below"] * 10


@pytest.mark.parametrize("expected", DIRECTIONS)
@pytest.mark.parametrize(
    ("name", "first", "second", "claimed"),
    [
        ("L1 layer 0", ("mixup", 2), ("erm", 2), "below"),
        ("L2 ERM layer 0", ("ict", 2), ("erm", 2), "below"),
        ("L2 mixup layer 0", ("ict", 2), ("mixup", 2), "above"),
        ("L3 layer 0", ("ict", 4), ("ict", 2), "below"),
    ],
)
def test_layer_0_is_judged_apart(made, name, first, second, claimed, expected):
    gap = DIRECTIONS[expected] * (1 if claimed == "below" else -1)
    # All other layers go the opposite way, which is no matter here.
    low = moved(made, -gap, layer_0=-1)
    records = [
        *made.arm(second[0], num_points=second[1], layers=moved(made, 0.0), salt=1),
        *made.arm(first[0], num_points=first[1], layers=low, salt=2),
    ]
    (one,) = made.judged(name, records)
    assert one.verdict == expected
    assert [outcome.claimed for outcome in one.outcomes] == [claimed]
    assert one.outcomes[0].name.endswith("layer 0")


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_l3(made, expected):
    low = moved(made, DIRECTIONS[expected])
    records = [
        *made.arm("ict", num_points=2, layers=moved(made, 0.0), salt=1),
        *made.arm("ict", num_points=3, layers=moved(made, 0.2), salt=3),
        *made.arm("ict", num_points=4, layers=low, salt=2),
    ]
    (one,) = made.judged("L3", records)
    assert one.verdict == expected
    assert made.judged("L3", records[:20]) == []


def test_each_k_counts(made):
    records = [
        *arms(made, 0.1, method="ict"),
        *made.arm("ict", num_points=3, layers=moved(made, 0.1, layer_3=-1), salt=3),
    ]
    (one,) = made.judged("L2 ERM", records)
    assert one.verdict == NOT_CARRIED_OVER
    assert len(one.outcomes) == 20
    against = [o.name for o in one.outcomes if o.verdict == OPPOSITE]
    name = "ICT[3] and ERM: layer 3"
    assert against == [name, f"{name}, floor off"]


def test_each_number_of_labels_is_a_setting(made):
    records = [
        *arms(made, 0.1, FIGURE_1, num_labels=20),
        *arms(made, -0.1, FIGURE_1, num_labels=50),
        # Labels that are wrong are no matter of the figure.
        *arms(made, -0.1, FIGURE_1, num_labels=20, label_noise=0.2),
    ]
    found = made.judged("L1", records)
    assert [one.verdict for one in found] == [SUPPORTED, NOT_CARRIED_OVER]


def test_each_alpha_of_mixup_is_a_setting(made):
    records = [
        *arms(made, 0.1, FIGURE_1, alpha=0.5),
        *arms(made, -0.1, FIGURE_1, alpha=2.0),
    ]
    found = made.judged("L1", records)
    assert [one.verdict for one in found] == [SUPPORTED, NOT_CARRIED_OVER]
    assert [one.finding.setting[-9:] for one in found] == ["alpha 0.5", "alpha 2.0"]


@pytest.mark.parametrize(
    "settings",
    [
        {"architecture": "mlp_128_128"},
        {"architecture": "preact_resnet_18"},
        {"linearity_start": "previous"},
        {"linearity_measure": "relative"},
    ],
)
def test_other_networks_and_measures_are_none_of_the_figure(made, settings):
    records = arms(made, 0.1, FIGURE_1, **settings)
    for name in ("L1", "L2 ERM", "Q1 share"):
        assert made.judged(name, records) == []


def test_deep_networks_have_the_same_layers(made):
    deep = {"architecture": "wide_resnet_28_2"}
    (one,) = made.judged("L1", arms(made, 0.1, FIGURE_1, **deep))
    assert (one.verdict, one.finding.scale) == (SUPPORTED, "minutes")


def test_a_layer_that_was_not_measured_is_missing(made):
    low = {name: value for name, value in moved(made, 0.1).items() if name != "layer_4"}
    records = [
        *made.arm("erm", layers=moved(made, 0.0), salt=1),
        *made.arm("ict", layers=low, salt=2),
    ]
    (one,) = made.judged("L2 ERM", records)
    name = "ICT[2] and ERM: layer 4"
    assert (one.verdict, one.missing) == (INCONCLUSIVE, [name, f"{name}, floor off"])


def test_runs_that_measured_nothing_are_passed_over(made):
    assert made.judged("L1", [*made.arm("erm"), *made.arm("mixup")]) == []


def test_without_a_partner_nothing_is_judged(made):
    records = arms(made, 0.1, FIGURE_1)[10:]
    assert made.judged("L1", records) == []
    # With other labels there is none either.
    others = arms(made, 0.1, FIGURE_1, num_labels=20)[:10]
    assert made.judged("L1", [*others, *records]) == []


def test_the_order_of_layers_in_the_file_does_not_matter(made):
    records = arms(made, 0.1, {"layer_0": -1}, method="mixup")
    records += made.arm("ict", layers=moved(made, 0.1), salt=3)
    before = made.judged("L2 mixup", records)
    for record in records:
        record.result["linearity"] = dict(reversed(record.result["linearity"].items()))
    assert made.judged("L2 mixup", records) == before


@pytest.mark.parametrize(
    ("name", "second", "first"),
    [
        ("L1", ("erm", 2), ("mixup", 2)),
        ("L2 ERM", ("erm", 2), ("ict", 2)),
        ("L2 mixup", ("mixup", 2), ("ict", 2)),
        ("L3", ("ict", 2), ("ict", 4)),
    ],
)
def test_a_claim_holds_with_the_floor_and_without_it(made, name, second, first):
    low = moved(made, 0.1, **(FIGURE_1 if name == "L1" else {}))
    records = [
        *made.arm(second[0], num_points=second[1], layers=moved(made, 0.0), salt=1),
        *made.arm(first[0], num_points=first[1], layers=low, salt=2),
    ]
    (one,) = made.judged(name, records)
    assert one.verdict == SUPPORTED
    # The floor alone makes a difference at layer 5, where the second is lower.
    for record in records[10:]:
        record.result["linearity"]["layer_5"]["floor"] -= 0.3
    (one,) = made.judged(name, records)
    assert one.verdict == NOT_CARRIED_OVER
    (against,) = (o for o in one.outcomes if o.verdict == OPPOSITE)
    assert against.kind == "layer 5, floor off"


def test_the_last_five_measurements_count(made):
    """Also where the last one says the opposite of their mean."""

    def arm(method, values, salt):
        rows = [
            {
                "step": step,
                **{f"nonlin/{layer}": value for layer in made.LAYERS},
                **{f"nonlin_floor/{layer}": 0.1 for layer in made.LAYERS},
            }
            for step, value in enumerate(values)
        ]
        layers = dict.fromkeys(made.LAYERS, values[-1])
        return made.arm(method, layers=layers, salt=salt, history=[rows] * 10)

    erm = arm("erm", [9.0, 0.3, 0.3, 0.3, 0.3, 0.3], 1)
    ict = arm("ict", [9.0, 0.2, 0.2, 0.2, 0.2, 0.5], 2)
    (one,) = made.judged("L2 ERM", [*erm, *ict])
    assert one.verdict == SUPPORTED
    assert one.outcomes[0].mean == pytest.approx(-0.04)
    # Means over other steps are not compared.
    ict[0].history[1]["step"] = 7
    assert made.judged("L2 ERM", [*erm, *ict]) == []


@pytest.mark.parametrize(
    ("value", "expected"), [(0.3, SUPPORTED), (0.2, INCONCLUSIVE), (0.15, CONTRADICTED)]
)
def test_share_of_the_floor(made, value, expected):
    # The floor is 0.1. All that a layer 0 has is its floor.
    layers = dict.fromkeys(made.LAYERS, value) | {"layer_0": 0.1}
    (one,) = made.judged("Q1 share", made.arm("erm", layers=layers))
    assert one.verdict == expected
    assert [o.name for o in one.outcomes] == [
        f"share and one half: ERM, layer {index}" for index in range(1, 6)
    ]
    assert one.outcomes[0].first == pytest.approx(100 * 0.1 / value, rel=0.01)


def test_a_layer_of_zeros_has_no_share(made):
    records = made.arm("erm", layers=dict.fromkeys(made.LAYERS, 0.3))
    for record in records:
        record.result["linearity"]["layer_2"] = {"value": 0.0, "floor": 0.0}
    (one,) = made.judged("Q1 share", records)
    assert one.missing == ["share and one half: ERM, layer 2"]


def test_shares_of_each_method(made):
    layers = dict.fromkeys(made.LAYERS, 0.3)
    records = [
        *made.arm("erm", layers=layers),
        *made.arm("mixup", layers=layers),
        *made.arm("ict", layers=layers),
        *made.arm("ict", layers=layers, num_points=3),
        *made.arm("mixupe", layers=layers),
    ]
    found = made.judged("Q1 share", records)
    assert [len(one.outcomes) for one in found] == [5, 5, 10]


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_training_that_was_measured_twice_the_measure_of_the_figure_counts(
    made, order
):
    records = arms(made, 0.1, FIGURE_1)
    other = arms(made, -0.1, FIGURE_1, linearity_start="previous")
    (one,) = made.judged("L1", [*records, *other][::order])
    assert one.verdict == SUPPORTED
    assert one == made.judged("L1", records)[0]
