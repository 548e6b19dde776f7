"""The options of an experiment and what is refused."""

import dataclasses

import pytest

from keras_mixup.calibration import mean_dominant_weight
from trainers.backend import default_backend
from trainers.errors import UsageError
from trainers.run.experiment import Experiment


def test_defaults_are_valid():
    experiment = Experiment()
    assert experiment.method == "ict"
    assert experiment.uses_unlabeled
    assert not Experiment(method="mixup").uses_unlabeled


def test_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Experiment().alpha = 1.0


def test_names_tell_runs_apart():
    assert Experiment(num_labels=50).name == "digits-50_ict2_seed0"
    erm = Experiment(method="erm", dataset="/data/mine.npz", seed=3)
    assert erm.name == "mine-all_erm_seed3"
    folder = Experiment(dataset="/data/pets/", method="erm")
    assert folder.name == "pets-all_erm_seed0"


def test_methods_without_points_leave_them_out_of_the_name():
    name = Experiment(method="mean_teacher", num_labels=50).name
    assert name == "digits-50_mean_teacher_seed0"
    assert "mixmatch3" in Experiment(method="mixmatch", num_points=3).name


def test_strength_in_place_of_alpha():
    assert Experiment(alpha=0.3).concentration == 0.3
    strength = mean_dominant_weight(0.5, 2)
    two = Experiment(alpha=9.0, mean_dominant_weight=strength)
    assert two.concentration == pytest.approx(0.5, rel=1e-6)
    four = Experiment(mean_dominant_weight=strength, num_points=4)
    assert mean_dominant_weight(four.concentration, 4) == pytest.approx(strength)
    # It mixes two points, whatever their number is elsewhere.
    approximate = Experiment(
        method="approximate_mixup", mean_dominant_weight=strength, num_points=4
    )
    assert approximate.concentration == two.concentration


def test_views_by_method():
    assert Experiment().views == 1
    assert Experiment(method="mixmatch").views == 2
    assert Experiment(method="mean_teacher").views == 2
    assert Experiment(num_views=2).views == 2


def test_each_run_has_a_folder_of_its_own():
    assert Experiment(num_labels=50).folder == "runs/digits-50_ict2_seed0"
    assert Experiment(num_labels=50, num_points=4).folder != "runs/digits-50_ict2_seed0"
    assert Experiment(workdir="mine").folder == "mine"


def test_backend_follows_the_environment(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert default_backend() == "jax"
    assert Experiment().backend == "jax"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.0}, "--alpha must be greater than 0; received 0.0"),
        ({"alpha": -1.0}, "--alpha must be greater than 0"),
        ({"alpha": float("nan")}, "--alpha must be finite; received nan"),
        ({"num_points": 0}, "--num_points must be at least 1; received 0"),
        ({"num_points": 1}, "--num_points must be at least 2 for --method=ict"),
        ({"num_points": 51}, "51 points and a batch of 50"),
        ({"num_points": 51, "method": "mixup"}, "--num_points must be at most --batch"),
        ({"supervised_num_points": 51}, "--supervised_num_points must be at most"),
        ({"consistency_weight": -1.0}, "--consistency_weight must be at least 0"),
        ({"weight_decay": -1.0}, "--weight_decay must be at least 0"),
        ({"learning_rate": 0.0}, "--learning_rate must be greater than 0"),
        ({"teacher_decay": 1.0}, "--teacher_decay must be less than 1"),
        ({"stop_gradient": False}, "needs --teacher_decay=none"),
        ({"ramp_fraction": 1.5}, "--ramp_fraction must be at most 1"),
        ({"dropout": 1.0}, "--dropout must be less than 1"),
        ({"steps": 0}, "--steps must be at least 1"),
        ({"batch_size": 0}, "--batch_size must be at least 1"),
        ({"num_labels": 0}, "--num_labels must be at least 1"),
        ({"linearity_points": 1}, "--linearity_points must be 0, or at least 2"),
        ({"seed": -1}, "--seed must be at least 0"),
        (
            {"method": "mixmax"},
            "--method must be one of erm, mixup, mixupe, .*mixmatch",
        ),
        (
            {"num_points": 51, "method": "mixupe"},
            "--num_points must be at most --batch",
        ),
        ({"mean_dominant_weight": 1.0}, "--mean_dominant_weight must be less than 1"),
        (
            {"method": "mixup", "num_points": 1, "mean_dominant_weight": 0.8},
            "--mean_dominant_weight is of mixtures: .* received 1",
        ),
        (
            {"method": "approximate_mixup", "batch_size": 1},
            "--batch_size must be at least 2 for --method=approximate_mixup",
        ),
        ({"mean_dominant_weight": 0.5}, "must be greater than 1/2.* received 0.5"),
        (
            {"method": "mixupe", "mix_labels": False},
            "--mix_labels=false is for --method=mixup alone; .*--method=mixupe",
        ),
        (
            {"method": "ict", "supervised_num_points": 2, "mix_labels": False},
            "--mix_labels=false is for --method=mixup alone; .*--method=ict",
        ),
        ({"eta": -1.0}, "--eta must be at least 0"),
        ({"variant": "both"}, "--variant must be one of absolute, signed"),
        ({"num_samples": 0}, "--num_samples must be at least 1"),
        ({"temperature": 0.0}, "--temperature must be greater than 0"),
        ({"num_views": 3}, "--num_views must be 1 or 2 for --method=ict"),
        (
            {"method": "mean_teacher", "teacher_decay": None},
            "--method=mean_teacher needs a --teacher_decay above 0; received none",
        ),
        ({"label_noise": 1.5}, "--label_noise must be at most 1"),
        ({"label_smoothing": 1.0}, "--label_smoothing must be less than 1"),
        ({"standardize": "no"}, "--standardize must be one of auto, true, false"),
        ({"architecture": "vgg"}, "Examples: wide_resnet_28_2, mlp_128_128"),
        ({"architecture": "wide_resnet_28"}, "--architecture must be"),
        ({"architecture": "wide_resnet_27_2"}, "must be 6n \\+ 4 .* received 27"),
        ({"architecture": "wide_resnet_4_2"}, "must be 6n \\+ 4 .* received 4"),
        ({"architecture": "wide_resnet_28_0"}, "width .* at least 1; received 0"),
        ({"architecture": "mlp_0"}, "--architecture must be"),
        ({"architecture": "mlp_8_group_norm"}, "--architecture must be"),
        ({"architecture": "preact_resnet_34"}, "preact_resnet_18, _50 or _101"),
        (
            {
                "strategy": "mirrored",
                "backend": "tensorflow",
                "method": "approximate_mixup",
            },
            "--method=approximate_mixup trains on one device only",
        ),
        (
            {"strategy": "mirrored", "backend": "jax"},
            "--strategy=mirrored needs --backend=tensorflow",
        ),
        (
            {"strategy": "mirrored", "backend": "tensorflow", "jit_compile": "true"},
            "--jit_compile=true and --strategy=mirrored do not work together",
        ),
        (
            {"steps_per_execution": 4, "backend": "torch"},
            "--steps_per_execution must be 1 with --backend=torch, .*received 4",
        ),
        (
            {"jit_compile": "true", "backend": "torch"},
            "--jit_compile=true is not for --backend=torch",
        ),
        (
            {"steps": 30, "steps_per_execution": 4, "linearity_points": 0},
            "--steps_per_execution must divide --steps, .*received 4 and 30",
        ),
        (
            {"steps": 30, "evaluate_every": 15, "steps_per_execution": 10},
            "--steps_per_execution must divide --evaluate_every, .*received 10 and 15",
        ),
        (
            {"steps": 30, "evaluate_every": 10, "steps_per_execution": 10},
            "--steps_per_execution must be 1 where linearity is measured",
        ),
        (
            {"initial_weights": "pytorch", "architecture": "wide_resnet_10_1"},
            "--initial_weights=pytorch is for --architecture=mlp_UNITS... or linear",
        ),
    ],
)
def test_refused(options, message):
    with pytest.raises(UsageError, match=message) as error:
        Experiment(**options)
    assert "\n" not in str(error.value)


def test_points_of_plain_training_are_not_mixed():
    assert Experiment(method="erm", num_points=1, batch_size=1)
    assert Experiment(method="erm", num_points=99, batch_size=1)
