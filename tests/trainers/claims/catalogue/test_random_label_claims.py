"""Best and last test errors on random labels, of the arms that validation chooses."""

import pytest

from trainers.claims.rule import INCONCLUSIVE, NOT_CARRIED_OVER, SUPPORTED

SHARES = (0.2, 0.5, 0.8)
NOISY = {"alpha": 8.0}


def scored(made, method, best, last, salt, validation=0.5, **more):
    """Runs whose test error falls to the best one and rises to the last one."""
    name = "accuracy/test_student"
    history = [
        [
            {"step": 1, name: 0.1},
            {"step": 2, "another": 0.9},
            {"step": 3, name: 1 - best - x},
            {"step": 4, name: 1 - last - x},
        ]
        for x in made.wiggle(salt)
    ]
    records = made.arm(method, 1 - last, history=history, salt=salt, **more)
    for record in records:
        record.result["accuracy"]["validation"] = validation
    return records


def all_shares(made, method, best, last, salt, **more):
    return [
        record
        for place, share in enumerate(SHARES)
        for record in scored(
            made, method, best, last, salt + place, label_noise=share, **more
        )
    ]


def everything(made, mixup=(0.3, 0.3), erm=(0.4, 0.5), dropout=(0.4, 0.5), both=None):
    records = [
        *all_shares(made, "erm", *erm, 10),
        *all_shares(made, "erm", *dropout, 20, dropout=0.5),
        *all_shares(made, "mixup", *mixup, 30, **NOISY),
    ]
    if both:
        records += all_shares(made, "mixup", *both, 40, dropout=0.5, **NOISY)
    return records


@pytest.mark.parametrize(("name", "other"), [("R10 ERM", "erm"), ("R10 dropout",) * 2])
@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((0.4, 0.5), SUPPORTED),
        ((0.3, 0.5), INCONCLUSIVE),
        ((0.3, 0.3), INCONCLUSIVE),
        ((0.2, 0.5), NOT_CARRIED_OVER),
        ((0.2, 0.2), NOT_CARRIED_OVER),
    ],
)
def test_mixup_has_the_lower_errors(made, name, other, errors, expected):
    which = {"erm": "erm", "R10 dropout": "dropout"}[other]
    # The other one of plain training says the opposite.
    wrong = {"erm": (0.1, 0.1), "dropout": (0.1, 0.1), which: errors}
    (one,) = made.judged(name, everything(made, **wrong))
    assert one.verdict == expected
    assert len(one.outcomes) == 6
    assert one.finding.setting == "digits, wide_resnet_10_1, 1500 steps, all labels"


@pytest.mark.parametrize(
    ("both", "expected"),
    [
        ((0.2, 0.2), SUPPORTED),
        ((0.3, 0.3), INCONCLUSIVE),
        ((0.4, 0.4), NOT_CARRIED_OVER),
    ],
)
def test_dropout_helps_mixup(made, both, expected):
    (one,) = made.judged("R10 both", everything(made, both=both))
    assert one.verdict == expected
    assert one.outcomes[0].name == (
        "best test error, mixup with dropout (alpha 8, rate 0.5) and mixup (alpha 8): "
        "20 % of the labels random"
    )


@pytest.mark.parametrize(
    ("last", "expected"),
    [(0.6, SUPPORTED), (0.45, INCONCLUSIVE), (0.4, NOT_CARRIED_OVER)],
)
def test_what_is_forgotten(made, last, expected):
    mixup = (0.3, 0.35)
    # The errors themselves are far apart, and do not count.
    (one,) = made.judged("R10 last", everything(made, mixup, erm=(0.4, last)))
    assert one.verdict == expected
    assert len(one.outcomes) == 3
    assert one.outcomes[0].first == pytest.approx(5.0)


def test_validation_data_choose(made):
    # By the test data it would be the other one.
    chosen = all_shares(
        made, "mixup", 0.45, 0.45, 50, validation=0.9, **{**NOISY, "alpha": 32.0}
    )
    (one,) = made.judged("R10 ERM", [*everything(made), *chosen])
    assert one.outcomes[0].first == pytest.approx(45.0)
    assert "mixup (alpha 32) and ERM:" in one.outcomes[0].name
    rates = all_shares(made, "erm", 0.1, 0.1, 60, validation=0.9, dropout=0.8)
    (one,) = made.judged("R10 dropout", [*everything(made), *rates])
    assert "ERM with dropout (rate 0.8)" in one.outcomes[0].name
    assert one.outcomes[0].second == pytest.approx(10.0)


def test_validation_data_choose_at_each_share(made):
    more = {"alpha": 32.0, "label_noise": 0.5}
    other = scored(made, "mixup", 0.2, 0.2, 70, validation=0.9, **more)
    (one,) = made.judged("R10 ERM", [*everything(made), *other])
    chosen = [outcome.name.split("(")[1][:7] for outcome in one.outcomes[::2]]
    assert chosen == ["alpha 8", "alpha 3", "alpha 8"]


def test_weak_mixup_smooth_labels_and_clean_labels_are_none_of_it(made):
    more = {"validation": 0.9}
    records = [
        *everything(made),
        *all_shares(made, "mixup", 0.1, 0.1, 50, alpha=1.0, **more),
        *all_shares(made, "mixup", 0.1, 0.1, 50, label_smoothing=0.1, **NOISY, **more),
        *scored(made, "mixup", 0.1, 0.1, 60, **NOISY, **more),
    ]
    (one,) = made.judged("R10 ERM", records)
    assert [outcome.first for outcome in one.outcomes] == pytest.approx([30.0] * 6)
    assert made.judged("R10 both", records) == []


def test_a_share_that_was_not_run_is_named(made):
    records = [r for r in everything(made) if r.settings["label_noise"] != "0.8"]
    (one,) = made.judged("R10 ERM", records)
    assert one.verdict == INCONCLUSIVE
    assert len(one.missing) == 2
    assert all("80 % of the labels random" in name for name in one.missing)


def test_runs_that_were_not_scored_on_the_way_say_nothing(made):
    records = made.arm("mixup", 0.5, label_noise=0.5, **NOISY)
    assert made.judged("R10 ERM", [*records, *made.arm("erm", label_noise=0.5)]) == []
