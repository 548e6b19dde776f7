"""The checks of an experiment's options: each failure is one line."""

import dataclasses
import math
import re

from trainers.errors import UsageError


def check(experiment):
    """Raises `UsageError` for an option, or a pair of them, that makes no sense."""
    check_fields(experiment)
    check_architecture(experiment.architecture)
    _check_points(experiment)
    _check_teacher(experiment)
    if experiment.linearity_points == 1:
        raise UsageError(
            "--linearity_points must be 0, or at least 2 since both ends of the run "
            "are among them; received 1."
        )
    _check_strategy(experiment)


def check_fields(options):
    """Raises `UsageError` for an option that is outside its declared bounds."""
    for field in dataclasses.fields(options):
        _check_field(field, getattr(options, field.name))


def _check_field(field, value):
    if value is None:
        return
    choices = field.metadata["choices"]
    if choices and value not in choices:
        raise UsageError(
            f"--{field.name} must be one of {', '.join(choices)}; received {value!r}."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"--{field.name} must be finite; received {value}.")
    for kind, (holds, words) in _BOUNDS.items():
        bound = field.metadata.get(kind)
        if bound is not None and not holds(value, bound):
            raise UsageError(
                f"--{field.name} must be {words} {bound}; received {value}."
            )


_BOUNDS = {
    "low": (lambda value, bound: value >= bound, "at least"),
    "above": (lambda value, bound: value > bound, "greater than"),
    "high": (lambda value, bound: value <= bound, "at most"),
    "below": (lambda value, bound: value < bound, "less than"),
}


def check_architecture(name):
    """Raises `UsageError` for a name that stands for no network."""
    wide = re.fullmatch(r"wide_resnet_(\d+)_(\d+)", name)
    if not wide and not re.fullmatch(r"mlp(_[1-9]\d*)*", name):
        raise UsageError(
            "--architecture must be wide_resnet_DEPTH_WIDTH or mlp_UNITS_UNITS...; "
            f"received {name!r}. Examples: wide_resnet_28_2, mlp_128_128."
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
    batches = {"batch_size": experiment.batch_size}
    if experiment.method == "ict":
        if experiment.num_points < 2:
            raise UsageError(
                "--num_points must be at least 2 for --method=ict: one example has "
                f"nothing to be consistent with; received {experiment.num_points}."
            )
        unlabeled = experiment.unlabeled_batch_size or experiment.batch_size
        _check_fits("num_points", experiment, {"unlabeled_batch_size": unlabeled})
        _check_fits("supervised_num_points", experiment, batches)
    if experiment.method == "mixup":
        _check_fits("num_points", experiment, batches)


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


def _check_strategy(experiment):
    if experiment.strategy == "none":
        return
    if experiment.backend != "tensorflow":
        raise UsageError(
            f"--strategy={experiment.strategy} needs --backend=tensorflow; received "
            f"--backend={experiment.backend}."
        )
    if experiment.jit_compile == "true":
        raise UsageError(
            f"--jit_compile=true and --strategy={experiment.strategy} do not work "
            "together in Keras; leave one of them out."
        )
