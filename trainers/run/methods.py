"""The training methods by name. A new method is one more row of `METHODS`.

An option of its own is one more field in `trainers.run.method_options`.
"""

from trainers.errors import UsageError
from trainers.run.method import STRENGTH, Method


def _build_erm(experiment, network):
    from keras_mixup.models import MixupModel

    return MixupModel(network, num_points=1, seed=experiment.seed)


def _build_mixup(experiment, network):
    from keras_mixup.models import MixupModel

    return MixupModel(network, mix_labels=experiment.mix_labels, **_mixing(experiment))


def _build_mixupe(experiment, network):
    from keras_mixup.models import MixupEModel

    return MixupEModel(
        network,
        eta=experiment.eta,
        variant=experiment.variant,
        threshold=experiment.threshold,
        **_mixing(experiment),
    )


def _build_manifold_mixup(experiment, network):
    from keras_mixup.models import ManifoldMixupModel

    layers = list(experiment.mixing_layers) or None
    return ManifoldMixupModel(network, layers, **_mixing(experiment))


def _build_approximate_mixup(experiment, network):
    from keras_mixup.models import ApproximateMixupModel

    return ApproximateMixupModel(
        network,
        alpha=experiment.concentration,
        num_samples=experiment.num_samples,
        seed=experiment.seed,
    )


def _build_ict(experiment, network, **changes):
    from keras_mixup.models import ICTModel

    settings = {
        "target": experiment.target,
        "stop_gradient": experiment.stop_gradient,
        "distance": experiment.distance,
        "supervised_num_points": experiment.supervised_num_points,
        **_consistency(experiment),
        **_mixing(experiment),
    }
    return ICTModel(network, **{**settings, **changes})


def _build_mean_teacher(experiment, network):
    return _build_ict(experiment, network, num_points=1)


def _build_mixmatch(experiment, network):
    from keras_mixup.models import MixMatchModel

    return MixMatchModel(
        network,
        num_points=experiment.num_points,
        alpha=experiment.concentration,
        temperature=experiment.temperature,
        seed=experiment.seed,
        **_consistency(experiment),
    )


def _mixing(experiment):
    return {
        "num_points": experiment.num_points,
        "alpha": experiment.concentration,
        "per_example": experiment.per_example,
        "dominant_first": experiment.dominant_first,
        "seed": experiment.seed,
    }


def _consistency(experiment):
    from trainers.run.learning_rates import consistency_weight

    return {
        "consistency_weight": consistency_weight(experiment),
        # The schedule is the ramp.
        "ramp": None,
        # A teacher that keeps nothing of the past is the network itself.
        "teacher_decay": experiment.teacher_decay or None,
        "num_views": experiment.views,
        "teacher_statistics": experiment.teacher_statistics,
    }


def _check_ict(experiment):
    _check_views(experiment)
    if experiment.teacher_decay and not experiment.stop_gradient:
        raise UsageError(
            "--stop_gradient=false needs --teacher_decay=none, since no gradient flows "
            "into averaged weights; received "
            f"--teacher_decay={experiment.teacher_decay}."
        )


def _check_mean_teacher(experiment):
    _check_ict(experiment)
    if not experiment.teacher_decay:
        raise UsageError(
            "--method=mean_teacher needs a --teacher_decay above 0; received "
            f"{experiment.teacher_decay or 'none'}."
        )


def _check_views(experiment):
    if experiment.views > 2:
        raise UsageError(
            f"--num_views must be 1 or 2 for --method={experiment.method}: one for the "
            f"network and one for its target; received {experiment.views}."
        )


def _check_approximate_mixup(experiment):
    if experiment.batch_size < 2:
        raise UsageError(
            "--batch_size must be at least 2 for --method=approximate_mixup, which "
            f"expands mixtures of two; received {experiment.batch_size}."
        )
    if experiment.strategy != "none":
        raise UsageError(
            "--method=approximate_mixup trains on one device only; leave --strategy="
            f"{experiment.strategy} out."
        )


_MIXING = ("num_points", *STRENGTH)
_CONSISTENCY = (
    *("unlabeled_batch_size", "unlabeled_includes_labeled", "num_views"),
    *("consistency_weight", "ramp_shape", "ramp_fraction"),
    *("teacher_decay", "teacher_statistics", "evaluated_network"),
)
_TARGET = ("target", "distance", "stop_gradient", "supervised_num_points")

# The colours are those of Okabe and Ito, Color universal design, 2008, and a wine red.
METHODS = {
    "erm": Method(
        title="Plain training",
        summary="on the labelled examples",
        build=_build_erm,
        name="ERM",
        color="#000000",
    ),
    "mixup": Method(
        title="Mixup",
        summary="training on mixed labelled examples",
        build=_build_mixup,
        name="mixup",
        color="#D55E00",
        mixes=("inputs", "labels"),
        options=(*_MIXING, "mix_labels"),
        renamed={("mix_labels", "false"): "mixup of inputs alone"},
    ),
    "mixupe": Method(
        title="MixupE",
        summary="mixup with a regulariser on directional derivatives",
        build=_build_mixupe,
        color="#E69F00",
        mixes=("inputs", "labels"),
        options=(*_MIXING, "eta", "variant", "threshold"),
    ),
    "manifold_mixup": Method(
        title="Manifold mixup",
        summary="mixup of the activations of a random layer",
        build=_build_manifold_mixup,
        name="manifold mixup",
        color="#009E73",
        mixes=("activations", "labels"),
        options=(*_MIXING, "mixing_layers"),
    ),
    "approximate_mixup": Method(
        title="Approximate mixup",
        summary="the second-order expansion of mixup",
        build=_build_approximate_mixup,
        name="approximate mixup",
        color="#CC79A7",
        mixes=("inputs", "labels"),
        options=("alpha", "mean_dominant_weight", "num_samples"),
        check=_check_approximate_mixup,
    ),
    "ict": Method(
        title="ICT",
        summary="interpolation consistency training, on unlabelled examples too",
        build=_build_ict,
        color="#0072B2",
        mixes=("unlabeled",),
        options=(*_MIXING, *_CONSISTENCY, *_TARGET),
        min_points=2,
        usual_points=None,
        check=_check_ict,
    ),
    "mean_teacher": Method(
        title="Mean teacher",
        summary="consistency with averaged weights on two views, without mixing",
        build=_build_mean_teacher,
        name="mean teacher",
        color="#56B4E9",
        options=(*STRENGTH, *_CONSISTENCY, *_TARGET),
        num_views=2,
        check=_check_mean_teacher,
    ),
    "mixmatch": Method(
        title="MixMatch",
        summary="guessed labels, and mixtures of labelled and unlabelled examples",
        build=_build_mixmatch,
        color="#882255",
        mixes=("inputs", "labels", "unlabeled"),
        options=(
            *("num_points", "alpha", "mean_dominant_weight"),
            *(*_CONSISTENCY, "temperature"),
        ),
        num_views=2,
    ),
}
