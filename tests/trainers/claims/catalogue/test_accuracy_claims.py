"""Claims on wrong labels, mixing inputs alone, and the order of the methods."""

import pytest

from trainers.claims.rule import INCONCLUSIVE, NOT_CARRIED_OVER, SUPPORTED

DIRECTIONS = {SUPPORTED: 0.1, INCONCLUSIVE: 0.0, NOT_CARRIED_OVER: -0.1}
SHARES = (0.2, 0.5, 0.8)


def noisy(made, mixup=0.0, dropout=0.0, shares=SHARES, **more):
    """ERM, mixup and mixup with dropout, each by so much better than the one before."""
    more = {"alpha": 8.0, **more}
    records = []
    for place, share in enumerate(shares):
        own = {"label_noise": share, **more}
        records += made.arm("erm", 0.5, salt=place, **own)
        records += made.arm("erm", 0.9, dropout=0.5, **own)
        records += made.arm("mixup", 0.5 + mixup, salt=place + 10, **own)
        own["dropout"] = 0.5
        records += made.arm("mixup", 0.5 + mixup + dropout, salt=place + 20, **own)
    return records


@pytest.mark.parametrize("expected", DIRECTIONS)
@pytest.mark.parametrize("part", ["mixup", "dropout"])
def test_wrong_labels(made, part, expected):
    records = noisy(made, **{part: DIRECTIONS[expected]})
    (one,) = made.judged(f"R4 {part}", records)
    assert one.verdict == expected
    names = {
        "mixup": "accuracy, mixup and ERM",
        "dropout": "accuracy, dropout and none",
    }[part]
    assert [outcome.name for outcome in one.outcomes] == [
        f"{names}: {share} % of the labels random" for share in (20, 50, 80)
    ]
    assert "1500 steps, all labels; mixup: alpha 8.0" in one.finding.setting


def test_a_share_of_wrong_labels_that_is_missing(made):
    (one,) = made.judged("R4 mixup", noisy(made, mixup=0.1, shares=(0.2, 0.8)))
    assert one.verdict == INCONCLUSIVE
    assert one.missing == ["accuracy, mixup and ERM: 50 % of the labels random"]


def test_dropout_without_mixup_beside_it(made):
    alone = [
        record
        for record in noisy(made, dropout=0.1)
        if record.settings["dropout"] != "0.0" or record.method == "erm"
    ]
    assert made.judged("R4 dropout", alone) == []
    assert made.judged("R4 mixup", alone) == []


def test_a_small_alpha_is_not_meant(made):
    assert made.judged("R4 mixup", noisy(made, mixup=0.1, alpha=1.0)) == []


def test_lines_of_other_labels_are_not_compared(made):
    few = [r for r in noisy(made, num_labels=20) if r.method == "mixup"]
    all_labels = [r for r in noisy(made) if r.method == "erm"]
    assert made.judged("R4 mixup", [*few, *all_labels]) == []


def test_clean_labels_are_not_meant(made):
    assert made.judged("R4 mixup", noisy(made, mixup=0.1, shares=(0.0,))) == []


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_inputs_alone(made, expected):
    gap = DIRECTIONS[expected]
    records = [
        *made.arm("mixup", 0.6, salt=1),
        *made.arm("mixup", 0.6 - gap, mix_labels=False, salt=2),
        *made.arm("mixup", 0.9, mix_labels=False, label_noise=0.5),
        *made.arm("mixup", 0.5, label_noise=0.5),
    ]
    (one,) = made.judged("R6", records)
    assert one.verdict == expected
    (outcome,) = one.outcomes
    assert outcome.name == "accuracy, mixup of inputs alone and mixup"
    assert outcome.mean == pytest.approx(-100 * gap, abs=1e-9)


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_order_of_mixup_and_erm(made, expected):
    records = [
        *made.arm("erm", 0.6, salt=1),
        *made.arm("mixup", 0.6 + DIRECTIONS[expected], salt=2),
        *made.arm("mixup", 0.1, mix_labels=False),
        *made.arm("mixup", 0.1, num_points=3),
        *made.arm("mixup", 0.1, dropout=0.5),
        *made.arm("mixup", 0.1, num_labels=50),
        *made.arm("erm", 0.9, num_labels=50),
    ]
    (one,) = made.judged("E1 mixup", records)
    assert one.verdict == expected


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_order_of_mixupe_and_mixup(made, expected):
    records = [
        *made.arm("mixup", 0.6, salt=1),
        *made.arm("mixup", 0.1, alpha=2.0),
        *made.arm("mixupe", 0.6 + DIRECTIONS[expected], salt=2),
    ]
    (one,) = made.judged("E1 MixupE", records)
    assert one.verdict == expected


def test_variants_are_settings_of_their_own(made):
    records = [
        *made.arm("mixup", 0.6, salt=1),
        *made.arm("mixupe", 0.7, salt=2),
        *made.arm("mixupe", 0.5, salt=3, eta=1.0),
    ]
    found = made.judged("E1 MixupE", records)
    assert sorted(one.verdict for one in found) == [NOT_CARRIED_OVER, SUPPORTED]
    assert len({one.finding.setting for one in found}) == 2


def test_runs_of_two_sweeps_are_not_mixed(made):
    records = [
        *made.arm("erm", 0.5, batch_size=50),
        *made.arm("mixup", 0.6, batch_size=64, salt=1),
    ]
    assert made.judged("E1 mixup", records) == []
    records += made.arm("erm", 0.7, batch_size=64)
    (one,) = made.judged("E1 mixup", records)
    assert one.verdict == NOT_CARRIED_OVER
    assert "1500 steps, batch_size 64, all labels" in one.finding.setting


def test_runs_of_two_sweeps_with_the_same_settings_are_the_same(made):
    records = [
        *made.arm("erm", 0.5, variant="a_erm"),
        *made.arm("erm", 0.5, variant="b_erm"),
        *made.arm("mixup", 0.6, salt=1),
    ]
    (one,) = made.judged("E1 mixup", records)
    assert (one.verdict, one.outcomes[0].seeds) == (SUPPORTED, 10)


def test_a_run_that_diverged_is_missed(made):
    records = [*made.arm("erm", 0.5), *made.arm("mixup", 0.6, salt=1)]
    (one,) = made.judged("E1 mixup", records[:-1])
    assert (one.verdict, one.outcomes[0].seeds, one.seeds_due) == (SUPPORTED, 9, 10)
