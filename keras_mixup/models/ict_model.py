from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup import mixing, random
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.masks import mask_of, without_mask
from keras_mixup._networks.mixable import check_mixable
from keras_mixup._renamed_arguments import accepts_former_names, former_attribute
from keras_mixup.losses import ConsistencyLoss
from keras_mixup.models import model_checks
from keras_mixup.models.model_checks import check_one_output
from keras_mixup.models.semi_supervised_model import (
    SemiSupervisedModel,
    check_num_views,
    check_semi_supervised,
    views,
)
from keras_mixup.models.targets import share_scale


@keras.saving.register_keras_serializable(package="keras_mixup")
class ICTModel(SemiSupervisedModel):
    """Interpolation consistency training, ICT[K], on labelled and unlabelled examples.

    Use it when few examples have labels. The network learns the labels, and learns to
    give to a mixture of unlabelled examples the mixture of the outputs that a target
    network gives to them:

    `L = CE(f(x), y) + w(t) * D(f(Mix(u)), Mix(f_T(u)))`.

    The cost of a step does not grow with K: the targets are computed once and mixed.

    With `num_points=1` nothing is mixed, and what is left is mean teacher: the network
    learns to agree with its own average, `L = CE(f(x), y) + w(t) * D(f(u), f_T(u'))`,
    best on two views `u`, `u'` of each example.

    Reference: [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413), equation 2;
    for two points, [Verma et al., 2019](https://arxiv.org/abs/1903.03825), algorithm 1;
    for one, [Tarvainen & Valpola, 2017](https://arxiv.org/abs/1703.01780), section 2.
    The defaults are neither paper's: they train well without tuning. Recipes of both
    papers come with the experiments.

    The moving statistics of batch normalisation are updated once a step, by the
    labelled pass; the other passes use the statistics of their batch. Dropout draws
    another mask in each pass. The logs show `supervised_loss` (with the regularisation
    losses of the network), `consistency_loss` and `consistency_weight`.

    Args:
        network: A `keras.Model` from inputs to logits, the student.
        num_points: Integer of at least 1, the number K of unlabelled examples in a
            mixture; 1 is mean teacher. Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            weights. Defaults to `0.5`.
        consistency_weight: `w(t)`, a number that is not negative or a schedule of the
            step, such as `keras.optimizers.schedules.PolynomialDecay(0.0, ramp_steps,
            peak)` or `keras_mixup.schedules.ExponentialRampUp`. Its scale depends on
            `target`: logits want a smaller weight than probabilities.
            Defaults to `10.0`.
        ramp: Float from 0 to 1, the share of a run over which the weight rises linearly
            from 0, or `None` for the full weight from the first step on. `fit` tells
            how long a run is; one that goes on at an `initial_epoch` goes on with its
            ramp, and a model that was trained before has its full weight, as
            `train_on_batch` always has. Where the length of an epoch is not known, the
            weight is 0 in the first. A schedule as `consistency_weight` has no other
            ramp. Defaults to `0.4`.
        target: What is compared, "probabilities", "logits" or
            "softmax_of_mixed_logits"; see `keras_mixup.losses.ConsistencyLoss`. What
            makes probabilities of logits follows from the compiled loss: the softmax
            under a categorical cross-entropy, sigmoids under a binary one; under a
            regression loss, outputs are compared as they are.
            Defaults to "probabilities".
        teacher_decay: Float from 0 to below 1, or `None`. The target network is an
            exponential moving average of the student's weights with this decay per
            step, `min(1 - 1 / (t + 1), teacher_decay)` at step t = 1, 2, ...; with
            `None` it is the student itself. "auto", the default, is 0.99, and 0.5 for
            one point, whose teacher would hold the student back.
        stop_gradient: Boolean. Whether the target is a constant for the gradient.
            `False` needs `teacher_decay=None`. Defaults to `True`.
        distance: "mean_squared" or "euclidean". Defaults to "mean_squared".
        per_example: Boolean. Whether weights are drawn for each example, or once for
            the batch (of the replica). Defaults to `True`.
        dominant_first: Boolean. Whether an example weighs the most in its own mixture.
            Defaults to `False`.
        supervised_num_points: Integer of at least 1: more than 1 mixes the labelled
            examples too, with the same `alpha`. Defaults to `1`.
        num_views: 1 or 2, the augmentations of each unlabelled example that a batch
            holds. Of two, the target network sees the first, the network the second.
            Defaults to `1`.
        evaluated_network: "student" or "teacher", the averaged weights: what
            `evaluate`, validation in `fit`, `predict`, a call without `training` and
            `export` use. Defaults to "student".
        seed: Integer or `None`. Every draw is a function of the seed, the number of the
            training step and the replica.
        teacher_statistics: What the averaged weights have of whatever is not trained,
            such as the moving statistics of batch normalisation: "averaged", or
            "copied" from the network, as in the code of MixMatch. Defaults to
            "averaged".

    Call arguments:
        inputs: What the network takes, or the dictionary of a training batch, whose
            "labeled" part is passed on.
        training: Boolean.

    Input shape:
        In `fit`, `({"labeled": x, "unlabeled": u}, y)`, with sample weights optional:
        inputs of shapes `(labeled_batch, ...)` and `(unlabeled_batch, ...)`, or
        `(unlabeled_batch, 2, ...)` for two views; labels of shape `(labeled_batch,)`
        or `(labeled_batch, num_classes)`. `evaluate` and `predict` take plain inputs.

    Output shape:
        That of the network, `(batch, num_classes)`.

    Raises:
        ValueError: For an argument outside its range; in `fit`, for a batch of another
            form.

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

    symmetrize = former_attribute("symmetrize")

    @accepts_former_names
    def __init__(
        self,
        network: keras.Model,
        num_points: int = 2,
        alpha: float | Sequence[float] = 0.5,
        consistency_weight: Any = 10.0,
        ramp: float | None = 0.4,
        target: str = "probabilities",
        teacher_decay: float | str | None = "auto",
        stop_gradient: bool = True,
        distance: str = "mean_squared",
        per_example: bool = True,
        dominant_first: bool = False,
        supervised_num_points: int = 1,
        num_views: int = 1,
        evaluated_network: str = "student",
        seed: int | None = None,
        teacher_statistics: str = "averaged",
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        self.num_points = num_points
        self.alpha = random.plain_alpha(alpha)
        self.target = target
        self.stop_gradient = stop_gradient
        self.distance = distance
        self.per_example = per_example
        self.dominant_first = dominant_first
        self.supervised_num_points = supervised_num_points
        self.num_views = num_views
        super().__init__(
            network,
            consistency_weight,
            ramp,
            _decay(teacher_decay, num_points),
            evaluated_network,
            seed,
            teacher_statistics,
            **kwargs,
        )
        self.check_settings()

    def check_settings(self) -> None:
        super().check_settings()
        model_checks.check_alpha(self.alpha, self.num_points)
        random.check_num_points(self.supervised_num_points)
        if self.supervised_num_points > 1:
            model_checks.check_alpha(self.alpha, self.supervised_num_points)
        if max(self.num_points, self.supervised_num_points) > 1:
            check_mixable(self.network)
        check_num_views(self.num_views)
        _check_teacher(
            self.num_points, self.num_views, self.teacher_decay, self.stop_gradient
        )
        ConsistencyLoss(self.target, self.distance)

    @property
    def consistency_loss(self) -> ConsistencyLoss:
        """The loss D, for what the compiled loss takes the outputs to mean."""
        return ConsistencyLoss(self.target, self.distance, self.activation or "softmax")

    @property
    def activations(self) -> tuple[str, ...] | None:
        # Outputs are compared as they are.
        return None if self.target == "logits" else ("softmax", "sigmoid", "linear")

    @property
    def mixes_labels(self) -> bool:
        return self.supervised_num_points > 1

    def prepare_batch(self, x, y, sample_weight):
        check_semi_supervised(x, self.num_views)
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

    def added_loss(self, x, y_pred, loss):
        check_one_output(y_pred)
        # The first view and the last one, which may be the same.
        seen = views(x["unlabeled"], self.num_views)
        if self.num_points > 1:
            self.check_inputs(seen[0])
        weights, partners = mixing.draw(
            ops.shape(keras.tree.flatten(seen[0])[0])[0],
            self.num_points,
            seed=self.step_seed(stream=1),
            **self._draw_options(),
        )
        target, share = self._mixed_target(seen[0], weights, partners)
        if self.stop_gradient:
            target = ops.stop_gradient(target)
        logits = self.discarded_pass(mixing.mix(seen[-1], weights, partners))
        loss = self.consistency_loss(target, without_mask(logits), share)
        return self.weighted(x, loss)

    def _draw_options(self):
        return {
            "alpha": self.at_step(self.alpha),
            "per_example": self.per_example,
            "dominant_first": self.dominant_first,
        }

    def _mixed_target(self, unlabeled, weights, partners):
        """What the outputs should be, and how much each element counts, or `None`."""
        weights_of = None if self._average is None else self._average.network
        if self._average is not None:
            self._average.check_alike(self.network)
        logits = self.discarded_pass(unlabeled, weights_of=weights_of)
        mask = mask_of(logits)
        target = self.consistency_loss.before_mixing(without_mask(logits))
        if mask is None:
            return mixing.mix(target, weights, partners), None
        counts = ops.cast(mask, "float32")
        target, share = mixing.mix_labels(target, counts, weights, partners)
        return target, share * share_scale(counts)

    def settings(self) -> dict[str, Any]:
        return {
            **super().settings(),
            "num_points": self.num_points,
            "alpha": self.alpha,
            "target": self.target,
            "stop_gradient": self.stop_gradient,
            "distance": self.distance,
            "per_example": self.per_example,
            "dominant_first": self.dominant_first,
            "supervised_num_points": self.supervised_num_points,
            "num_views": self.num_views,
        }


def _decay(teacher_decay, num_points):
    if teacher_decay != "auto":
        return teacher_decay
    return 0.5 if num_points == 1 else 0.99


def _check_teacher(num_points, num_views, teacher_decay, stop_gradient):
    if num_views > 2:
        raise ValueError(
            "`num_views` must be 1 or 2: one for the target network and one for the "
            f"network. Received: num_views={num_views}"
        )
    if num_points == 1 and num_views == 1 and teacher_decay is None:
        raise ValueError(
            "One point is its own mixture: with `num_points=1` there must be a teacher "
            "or a second view to be consistent with. Received: num_points=1, "
            "num_views=1, teacher_decay=None"
        )
    if teacher_decay is not None and not stop_gradient:
        raise ValueError(
            "No gradient flows into averaged weights: `stop_gradient=False` needs "
            f"`teacher_decay=None`. Received: teacher_decay={teacher_decay}"
        )
