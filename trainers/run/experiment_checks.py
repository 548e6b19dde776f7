"""The checks of an experiment's options: each failure is one line."""

import re

from trainers import backend
from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.run import own_networks
from trainers.run.membership import membership_of
from trainers.run.method_lookup import imports_modules
from trainers.run.methods import METHODS


def check(experiment):
    """Raises `UsageError` for an option, or a pair of them, that makes no sense."""
    check_fields(experiment)
    check_architecture(experiment.architecture, experiment.backend)
    if imports_modules(experiment.method):
        # The user's module imports Keras, which then has its backend.
        backend.start(experiment.backend)
    if experiment.linearity_points == 1:
        raise UsageError(
            "--linearity_points must be 0, or at least 2 since both ends of the run "
            "are among them; received 1."
        )
    if experiment.linearity_num_points > experiment.linearity_examples:
        raise UsageError(
            "--linearity_num_points must be at most --linearity_examples, which are "
            f"mixed; received {experiment.linearity_num_points} and "
            f"{experiment.linearity_examples}."
        )
    _check_learning_rate_steps(experiment)
    _check_steps_per_execution(experiment)
    _check_jit_compile(experiment)
    _check_network(experiment)
    _check_strategy(experiment)
    if experiment.row.build is None:
        # A finished run, whose row is not at hand, was checked when it was trained.
        return
    _check_points(experiment)
    _check_strength(experiment)
    _check_labels(experiment)
    experiment.row.check(experiment)


def check_architecture(name, backend_name):
    """Raises `UsageError` for a name that stands for no network."""
    if own_networks.imports_module(name):
        # The user's module imports Keras, which then has its backend.
        backend.start(backend_name)
        own_networks.function_named(name)
    if own_networks.is_own(name):
        return
    wide = re.fullmatch(
        r"wide_resnet_(\d+)_(\d+)(_group_norm|_mixmatch|_mixupe)?", name
    )
    others = r"linear|mlp(_[1-9]\d*)*|preact_resnet_(18|50|101)"
    if not wide and not re.fullmatch(others, name):
        raise UsageError(
            "--architecture must be wide_resnet_DEPTH_WIDTH, preact_resnet_18, _50 or "
            "_101, mlp_UNITS_UNITS..., linear, MODULE:FUNCTION or the path of a .keras "
            f"file; received {name!r}. Examples: wide_resnet_28_2, mlp_128_128."
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
    row = experiment.row
    if row.uses("supervised_num_points"):
        _check_fits("supervised_num_points", experiment, "batch_size")
    if not row.takes_points:
        return
    if experiment.num_points < row.min_points:
        raise UsageError(
            f"--num_points must be at least {row.min_points} for --method="
            f"{experiment.method}: one example has nothing to be consistent with; "
            f"received {experiment.num_points}."
        )
    only_unlabeled = row.mixes == ("unlabeled",) and experiment.unlabeled_batch_size
    size = "unlabeled_batch_size" if only_unlabeled else "batch_size"
    _check_fits("num_points", experiment, size)


def _check_strength(experiment):
    strength = experiment.mean_dominant_weight
    num_points = experiment.strength_points
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


def _check_labels(experiment):
    # Plain training has none to mix.
    if experiment.mix_labels or experiment.row.is_plain:
        return
    if not experiment.row.uses("mix_labels"):
        able = [name for name, row in METHODS.items() if row.uses("mix_labels")]
        raise UsageError(
            f"--mix_labels=false is for --method={', '.join(able)} alone; received "
            f"--method={experiment.method}, which would mix them."
        )


def _check_fits(points, experiment, size):
    number, batch = getattr(experiment, points), getattr(experiment, size)
    if number > batch:
        raise UsageError(
            f"--{points} must be at most --{size}, since the points are mixed within a "
            f"batch; received {number} points and a batch of {batch}."
        )


def _check_learning_rate_steps(experiment):
    steps = experiment.learning_rate_steps
    text = ",".join(map(str, steps))
    if list(steps) != sorted(set(steps)):
        raise UsageError(
            f"--learning_rate_steps must be in rising order; received {text}."
        )
    if steps and experiment.learning_rate_schedule != "constant":
        raise UsageError(
            "--learning_rate_steps needs --learning_rate_schedule=constant; received "
            f"{text} and {experiment.learning_rate_schedule}. Leave one of them out."
        )


def _check_steps_per_execution(experiment):
    number = experiment.steps_per_execution
    if number == 1:
        return
    if experiment.backend == "torch":
        raise UsageError(
            f"--steps_per_execution must be 1 with --backend=torch, where Keras takes "
            f"one step at a time; received {number}."
        )
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
    weights, name = experiment.initial_weights, experiment.architecture
    own = own_networks.is_own(name)
    fits = {
        "keras": True,
        "pytorch": name.startswith(("mlp", "linear")) and not own,
        "saved": own_networks.is_saved(name),
    }
    if not fits[weights]:
        networks = {"pytorch": "mlp_UNITS... or linear", "saved": "PATH.keras"}
        raise UsageError(
            f"--initial_weights={weights} is for --architecture={networks[weights]}; "
            f"received {name}. Leave --initial_weights out."
        )


def _check_jit_compile(experiment):
    if experiment.jit_compile == "true" and experiment.backend == "torch":
        raise UsageError(
            "--jit_compile=true is not for --backend=torch, where a step of Keras "
            "breaks into parts that take minutes to compile; leave it out."
        )


def _check_strategy(experiment):
    for name in ("coordinator", "num_processes", "process_id"):
        value = getattr(experiment, name)
        if value is not None and experiment.strategy != "data_parallel":
            raise UsageError(
                f"--{name} is of --strategy=data_parallel; received --{name}={value} "
                f"and --strategy={experiment.strategy}."
            )
    if experiment.strategy == "none":
        return
    needed = {"mirrored": "tensorflow", "data_parallel": "jax"}[experiment.strategy]
    if experiment.backend != needed:
        raise UsageError(
            f"--strategy={experiment.strategy} needs --backend={needed}; received "
            f"--backend={experiment.backend}."
        )
    if experiment.strategy == "data_parallel":
        membership_of(experiment)
        return
    if experiment.jit_compile == "true":
        raise UsageError(
            f"--jit_compile=true and --strategy={experiment.strategy} do not work "
            "together in Keras; leave one of them out."
        )
