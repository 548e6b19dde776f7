"""Which runs are compared in one figure, and which are of one line."""

import math

import numpy as np
import pytest
from scipy import stats

from trainers.figures.captions import setting, setting_of
from trainers.figures.groups import groups, over_seeds
from trainers.figures.lines import natural
from trainers.statistics import mean_and_interval


def names(group):
    return list(group.lines)


def test_intervals_are_those_of_students_t():
    values = [0.1, 0.4, 0.35]
    mean, low, high = mean_and_interval(values)
    expected = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    np.testing.assert_allclose((mean, low, high), (np.mean(values), *expected))
    assert over_seeds(values) == {"mean": mean, "low": low, "high": high, "seeds": 3}
    mean, low, high = mean_and_interval([0.3])
    assert (mean, math.isnan(low), math.isnan(high)) == (0.3, True, True)


def test_a_caption_names_data_network_steps_and_seeds(record):
    found = [record("a", seed) for seed in (2, 3, 4)]
    assert setting(found) == (
        "sets/blobs.npz with 50 labels, mlp_8, 40 steps of 16 labelled examples, "
        "seeds 2 to 4"
    )
    mixed = [record("a", 0), record("b", 7, num_labels="all")]
    assert "with 50, all labels" in setting(mixed)
    assert setting(mixed).endswith("seeds 0, 7")
    assert setting(found[:1]).endswith(", seed 2")


def test_a_caption_names_what_is_not_at_its_default(record):
    found = [record("a", 0, label_noise="0.4", learning_rate="0.1")]
    assert "label_noise=0.4, learning_rate=0.1, seed 0" in setting(found)


def test_a_caption_names_what_a_sweep_varied(record):
    runs = [
        *(
            record(f"ict_mean_dominant_weight{x}", 0, mean_dominant_weight=x)
            for x in ("0.8", "0.6")
        ),
        record("erm", 0, method="erm", mean_dominant_weight="alpha"),
    ]
    (one,) = [group for group in groups(runs) if group.varied]
    assert setting_of(one).endswith("mean_dominant_weight of 0.6, 0.8, seed 0")


def test_plain_training_alone_answers_no_question(record):
    weights = ("0.6", "0.8")
    runs = [
        *(record("erm", 0, method="erm", num_labels=n) for n in ("20", "50")),
        *(
            record(f"ict_mean_dominant_weight{x}", 0, mean_dominant_weight=x)
            for x in weights
        ),
    ]

    def has_several(records):
        return len({one.num_labels for one in records}) > 1

    also, free = ("label_noise",), ("seed", "num_labels")
    assert len(groups(runs, also, free)) == 2
    (one,) = groups(runs, also, free, fits=has_several)
    assert (list(one.lines), one.varied) == (["ERM"], ())


def test_seeds_make_one_line(record):
    (one,) = groups([record(v, seed) for seed in (3, 1) for v in ("b", "a")])
    assert {name: [r.seed for r in runs] for name, runs in one.lines.items()} == {
        "a": [1, 3],
        "b": [1, 3],
    }
    assert len(one.records) == 4
    assert one.subject == "blobs_mlp_8_40steps_50labels"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dataset", "other.npz"),
        ("num_labels", "20"),
        ("architecture", "mlp_9"),
        ("steps", "80"),
        ("label_noise", "0.5"),
        ("learning_rate", "0.1"),
        ("weight_decay", "0.1"),
        ("augmentation", "crop"),
        ("batch_size", "8"),
        ("backend", "tensorflow"),
    ],
)
def test_other_data_networks_and_training_are_in_figures_of_their_own(
    record, name, text
):
    found = groups([record("a", 0), record("a", 0, **{name: text})])
    assert [list(one.lines) for one in found] == [["a"], ["a"]]


def test_what_belongs_to_methods_is_compared_in_one_figure(record):
    own = {"dropout": "0.5", "label_smoothing": "0.1", "unlabeled_batch_size": "8"}
    runs = [record("ict", 0, **{name: text}) for name, text in own.items()]
    (one,) = groups([record("ict", 0), *runs])
    assert names(one) == [
        "ICT[2]",
        "ICT[2], dropout 0.5",
        "ICT[2], label smoothing 0.1",
        "ICT[2], unlabeled batch size 8",
    ]


def test_what_a_method_ignores_makes_no_line(record):
    runs = [record("mixup", seed, unlabeled_batch_size=str(seed)) for seed in (1, 2)]
    (one,) = groups(runs)
    assert {name: len(own) for name, own in one.lines.items()} == {"mixup": 2}


def test_lines_of_one_name_and_other_settings_are_kept_apart(record):
    runs = [
        record("mixup", seed, alpha=alpha, eta=eta)
        for seed in (0, 1)
        for alpha, eta in (("0.5", "1.0"), ("1.0", "1.0"))
    ]
    (one,) = groups([*runs, record("erm", 0, eta="2.0")])
    assert names(one) == ["ERM", "mixup, alpha 0.5", "mixup, alpha 1"]
    assert [len(runs) for runs in one.lines.values()] == [1, 2, 2]


def test_plain_training_is_one_line_whatever_the_mixing_of_others(record):
    runs = [
        record("erm", seed, method="erm", alpha=alpha)
        for seed, alpha in enumerate(("0.5", "1.0"))
    ]
    (one,) = groups(runs)
    assert {name: len(own) for name, own in one.lines.items()} == {"ERM": 2}


def test_lines_have_the_names_of_methods(record):
    runs = [
        record("digits_ict_k3_label_noise0.5_50labels", 0, label_noise="0.5"),
        record("digits_erm_label_noise0.5_50labels", 0, label_noise="0.5"),
    ]
    (one,) = groups(runs)
    assert names(one) == ["ERM", "ICT[3]"]
    assert one.subject == "blobs_mlp_8_40steps_50labels_0.5noise"
    (all_labels,) = groups([record("digits_erm_alllabels", 0, num_labels="all")])
    assert names(all_labels) == ["ERM"]
    (inputs,) = groups([record("mixup_inputs_k3", 0, mix_labels="false")])
    assert names(inputs) == ["mixup of inputs alone[3]"]


def test_a_training_that_was_measured_twice_counts_once(record):
    runs = [
        record("erm", 0),
        record("erm", 0, linearity_start="previous", linearity_points="11"),
    ]
    (one,) = groups(runs)
    assert [len(own) for own in one.lines.values()] == [1]


def test_student_and_teacher_are_two_lines(record):
    (one,) = groups([record("a", 0), record("a", 0, evaluated_network="teacher")])
    assert [len(own) for own in one.lines.values()] == [1, 1]


def test_one_experiment_under_two_names_counts_once(record):
    runs = [record("digits_erm", 0), record("digits_erm_50labels", 0)]
    (one,) = groups([*runs, record("digits_erm_50labels", 1)])
    assert [run.seed for run in one.lines["ERM"]] == [0, 1]


def test_lines_are_in_the_order_of_their_numbers_after_plain_training(record):
    variants = ["a_k10", "a_k9", "a_k2"]
    runs = [record(variant, 0) for variant in variants]
    (one,) = groups([*runs, record("plain", 0, method="erm")])
    assert names(one) == ["ERM", "a", "a[9]", "a[10]"]


def test_what_a_sweep_varies_is_a_question_of_its_own(record):
    varied = [
        record(f"ict_k2_mean_dominant_weight{w}", 0, mean_dominant_weight=w)
        for w in ("0.6", "0.8")
    ]
    runs = [record("ict_k2", 0), record("plain", 0, method="erm")]
    first, second = groups(runs + varied)
    assert (names(first), first.suffix) == (["ERM", "ICT[2]"], "")
    assert names(second) == [
        "ERM",
        "ICT[2], mean dominant weight 0.6",
        "ICT[2], mean dominant weight 0.8",
    ]
    assert second.subject.endswith("50labels_by_mean_dominant_weight")


@pytest.mark.parametrize("count", [6, 7, 12, 13])
def test_many_lines_are_spread_over_figures_with_plain_training_in_each(record, count):
    runs = [record(f"m{number}", 0) for number in range(count)]
    found = groups([*runs, record("plain", 0, method="erm")])
    expected = -(-count // 6)
    assert len(found) == expected
    assert all(names(one)[0] == "ERM" and len(names(one)) <= 7 for one in found)
    drawn = [name for one in found for name in names(one)[1:]]
    assert drawn == [f"m{number}" for number in range(count)]
    suffixes = [f"_part{number + 1}" for number in range(expected)]
    assert [one.suffix for one in found] == (suffixes if expected > 1 else [""])


def test_many_lines_without_plain_training(record):
    found = groups([record(f"m{number}", 0) for number in range(8)])
    assert [len(one.lines) for one in found] == [4, 4]


def test_nothing():
    assert groups([]) == []


def test_figures_of_one_subject_are_named_by_what_differs(record):
    found = groups(
        [
            record("a", 0, augmentation="none"),
            record("a", 0, augmentation="crop"),
            record("b", 0, augmentation="none", num_labels="20"),
        ]
    )
    assert sorted(one.subject for one in found) == [
        "blobs_mlp_8_40steps_20labels",
        "blobs_mlp_8_40steps_50labels_augmentation_crop",
        "blobs_mlp_8_40steps_50labels_augmentation_none",
    ]


def test_names_are_in_the_order_of_their_numbers():
    names = ["a20", "a3", "b", "3", "all", "20"]
    assert sorted(names, key=natural) == ["3", "20", "a3", "a20", "all", "b"]
