"""What can be compared, and with what."""

import pytest

from trainers.claims.settings import benches


def bench_of(records):
    (bench,) = benches(records)
    return bench


def methods(lines):
    return [line.method for line in lines]


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
    ],
)
def test_what_was_trained_in_another_way_is_not_compared(made, other):
    found = benches([*made.line("erm"), *made.line("mixup", **other)])
    assert [methods(bench.lines) for bench in found] in (
        [["erm"], ["mixup"]],
        [["mixup"], ["erm"]],
    )
    assert len({bench.name for bench in found}) == 2
    for bench in found:
        assert bench.beside(bench.lines[0], "erm") in (bench.lines[0], None)


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
        {"unlabeled_includes_labeled": False},
    ],
)
def test_what_changes_no_training_is_compared(made, other):
    bench = bench_of([*made.line("erm"), *made.line("mixup", **other)])
    assert methods(bench.lines) == ["erm", "mixup"]


def test_what_shall_be_shared_sets_apart(made):
    records = [*made.line("erm"), *made.line("mixup", linearity_examples=64)]
    found = benches(records, also=("linearity_examples",))
    assert [len(bench.lines) for bench in found] == [1, 1]
    assert {bench.name.split(", ")[-1] for bench in found} == {
        "linearity_examples 512",
        "linearity_examples 64",
    }


def test_names_say_what_sets_them_apart(made):
    found = benches(
        [
            made.record("erm", 0, batch_size=7),
            made.record("erm", 0, batch_size=8),
            made.record("erm", 0, steps=7),
        ]
    )
    title = "digits, wide_resnet_10_1"
    assert [bench.name for bench in found] == [
        f"{title}, 1500 steps, batch_size 7",
        f"{title}, 1500 steps, batch_size 8",
        f"{title}, 7 steps",
    ]


def test_files_are_named_without_their_folder(made):
    one = made.record("erm", 0, dataset="/home/someone/sets/blobs.npz")
    bench = bench_of([one])
    assert bench.name.startswith("blobs.npz, ")
    assert bench.scale == "S"


@pytest.mark.parametrize(
    ("dataset", "architecture", "scale"),
    [
        ("digits", "wide_resnet_10_1", "S"),
        ("openml:61", "mlp_128_128", "S"),
        ("cifar10", "wide_resnet_10_1", "C"),
        ("svhn_cropped", "mlp_8", "C"),
        ("cifar100", "wide_resnet_28_10", "G"),
        ("cifar10", "preact_resnet_18", "G"),
    ],
)
def test_scales(made, dataset, architecture, scale):
    one = made.record("erm", 0, dataset=dataset, architecture=architecture)
    assert bench_of([one]).scale == scale


def test_selecting(made):
    bench = bench_of(
        [
            *made.line("mixup"),
            *made.line("mixup", dropout=0.5),
            *made.line("mixup", label_smoothing=0.1),
            *made.line("mixup", num_labels=20),
        ]
    )
    assert len(bench.select("mixup")) == 2
    assert len(bench.select("mixup", num_labels=None)) == 1
    assert len(bench.select("mixup", is_unregularised=False)) == 2
    assert bench.select("erm") == []


def test_the_line_beside(made):
    bench = bench_of(
        [
            *made.line("erm"),
            *made.line("erm", num_labels=20),
            *made.line("erm", label_noise=0.5),
            *made.line("erm", dropout=0.5),
            *made.line("mixup", alpha=0.5),
            *made.line("mixup", alpha=2.0),
            *made.line("mixup", alpha=2.0, mix_labels=False),
            *made.line("mixup", alpha=2.0, num_points=3),
            *made.line("mixup", alpha=2.0, mean_dominant_weight=0.7),
            *made.line("ict", alpha=2.0),
            *made.line("ict", alpha=4.0, num_labels=20),
            *made.line("ict", alpha=4.0, num_labels=100),
        ]
    )
    all_labels, few, other = bench.select("ict", num_labels=None) + [
        line for line in bench.select("ict") if line.num_labels
    ]
    erm = bench.beside(all_labels, "erm")
    assert (erm.num_labels, erm.label_noise, erm.is_unregularised) == (None, 0.0, True)
    mixup = bench.beside(all_labels, "mixup")
    assert (mixup.alpha, mixup.num_points, mixup.mixes_labels) == (2.0, 2, True)
    assert mixup.strength is None
    assert bench.beside(few, "erm").num_labels == 20
    # Neither of the alphas, and not at these labels.
    assert bench.beside(few, "mixup") is None
    assert bench.beside(other, "erm") is None


def test_of_several_the_likest_is_beside(made):
    bench = bench_of(
        [
            *made.line("mixup", per_example=False),
            *made.line("mixup"),
            *made.line("mixup", symmetrize=True),
            *made.line("mixupe", symmetrize=True),
            *made.line("mixupe", per_example=False),
        ]
    )
    for line in bench.select("mixupe"):
        mixup = bench.beside(line, "mixup")
        for name in ("symmetrize", "per_example"):
            assert mixup.settings[name] == line.settings[name]


def test_families_differ_in_points_alone(made):
    bench = bench_of(
        [
            *made.line("ict", num_points=2),
            *made.line("ict", num_points=4),
            *made.line("ict", num_points=2, num_labels=20),
            *made.line("ict", num_points=4, target="logits"),
            *made.line("ict", num_points=4, mean_dominant_weight=0.7),
        ]
    )
    found = [[line.num_points for line in group] for group in bench.families("ict")]
    assert sorted(found) == [[2], [2, 4], [4]]
