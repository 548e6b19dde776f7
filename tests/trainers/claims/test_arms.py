"""Runs that differ in their seeds alone."""

import pytest

from trainers.claims.arms import lines_of, values_of
from trainers.results import reading, records


def test_runs_of_other_settings_are_other_lines(made):
    records = [
        *made.line("ict", num_labels=50),
        *made.line("ict", num_labels=50, num_points=3),
        *made.line("ict", num_labels=20),
        *made.line("ict", num_labels=50, consistency_weight=3.0),
        *made.line("ict", num_labels=50, evaluated_network="teacher"),
        *made.line("mixup", num_labels=50),
        *made.line("mixup", num_labels=50, mix_labels=False),
        *made.line("mixup", num_labels=50, dropout=0.5),
        *made.line("mixup", num_labels=50, label_noise=0.2),
        *made.line("erm", num_labels=50),
        *made.line("erm"),
    ]
    lines = lines_of(records)
    assert len(lines) == 11
    assert [len(line.records) for line in lines] == [10] * 11
    assert [line.method for line in lines] == [
        *["erm"] * 2,
        *["mixup"] * 4,
        *["ict"] * 5,
    ]
    assert [line.num_labels for line in lines[:2]] == [50, None]
    assert lines_of(records[::-1]) == lines


def test_plain_training_takes_no_notice_of_mixing(made):
    records = [
        made.record("erm", 0),
        made.record("erm", 1, alpha=8.0, num_points=3, teacher_decay="none"),
    ]
    (line,) = lines_of(records)
    assert sorted(line.records) == [0, 1]


def test_a_run_of_two_sweeps_is_one_run(made):
    layers = {"layer_0": (0.2, 0.1)}
    evaluation = made.evaluation()
    bare = made.record("erm", 0, variant="a", linearity_points=0)
    more = made.record("erm", 0, layers=layers, variant="b")
    most = made.record("erm", 0, variant="c", evaluation=evaluation, evaluate_every=9)
    for runs in ([bare, more], [more, bare]):
        (line,) = lines_of(runs)
        assert line.any == more
    for runs in ([bare, more, most], [most, more, bare]):
        (line,) = lines_of(runs)
        assert line.any == most


def test_what_a_line_tells(made):
    (line,) = lines_of(
        made.line("mixup", mix_labels=False, alpha=2, label_noise=0.5, num_labels=20)
    )
    assert (line.alpha, line.label_noise, line.num_labels) == (2.0, 0.5, 20)
    assert (line.mixes_labels, line.is_unregularised, line.strength) == (
        False,
        True,
        None,
    )
    assert not line.measures_linearity
    (line,) = lines_of(made.line("ict", mean_dominant_weight=0.7, label_smoothing=0.1))
    assert (line.strength, line.is_unregularised, line.num_labels) == (0.7, False, None)


def test_values_by_seed(made):
    (line,) = lines_of(made.line("erm", 0.5, seeds=(3, 5)))
    values = line.values(lambda record: record.result["accuracy"]["test"])
    assert values == {3: pytest.approx(0.5, abs=0.02), 5: pytest.approx(0.5, abs=0.02)}
    assert list(line.values(lambda r: r.seed if r.seed > 3 else None)) == [5]
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
    (line,) = lines_of([*found, new])
    assert sorted(line.records) == [0, 1]
    assert (line.strength, line.label_noise) == (None, 0.0)
