"""The training methods by name. A new method is one more row of `METHODS`."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Method:
    """A training method.

    Args:
        summary: what `--help` says of it.
        build: function of an experiment and a network that returns the model to fit.
        uses_unlabeled: whether its batches hold unlabelled examples.
        num_views: how many augmentations of each unlabelled example, by default.
        takes_points: whether it mixes any number of points.
        min_points: the fewest points it takes.
    """

    summary: str
    build: Callable
    uses_unlabeled: bool = False
    num_views: int = 1
    takes_points: bool = True
    min_points: int = 1


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
    }


METHODS = {
    "erm": Method(
        "plain training on the labelled examples", _build_erm, takes_points=False
    ),
    "mixup": Method("training on mixed labelled examples", _build_mixup),
    "mixupe": Method(
        "mixup with a regulariser on directional derivatives", _build_mixupe
    ),
    "manifold_mixup": Method(
        "mixup of the activations of a random layer", _build_manifold_mixup
    ),
    "approximate_mixup": Method(
        "the second-order expansion of mixup",
        _build_approximate_mixup,
        takes_points=False,
    ),
    "ict": Method(
        "interpolation consistency training, on unlabelled examples too",
        _build_ict,
        uses_unlabeled=True,
        min_points=2,
    ),
    "mean_teacher": Method(
        "consistency with averaged weights on two views, without mixing",
        _build_mean_teacher,
        uses_unlabeled=True,
        num_views=2,
        takes_points=False,
    ),
    "mixmatch": Method(
        "guessed labels, and mixtures of labelled and unlabelled examples",
        _build_mixmatch,
        uses_unlabeled=True,
        num_views=2,
    ),
}
