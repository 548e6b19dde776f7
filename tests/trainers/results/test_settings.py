"""What can be compared, and with what."""

import pytest

from trainers.results.roles import CURVES, LABELS, LINEARITY, MEAN_LINEARITY, SCORES
from trainers.results.settings import settings_of


def setting_of(records):
    (setting,) = settings_of(records)
    return setting


def methods(arms):
    return [arm.method for arm in arms]


@pytest.mark.parametrize(
    "other",
    [
        {"steps": 80},
        {"dataset": "iris"},
        {"architecture": "mlp_6"},
        {"batch_size": 7},
        {"learning_rate": 0.1},
        {"augmentation": "none"},
        {"backend": "tensorflow"},
        {"num_validation": 7},
        {"weight_decay": 0.1},
        {"learning_rate_steps": "60,120"},
        {"warmup_steps": 10},
    ],
)
def test_what_was_trained_in_another_way_is_not_compared(made, other):
    found = settings_of([*made.arm("erm"), *made.arm("mixup", **other)])
    assert [methods(setting.arms) for setting in found] in (
        [["erm"], ["mixup"]],
        [["mixup"], ["erm"]],
    )
    assert len({setting.name for setting in found}) == 2
    for setting in found:
        assert setting.counterpart(setting.arms[0], "erm") in (setting.arms[0], None)


@pytest.mark.parametrize(
    "other",
    [
        {"alpha": 2.0},
        {"num_labels": 20},
        {"evaluate_every": 10},
        {"linearity_points": 3},
        {"linearity_layers": "layer_1"},
        {"scored_examples": 100},
        {"linearity_examples": 64},
        {"linearity_measure": "relative"},
        {"linearity_start": "previous"},
        {"linearity_num_points": 4},
        {"linearity_alpha": 2.0},
        {"unlabeled_includes_labeled": False},
    ],
)
def test_what_changes_no_training_is_compared(made, other):
    setting = setting_of([*made.arm("erm"), *made.arm("mixup", **other)])
    assert methods(setting.arms) == ["erm", "mixup"]


def test_what_shall_be_shared_sets_apart(made):
    records = [*made.arm("erm"), *made.arm("mixup", linearity_examples=64)]
    found = settings_of(records, also=("linearity_examples",))
    assert [len(setting.arms) for setting in found] == [1, 1]
    assert {setting.name.split(", ")[-1] for setting in found} == {
        "linearity_examples 512",
        "linearity_examples 64",
    }


@pytest.mark.parametrize(
    ("other", "alike", "apart"),
    [
        ({"linearity_measure": "relative"}, (), LINEARITY),
        ({"linearity_start": "previous"}, (), LINEARITY),
        ({"linearity_examples": 64}, (), LINEARITY),
        ({"linearity_num_points": 4}, (), LINEARITY),
        ({"linearity_alpha": 2.0}, (), LINEARITY),
        ({"linearity_layers": "layer_1"}, CURVES, MEAN_LINEARITY),
        ({"linearity_points": 3}, MEAN_LINEARITY, CURVES),
        ({"scored_examples": 100}, CURVES, SCORES),
        ({"num_labels": 20}, SCORES, LABELS),
        ({"label_noise": 0.5}, SCORES, LABELS),
    ],
)
def test_what_is_measured_alike(made, other, alike, apart):
    records = [*made.arm("erm"), *made.arm("mixup", **other)]
    assert len(settings_of(records, also=alike)) == 1
    assert len(settings_of(records, also=apart)) == 2


def test_names_say_what_sets_them_apart(made):
    found = settings_of(
        [
            made.record("erm", 0, batch_size=7),
            made.record("erm", 0, batch_size=8),
            made.record("erm", 0, steps=7),
        ]
    )
    title = "digits, wide_resnet_10_1"
    assert [setting.name for setting in found] == [
        f"{title}, 1500 steps, batch_size 7",
        f"{title}, 1500 steps, batch_size 8",
        f"{title}, 7 steps",
    ]


def test_files_are_named_without_their_folder(made):
    one = made.record("erm", 0, dataset="/home/someone/sets/blobs.npz")
    setting = setting_of([one])
    assert setting.name.startswith("blobs.npz, ")
    assert setting.scale == "minutes"


@pytest.mark.parametrize(
    ("dataset", "architecture", "scale"),
    [
        ("digits", "wide_resnet_10_1", "minutes"),
        ("openml:61", "mlp_128_128", "minutes"),
        ("cifar10", "wide_resnet_10_1", "hours"),
        ("svhn_cropped", "mlp_8", "hours"),
        ("cifar100", "wide_resnet_28_10", "GPU"),
        ("cifar10", "preact_resnet_18", "GPU"),
    ],
)
def test_scales(made, dataset, architecture, scale):
    one = made.record("erm", 0, dataset=dataset, architecture=architecture)
    assert setting_of([one]).scale == scale


def test_selecting(made):
    setting = setting_of(
        [
            *made.arm("mixup"),
            *made.arm("mixup", dropout=0.5),
            *made.arm("mixup", label_smoothing=0.1),
            *made.arm("mixup", num_labels=20),
        ]
    )
    assert len(setting.select("mixup")) == 2
    assert len(setting.select("mixup", num_labels=None)) == 1
    assert len(setting.select("mixup", is_unregularised=False)) == 2
    assert setting.select("erm") == []


def test_the_counterpart(made):
    setting = setting_of(
        [
            *made.arm("erm"),
            *made.arm("erm", num_labels=20),
            *made.arm("erm", label_noise=0.5),
            *made.arm("erm", dropout=0.5),
            *made.arm("mixup", alpha=0.5),
            *made.arm("mixup", alpha=2.0),
            *made.arm("mixup", alpha=2.0, mix_labels=False),
            *made.arm("mixup", alpha=2.0, num_points=3),
            *made.arm("mixup", alpha=2.0, mean_dominant_weight=0.7),
            *made.arm("ict", alpha=2.0),
            *made.arm("ict", alpha=4.0, num_labels=20),
            *made.arm("ict", alpha=4.0, num_labels=100),
        ]
    )
    all_labels, few, other = setting.select("ict", num_labels=None) + [
        arm for arm in setting.select("ict") if arm.num_labels
    ]
    erm = setting.counterpart(all_labels, "erm")
    assert (erm.num_labels, erm.label_noise, erm.is_unregularised) == (None, 0.0, True)
    mixup = setting.counterpart(all_labels, "mixup")
    assert (mixup.alpha, mixup.num_points, mixup.mixes_labels) == (2.0, 2, True)
    assert mixup.strength is None
    assert setting.counterpart(few, "erm").num_labels == 20
    # Neither of the alphas, and not at these labels.
    assert setting.counterpart(few, "mixup") is None
    assert setting.counterpart(other, "erm") is None


def test_of_several_the_likest_is_the_counterpart(made):
    setting = setting_of(
        [
            *made.arm("mixup", per_example=False),
            *made.arm("mixup"),
            *made.arm("mixup", dominant_first=True),
            *made.arm("mixupe", dominant_first=True),
            *made.arm("mixupe", per_example=False),
        ]
    )
    for arm in setting.select("mixupe"):
        mixup = setting.counterpart(arm, "mixup")
        for name in ("dominant_first", "per_example"):
            assert mixup.settings[name] == arm.settings[name]


def test_of_equally_like_arms_the_one_with_more_shared_seeds_counts(made):
    for few, many in (
        ({"per_example": False}, {"dominant_first": True}),
        ({"dominant_first": True}, {"per_example": False}),
    ):
        setting = setting_of(
            [
                *made.arm("mixup", seeds=range(2), **few),
                *made.arm("mixup", seeds=range(10), **many),
                *made.arm("mixupe", seeds=range(10)),
            ]
        )
        (arm,) = setting.select("mixupe")
        assert len(setting.counterpart(arm, "mixup").records) == 10


def test_families_differ_in_points_alone(made):
    setting = setting_of(
        [
            *made.arm("ict", num_points=2),
            *made.arm("ict", num_points=4),
            *made.arm("ict", num_points=2, num_labels=20),
            *made.arm("ict", num_points=4, target="logits"),
            *made.arm("ict", num_points=4, mean_dominant_weight=0.7),
        ]
    )
    found = [[arm.num_points for arm in group] for group in setting.families("ict")]
    assert sorted(found) == [[2], [2, 4], [4]]
