"""The checks of an experiment's options: each failure is one line."""

import re

from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.run.methods import METHODS


def check(experiment):
    """Raises `UsageError` for an option, or a pair of them, that makes no sense."""
    check_fields(experiment)
    check_architecture(experiment.architecture)
    _check_points(experiment)
    _check_strength(experiment)
    _check_teacher(experiment)
    _check_views(experiment)
    _check_labels(experiment)
    if experiment.linearity_points == 1:
        raise UsageError(
            "--linearity_points must be 0, or at least 2 since both ends of the run "
            "are among them; received 1."
        )
    _check_steps_per_execution(experiment)
    _check_network(experiment)
    _check_strategy(experiment)


def check_architecture(name):
    """Raises `UsageError` for a name that stands for no network."""
    wide = re.fullmatch(r"wide_resnet_(\d+)_(\d+)(_group_norm)?", name)
    others = r"linear|mlp(_[1-9]\d*)*|preact_resnet_(18|50|101)"
    if not wide and not re.fullmatch(others, name):
        raise UsageError(
            "--architecture must be wide_resnet_DEPTH_WIDTH, preact_resnet_18, _50 or "
            f"_101, mlp_UNITS_UNITS... or linear; received {name!r}. Examples: "
            "wide_resnet_28_2, mlp_128_128."
        )
    if wide and (int(wide[1]) < 10 or int(wide[1]) % 6 != 4):
        raise UsageError(
            "The depth of a wide residual network must be 6n + 4 (10, 16, 22, 28, "
            f"...); received {wide[1]} in --architecture={name}."
        )
    if wide and int(wide[2]) < 1:
        raise UsageError(
            "The width of a wide residual network must be at least 1; received "
            f"{wide[2]} in --architecture={name}."
        )


def _check_points(experiment):
    method = METHODS[experiment.method]
    batch = {"batch_size": experiment.batch_size}
    if experiment.method in ("ict", "mean_teacher"):
        _check_fits("supervised_num_points", experiment, batch)
    if experiment.method == "approximate_mixup" and experiment.batch_size < 2:
        raise UsageError(
            "--batch_size must be at least 2 for --method=approximate_mixup, which "
            f"expands mixtures of two; received {experiment.batch_size}."
        )
    if not method.takes_points:
        return
    if experiment.num_points < method.min_points:
        raise UsageError(
            f"--num_points must be at least {method.min_points} for --method="
            f"{experiment.method}: one example has nothing to be consistent with; "
            f"received {experiment.num_points}."
        )
    if experiment.method == "ict":
        unlabeled = experiment.unlabeled_batch_size or experiment.batch_size
        _check_fits("num_points", experiment, {"unlabeled_batch_size": unlabeled})
    else:
        _check_fits("num_points", experiment, batch)


def _check_strength(experiment):
    strength = experiment.mean_dominant_weight
    num_points = experiment.num_points if experiment.takes_points else 2
    if strength is not None and num_points == 1:
        raise UsageError(
            "--mean_dominant_weight is of mixtures: it needs --num_points of 2 or "
            "more; received 1."
        )
    if strength is not None and strength * num_points <= 1:
        raise UsageError(
            f"--mean_dominant_weight must be greater than 1/{num_points}, the weight "
            f"of each of {num_points} equal points; received {strength}."
        )


def _check_views(experiment):
    if experiment.method in ("ict", "mean_teacher") and experiment.views > 2:
        raise UsageError(
            "--num_views must be 1 or 2 for --method="
            f"{experiment.method}: one for the network and one for its target; "
            f"received {experiment.views}."
        )
    if experiment.method == "mean_teacher" and not experiment.teacher_decay:
        raise UsageError(
            "--method=mean_teacher needs a --teacher_decay above 0; received "
            f"{experiment.teacher_decay or 'none'}."
        )


def _check_labels(experiment):
    # Plain training has none to mix.
    if experiment.method not in ("mixup", "erm") and not experiment.mix_labels:
        raise UsageError(
            "--mix_labels=false is for --method=mixup alone; received "
            f"--method={experiment.method}, which would mix them."
        )


def _check_fits(points, experiment, batches):
    for name, size in batches.items():
        if getattr(experiment, points) > size:
            raise UsageError(
                f"--{points} must be at most --{name}, since the points are mixed "
                f"within a batch; received {getattr(experiment, points)} points and "
                f"a batch of {size}."
            )


def _check_teacher(experiment):
    if experiment.teacher_decay and not experiment.stop_gradient:
        raise UsageError(
            "--stop_gradient=false needs --teacher_decay=none, since no gradient flows "
            "into averaged weights; received "
            f"--teacher_decay={experiment.teacher_decay}."
        )


def _check_steps_per_execution(experiment):
    number = experiment.steps_per_execution
    if number == 1:
        return
    for name in ("steps", "evaluate_every"):
        if getattr(experiment, name) % number:
            raise UsageError(
                f"--steps_per_execution must divide --{name}, which is looked at after "
                f"whole executions; received {number} and {getattr(experiment, name)}."
            )
    if experiment.linearity_points:
        raise UsageError(
            "--steps_per_execution must be 1 where linearity is measured between the "
            f"steps; received {number}. Choose 1 or --linearity_points=0."
        )


def _check_network(experiment):
    plain = experiment.architecture.startswith(("mlp", "linear"))
    if experiment.initial_weights == "pytorch" and not plain:
        raise UsageError(
            "--initial_weights=pytorch is for --architecture=mlp_UNITS... or linear; "
            f"received {experiment.architecture}. Leave --initial_weights out."
        )


def _check_strategy(experiment):
    if experiment.strategy == "none":
        return
    if experiment.backend != "tensorflow":
        raise UsageError(
            f"--strategy={experiment.strategy} needs --backend=tensorflow; received "
            f"--backend={experiment.backend}."
        )
    if experiment.method == "approximate_mixup":
        raise UsageError(
            "--method=approximate_mixup trains on one device only; leave --strategy="
            f"{experiment.strategy} out."
        )
    if experiment.jit_compile == "true":
        raise UsageError(
            f"--jit_compile=true and --strategy={experiment.strategy} do not work "
            "together in Keras; leave one of them out."
        )
