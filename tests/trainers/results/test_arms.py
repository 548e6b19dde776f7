"""Runs that differ in their seeds alone."""

import pytest

from trainers.results import reading, records
from trainers.results.arms import arms_of, values_of


def test_runs_of_other_settings_are_other_arms(made):
    records = [
        *made.arm("ict", num_labels=50),
        *made.arm("ict", num_labels=50, num_points=3),
        *made.arm("ict", num_labels=20),
        *made.arm("ict", num_labels=50, consistency_weight=3.0),
        *made.arm("ict", num_labels=50, evaluated_network="teacher"),
        *made.arm("mixup", num_labels=50),
        *made.arm("mixup", num_labels=50, mix_labels=False),
        *made.arm("mixup", num_labels=50, dropout=0.5),
        *made.arm("mixup", num_labels=50, label_noise=0.2),
        *made.arm("erm", num_labels=50),
        *made.arm("erm"),
    ]
    arms = arms_of(records)
    assert len(arms) == 11
    assert [len(arm.records) for arm in arms] == [10] * 11
    assert [arm.method for arm in arms] == [
        *["erm"] * 2,
        *["mixup"] * 4,
        *["ict"] * 5,
    ]
    assert [arm.num_labels for arm in arms[:2]] == [50, None]
    assert arms_of(records[::-1]) == arms


def test_plain_training_takes_no_notice_of_mixing(made):
    records = [
        made.record("erm", 0),
        made.record("erm", 1, alpha=8.0, num_points=3, teacher_decay="none"),
    ]
    (arm,) = arms_of(records)
    assert sorted(arm.records) == [0, 1]


def test_a_run_of_two_sweeps_is_one_run(made):
    layers = {"layer_0": (0.2, 0.1)}
    evaluation = made.evaluation()
    bare = made.record("erm", 0, variant="a", linearity_points=0)
    more = made.record("erm", 0, layers=layers, variant="b")
    most = made.record("erm", 0, variant="c", evaluation=evaluation, evaluate_every=9)
    for runs in ([bare, more], [more, bare]):
        (arm,) = arms_of(runs)
        assert arm.any == more
    for runs in ([bare, more, most], [most, more, bare]):
        (arm,) = arms_of(runs)
        assert arm.any == most


def test_what_an_arm_tells(made):
    (arm,) = arms_of(
        made.arm("mixup", mix_labels=False, alpha=2, label_noise=0.5, num_labels=20)
    )
    assert (arm.alpha, arm.label_noise, arm.num_labels) == (2.0, 0.5, 20)
    assert (arm.mixes_labels, arm.is_unregularised, arm.strength) == (
        False,
        True,
        None,
    )
    assert not arm.measures_linearity
    (arm,) = arms_of(made.arm("ict", mean_dominant_weight=0.7, label_smoothing=0.1))
    assert (arm.strength, arm.is_unregularised, arm.num_labels) == (0.7, False, None)


def test_values_by_seed(made):
    (arm,) = arms_of(made.arm("erm", 0.5, seeds=(3, 5)))
    values = arm.values(lambda record: record.result["accuracy"]["test"])
    assert values == {3: pytest.approx(0.5, abs=0.02), 5: pytest.approx(0.5, abs=0.02)}
    assert list(arm.values(lambda r: r.seed if r.seed > 3 else None)) == [5]
    assert values_of(None, len) == {}


def test_records_from_before_a_setting_was_there(made, tmp_path):
    old = made.record("mixup", 0)
    for name in ("mean_dominant_weight", "scored_examples", "label_noise", "variant"):
        del old.settings[name]
    path = str(tmp_path / "old.jsonl")
    records.write(path, [old])
    results = reading.read([path])
    found, complaints = results.records, results.complaints
    assert complaints == []
    new = made.record("mixup", 1, backend=found[0].settings["backend"])
    (arm,) = arms_of([*found, new])
    assert sorted(arm.records) == [0, 1]
    assert (arm.strength, arm.label_noise) == (None, 0.0)
