from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_mixup import mixing, random
from keras_mixup.losses import ConsistencyLoss
from keras_mixup.models.averaged_network import AveragedNetwork
from keras_mixup.models.mixing_model import MixingModel, check_one_output


@keras.saving.register_keras_serializable(package="keras_mixup")
class ICTModel(MixingModel):
    """Interpolation consistency training, ICT[K], on labelled and unlabelled examples.

    Use it when few examples have labels. The network learns the labels, and learns to
    give to a mixture of unlabelled examples the mixture of the outputs that a target
    network gives to them:

    `L = CE(f(x), y) + w(t) * D(f(Mix(u)), Mix(f_T(u)))`.

    The cost of a step does not grow with K: the targets are computed once and mixed.

    Reference: [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413), equation 2;
    for two points, [Verma et al., 2019](https://arxiv.org/abs/1903.03825), algorithm 1.
    The defaults are neither paper's: they train well without tuning. Recipes of both
    papers come with the experiments.

    The moving statistics of batch normalisation are updated once a step, by the
    labelled pass; the other passes use the statistics of their batch. Dropout draws
    another mask in each pass. The logs show `supervised_loss` (with the regularisation
    losses of the network), `consistency_loss` and `consistency_weight`.

    Args:
        network: A `keras.Model` from inputs to logits, the student.
        num_points: Integer of at least 2, the number K of unlabelled examples in a
            mixture. Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            weights. Defaults to `0.5`.
        consistency_weight: `w(t)`, a number that is not negative or a schedule of the
            step, such as `keras.optimizers.schedules.PolynomialDecay(0.0, ramp_steps,
            peak)` or `keras_mixup.schedules.ExponentialRampUp`. Its scale depends on
            `target`: logits want a smaller weight than probabilities.
            Defaults to `10.0`.
        target: What is compared, "probabilities", "logits" or
            "softmax_of_mixed_logits"; see `keras_mixup.losses.ConsistencyLoss`.
            Defaults to "probabilities".
        teacher_decay: Float from 0 to below 1, or `None`. The target network is an
            exponential moving average of the student's weights with this decay per
            step, `min(1 - 1 / (t + 1), teacher_decay)` at step t = 1, 2, ...; with
            `None` it is the student itself. Defaults to `0.99`.
        stop_gradient: Boolean. Whether the target is a constant for the gradient.
            `False` needs `teacher_decay=None`. Defaults to `True`.
        distance: "mean_squared" or "euclidean". Defaults to "mean_squared".
        per_example: Boolean. Whether weights are drawn for each example, or once for
            the batch (of the replica). Defaults to `True`.
        symmetrize: Boolean. Whether an example weighs the most in its own mixture.
            Defaults to `False`.
        supervised_num_points: Integer of at least 1: more than 1 mixes the labelled
            examples too, with the same `alpha`. Defaults to `1`.
        seed: Integer or `None`. Every draw is a function of the seed, the number of the
            training step and the replica.

    Call arguments:
        inputs: What the network takes, or the dictionary of a training batch, whose
            "labeled" part is passed on.
        training: Boolean.

    Input shape:
        In `fit`, `({"labeled": x, "unlabeled": u}, y)`, with sample weights optional:
        inputs of shapes `(labeled_batch, ...)` and `(unlabeled_batch, ...)`, labels of
        shape `(labeled_batch,)` or `(labeled_batch, num_classes)`. `evaluate` and
        `predict` take plain inputs.

    Output shape:
        That of the network, `(batch, num_classes)`.

    Raises:
        ValueError: For an argument outside its range; in `fit`, for a batch without
            unlabelled examples.

    Example:

    >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> model = keras_mixup.models.ICTModel(network, num_points=3, seed=0)
    >>> model.compile(
    ...     "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ... )
    >>> batch = {"labeled": np.ones((2, 4)), "unlabeled": np.ones((8, 4))}
    >>> logs = model.train_on_batch(batch, np.array([0, 2]), return_dict=True)
    >>> sorted(logs)
    ['consistency_loss', 'consistency_weight', 'loss', 'supervised_loss']
    """

    loss_parts = ("supervised_loss", "consistency_loss", "consistency_weight")

    def __init__(
        self,
        network: keras.Model,
        num_points: int = 2,
        alpha: float | Sequence[float] = 0.5,
        consistency_weight: Any = 10.0,
        target: str = "probabilities",
        teacher_decay: float | None = 0.99,
        stop_gradient: bool = True,
        distance: str = "mean_squared",
        per_example: bool = True,
        symmetrize: bool = False,
        supervised_num_points: int = 1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        random.standardize_alpha(alpha, num_points)
        random.check_num_points(supervised_num_points)
        if supervised_num_points > 1:
            random.standardize_alpha(alpha, supervised_num_points)
        _check_weight(consistency_weight)
        _check_teacher(teacher_decay, stop_gradient)
        if num_points < 2:
            raise ValueError(
                "`num_points` must be at least 2: one point is its own mixture, and "
                f"there is nothing to be consistent with. Received: {num_points}"
            )
        super().__init__(network, seed=seed, **kwargs)
        self.num_points = num_points
        self.alpha = random.plain_alpha(alpha)
        self.consistency_weight = consistency_weight
        self.teacher_decay = teacher_decay
        self.stop_gradient = stop_gradient
        self.per_example = per_example
        self.symmetrize = symmetrize
        self.supervised_num_points = supervised_num_points
        self.consistency_loss = ConsistencyLoss(target, distance)
        self._average = None if teacher_decay is None else AveragedNetwork(network)

    @property
    def mixes_labels(self) -> bool:
        return self.supervised_num_points > 1

    @property
    def teacher(self) -> keras.Model | None:
        """The averaged weights as a `keras.Model`, `None` where there is no average.

        It shares its weights with this model. Compile it to evaluate it.
        """
        return None if self._average is None else self._average.model

    def call(self, inputs, training=None):
        if _is_semi_supervised(inputs):
            inputs = inputs["labeled"]
        return super().call(inputs, training=training)

    def prepare_batch(self, x, y, sample_weight):
        if not _is_semi_supervised(x):
            raise ValueError(
                'Expected a batch of ({"labeled": x, "unlabeled": u}, y). Received '
                f"inputs of the structure {_structure(x)}. For training without "
                "unlabelled examples use `keras_mixup.models.MixupModel`."
            )
        if self.supervised_num_points == 1:
            return x, y, sample_weight
        labeled, y, sample_weight = self.mix_batch(
            x["labeled"],
            y,
            sample_weight,
            stream=0,
            num_points=self.supervised_num_points,
            **self._draw_options(),
        )
        return {**x, "labeled": labeled}, y, sample_weight

    def added_loss(self, x, y_pred):
        check_one_output(y_pred)
        unlabeled = x["unlabeled"]
        weights, partners = mixing.draw(
            ops.shape(keras.tree.flatten(unlabeled)[0])[0],
            self.num_points,
            seed=self.step_seed(stream=1),
            **self._draw_options(),
        )
        target = mixing.mix(self._target(unlabeled), weights, partners)
        if self.stop_gradient:
            target = ops.stop_gradient(target)
        logits = self.discarded_pass(mixing.mix(unlabeled, weights, partners))
        loss = self.consistency_loss(target, logits)
        weight = self._weight()
        self.report(
            consistency_loss=self.unscaled(loss),
            consistency_weight=weight,
        )
        return weight * loss

    def after_update(self):
        if self._average is not None:
            self._average.update(self.network, self.step.value, self.teacher_decay)

    def _draw_options(self):
        return {
            "alpha": self.alpha,
            "per_example": self.per_example,
            "symmetrize": self.symmetrize,
        }

    def _target(self, unlabeled):
        weights_of = None if self._average is None else self._average.network
        logits = self.discarded_pass(unlabeled, weights_of=weights_of)
        return self.consistency_loss.before_mixing(logits)

    def _weight(self):
        if callable(self.consistency_weight):
            return ops.cast(self.consistency_weight(self.step.value), "float32")
        return ops.cast(self.consistency_weight, "float32")

    def get_config(self) -> dict[str, Any]:
        weight = self.consistency_weight
        if callable(weight):
            weight = keras.saving.serialize_keras_object(weight)
        return {
            **super().get_config(),
            "num_points": self.num_points,
            "consistency_weight": weight,
            "target": self.consistency_loss.target,
            "teacher_decay": self.teacher_decay,
            "stop_gradient": self.stop_gradient,
            "distance": self.consistency_loss.distance,
            "supervised_num_points": self.supervised_num_points,
            **self._draw_options(),
        }

    @classmethod
    def from_config(cls, config):
        weight = config["consistency_weight"]
        if isinstance(weight, dict):
            weight = keras.saving.deserialize_keras_object(weight)
        return super().from_config({**config, "consistency_weight": weight})


def _is_semi_supervised(inputs):
    return isinstance(inputs, dict) and set(inputs) == {"labeled", "unlabeled"}


def _structure(x):
    return sorted(x) if isinstance(x, dict) else type(x).__name__


def _check_weight(weight):
    if not callable(weight) and not 0 <= weight < float("inf"):
        raise ValueError(
            "`consistency_weight` must be a number that is not negative, or a "
            f"schedule. Received: consistency_weight={weight}"
        )


def _check_teacher(teacher_decay, stop_gradient):
    if teacher_decay is not None and not 0 <= teacher_decay < 1:
        raise ValueError(
            "`teacher_decay` must be at least 0 and below 1, or None for no teacher. "
            f"Received: teacher_decay={teacher_decay}"
        )
    if teacher_decay is not None and not stop_gradient:
        raise ValueError(
            "No gradient flows into averaged weights: `stop_gradient=False` needs "
            f"`teacher_decay=None`. Received: teacher_decay={teacher_decay}"
        )
