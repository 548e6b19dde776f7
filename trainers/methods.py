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
    """

    summary: str
    build: Callable
    uses_unlabeled: bool = False


def _build_erm(experiment, network):
    from keras_mixup.models import MixupModel

    return MixupModel(network, num_points=1, seed=experiment.seed)


def _build_mixup(experiment, network):
    from keras_mixup.models import MixupModel

    return MixupModel(network, **_mixing(experiment))


def _build_ict(experiment, network):
    from keras_mixup.models import ICTModel
    from trainers.schedules import consistency_weight

    return ICTModel(
        network,
        consistency_weight=consistency_weight(experiment),
        target=experiment.target,
        # A teacher that keeps nothing of the past is the network itself.
        teacher_decay=experiment.teacher_decay or None,
        stop_gradient=experiment.stop_gradient,
        distance=experiment.distance,
        supervised_num_points=experiment.supervised_num_points,
        **_mixing(experiment),
    )


def _mixing(experiment):
    return {
        "num_points": experiment.num_points,
        "alpha": experiment.alpha,
        "per_example": experiment.per_example,
        "symmetrize": experiment.symmetrize,
        "seed": experiment.seed,
    }


METHODS = {
    "erm": Method("plain training on the labelled examples", _build_erm),
    "mixup": Method("training on mixed labelled examples", _build_mixup),
    "ict": Method(
        "interpolation consistency training, on unlabelled examples too",
        _build_ict,
        uses_unlabeled=True,
    ),
}
