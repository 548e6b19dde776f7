import itertools
from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup import mixing, random
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.masks import mask_of, without_mask
from keras_mixup._networks.mixable import check_mixable
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
class MixMatchModel(SemiSupervisedModel):
    """Training by MixMatch, on labelled and unlabelled examples.

    The network guesses the label of an unlabelled example: the mean of its
    probabilities for several augmentations of it (views), sharpened to
    `p^(1/T) / sum p^(1/T)`. Then labelled examples and all views are mixed with random
    partners from all of them, each example weighing the most in its own mixture, and
    the loss is

    `L = CE(y, f(x)) + w(t) * mean_squared(q, softmax(f(u)))`.

    The rows are passed through the network in as many parts as there are views, and one
    more. Each part holds labelled and unlabelled rows, so that batch normalisation sees
    both kinds together, and the first holds rows of every view; its moving statistics
    are updated by the first part alone, and guessing leaves them as they are. Without
    that, training is known to fail. The parts are cut as in the authors' code.

    Reference: [Berthelot et al., 2019](https://arxiv.org/abs/1905.02249), equations 2
    to 14 and algorithm 1. The authors evaluate the averaged weights, `teacher`, which
    here teaches nothing. They mix with an alpha of .75 and sharpen with T = .5, which
    the recipes do; the defaults here mix less, so that poor guesses do no harm on data
    that are not augmented. Their weights `w` after a linear ramp are 75 for CIFAR-10,
    250 for SVHN and 150 for CIFAR-100.

    Args:
        network: A `keras.Model` from inputs to logits.
        num_points: Integer of at least 1, the number K of examples in a mixture.
            Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            weights. Defaults to `0.05`.
        consistency_weight: `w(t)`, a number that is not negative or a schedule of the
            step, such as `keras.optimizers.schedules.PolynomialDecay(0.0, ramp_steps,
            peak)`. Defaults to `10.0`.
        ramp: Float from 0 to 1, the share of a run over which the weight rises linearly
            from 0, or `None` for the full weight from the first step on. `fit` tells
            how long a run is; one that goes on at an `initial_epoch` goes on with its
            ramp, and a model that was trained before has its full weight, as
            `train_on_batch` always has. Where the length of an epoch is not known, the
            weight is 0 in the first. A schedule as `consistency_weight` has no other
            ramp. Defaults to `0.4`.
        temperature: Positive float T; the smaller, the sharper the guesses, 1 leaves
            them as they are. Defaults to `0.8`.
        num_views: Integer of at least 1, the augmentations of each unlabelled example.
            Defaults to `2`.
        teacher_decay: Float from 0 to below 1, or `None`: the decay of the averaged
            weights per step, as for `keras_mixup.models.ICTModel`. Defaults to `0.999`.
        evaluated_network: "student" or "teacher", the averaged weights: what
            `evaluate`, validation in `fit`, `predict`, a call without `training` and
            `export` use. Defaults to "student".
        seed: Integer or `None`. Every draw is per example, and a function of the seed,
            the number of the training step and the replica.
        teacher_statistics: What the averaged weights have of whatever is not trained,
            such as the moving statistics of batch normalisation: "averaged", or
            "copied" from the network, as in the code of MixMatch. Defaults to
            "averaged".

    Call arguments:
        inputs: What the network takes, or the dictionary of a training batch, whose
            "labeled" part is passed on.
        training: Boolean.

    Input shape:
        In `fit`, `({"labeled": x, "unlabeled": u}, y)`: inputs of shapes
        `(labeled_batch, ...)` and `(unlabeled_batch, num_views, ...)`, without the
        second axis for one view; labels as class ids of shape `(labeled_batch,)` with a
        sparse categorical cross-entropy, or rows of shape `(labeled_batch,
        num_classes)` with a categorical one, or of independent labels with a binary
        one, from logits. Sample weights mix as in `MixupModel`; a guess has weight 1.
        `keras_mixup.data.semi_supervised` makes such batches.

    Output shape:
        That of the network, `(batch, num_classes)`, logits.

    Raises:
        ValueError: For an argument outside its range; in `fit`, for a batch of another
            form.

    Example:

    >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> model = keras_mixup.models.MixMatchModel(network, seed=0)
    >>> model.compile(
    ...     "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ... )
    >>> batch = {"labeled": np.ones((2, 4)), "unlabeled": np.ones((8, 2, 4))}
    >>> logs = model.train_on_batch(batch, np.array([0, 2]), return_dict=True)
    >>> sorted(logs)
    ['consistency_loss', 'consistency_weight', 'loss', 'supervised_loss']
    """

    def __init__(
        self,
        network: keras.Model,
        num_points: int = 2,
        alpha: float | Sequence[float] = 0.05,
        consistency_weight: Any = 10.0,
        ramp: float | None = 0.4,
        temperature: float = 0.8,
        num_views: int = 2,
        teacher_decay: float | None = 0.999,
        evaluated_network: str = "student",
        seed: int | None = None,
        teacher_statistics: str = "averaged",
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        self.num_points = num_points
        self.alpha = random.plain_alpha(alpha)
        self.temperature = temperature
        self.num_views = num_views
        super().__init__(
            network,
            consistency_weight,
            ramp,
            teacher_decay,
            evaluated_network,
            seed,
            teacher_statistics,
            **kwargs,
        )
        self._later_pass = _UncastPass(self.discarded_pass)
        self.check_settings()

    def check_settings(self) -> None:
        super().check_settings()
        model_checks.check_alpha(self.alpha, self.num_points)
        if self.num_points > 1:
            check_mixable(self.network)
        check_num_views(self.num_views)
        if not 0 < self.temperature < float("inf"):
            raise ValueError(
                "`temperature` must be a positive number; 1 leaves the guesses as they "
                f"are. Received: temperature={self.temperature}"
            )

    @property
    def activations(self) -> tuple[str, ...]:
        return ("softmax", "sigmoid")

    @property
    def mixes_labels(self) -> bool:
        return True

    @property
    def consistency_loss(self) -> ConsistencyLoss:
        """The loss of the mixed guesses."""
        return ConsistencyLoss(activation=self.activation or "softmax")

    def prepare_batch(self, x, y, sample_weight):
        check_semi_supervised(x, self.num_views)
        if self.num_points > 1:
            self.check_inputs(x["labeled"])
        augmented = views(x["unlabeled"], self.num_views)
        guesses, counts = self._guesses(augmented)
        _check_labels(y, guesses)
        labels = self.targets(x["labeled"], y, sample_weight).only()
        rows = _of_form(ops.cast(labels.rows, guesses.dtype), guesses)
        # XLA cannot tell the sizes of what is concatenated here from that itself.
        size, unlabeled_size = _size(x["labeled"]), _size(x["unlabeled"])
        inputs = keras.tree.map_structure(
            lambda *parts: ops.concatenate(parts), x["labeled"], *augmented
        )
        weights, partners = mixing.draw(
            size + self.num_views * unlabeled_size,
            self.num_points,
            self.at_step(self.alpha),
            self.step_seed(stream=0),
            dominant_first=True,
        )
        inputs = mixing.mix(inputs, weights, partners)
        rows = ops.concatenate([rows, *[guesses] * self.num_views])
        prepared = {
            "labeled": keras.tree.map_structure(lambda t: t[:size], inputs),
            "unlabeled": keras.tree.map_structure(lambda t: t[size:], inputs),
        }
        if labels.weight is None and counts is None:
            rows = mixing.mix(rows, weights, partners)
            sample_weight = None
        else:
            shares = self._shares(labels.weight, counts, rows, size)
            rows, shares = mixing.mix_labels(rows, shares, weights, partners)
            sample_weight = labels.scaled(shares[:size])
            prepared["shares"] = shares[size:]
            if counts is not None:
                prepared["shares"] *= ops.cast(share_scale(counts), rows.dtype)
        prepared["mixed_guesses"] = rows[size:]
        return prepared, rows[:size], sample_weight

    def _shares(self, weight, counts, rows, size):
        """The weights of the elements of all rows, those of guesses being 1 or 0."""
        ones = ops.ones_like(rows[..., 0])
        labeled = (
            ones[:size]
            if weight is None
            else ones[:size] * ops.cast(weight, ones.dtype)
        )
        guessed = ones[size:]
        if counts is not None:
            guessed = ops.cast(ops.concatenate([counts] * self.num_views), ones.dtype)
        return ops.concatenate([labeled, guessed])

    def call(self, inputs, training=None):
        if not _is_prepared(inputs):
            return super().call(inputs, training=training)
        pieces = []
        for part in self._parts(inputs["labeled"], inputs["unlabeled"]):
            rows = keras.tree.map_structure(
                lambda *parts: ops.concatenate(parts), *part
            )
            if pieces:
                logits = self._later_pass(rows)
            else:
                logits = super().call(rows, training=training)
            pieces.append(_cut(logits, [_size(piece) for piece in part]))
        labeled, *unlabeled = (ops.concatenate(kind) for kind in _interleaved(pieces))
        return {"labeled": labeled, "unlabeled": ops.concatenate(unlabeled)}

    def labeled_outputs(self, y_pred):
        return y_pred["labeled"] if isinstance(y_pred, dict) else y_pred

    def added_loss(self, x, y_pred, loss):
        outputs = without_mask(y_pred["unlabeled"])
        loss = self.consistency_loss(x["mixed_guesses"], outputs, x.get("shares"))
        return self.weighted(x, loss)

    def _guesses(self, augmented):
        """Sharpened probabilities, and which elements are not masked, or `None`."""
        logits = [self.discarded_pass(view) for view in augmented]
        check_one_output(logits[0])
        mask = mask_of(logits[0])
        to_probabilities = self.consistency_loss.before_mixing
        mean = sum(to_probabilities(without_mask(t)) for t in logits) / len(logits)
        # In logarithms, as small powers of small numbers are 0 in float32.
        log = ops.log(ops.maximum(mean, 1e-30))
        if self.activation == "sigmoid":
            log_other = ops.log(ops.maximum(1.0 - mean, 1e-30))
            guesses = ops.sigmoid((log - log_other) / self.temperature)
        else:
            guesses = ops.softmax(log / self.temperature)
        return (
            ops.stop_gradient(guesses),
            None if mask is None else ops.cast(mask, "float32"),
        )

    def _parts(self, labeled, unlabeled):
        """The rows of each part, a list of its pieces."""
        num_parts = self.num_views + 1
        views_of = _cut(unlabeled, _even_sizes(_size(unlabeled), self.num_views))
        return _interleaved(
            [
                _cut(rows, _even_sizes(_size(rows), num_parts))
                for rows in (labeled, *views_of)
            ]
        )

    def settings(self) -> dict[str, Any]:
        return {
            **super().settings(),
            "num_points": self.num_points,
            "alpha": self.alpha,
            "temperature": self.temperature,
            "num_views": self.num_views,
        }


class _UncastPass(keras.layers.Layer):
    """Calls a function outside of the automatic casting of weights around it.

    Within a layer's `call`, Keras reads weights in the dtype of the computation. A
    stateless pass has to be given them as they are.
    """

    def __init__(self, function):
        super().__init__(dtype="float32", autocast=False)
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


def _check_labels(y, guesses):
    if y is None:
        raise ValueError(
            "Labels are mixed with the guessed ones, which have shape "
            f"{tuple(guesses.shape)}. Received: no labels"
        )


def _of_form(rows, guesses):
    """Rows of labels in the form of the guesses."""
    shape, expected = tuple(rows.shape), tuple(guesses.shape)
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        return ops.expand_dims(rows, -1)
    # What a graph does not know yet is let through.
    if not (len(shape) == len(expected) and shape[-1] in (None, expected[-1])):
        raise ValueError(
            "Labels are mixed with the guessed ones: give class ids with a sparse "
            "categorical cross-entropy, or rows of the form of the guesses, which have "
            f"shape {expected}. Received: labels of shape {shape}"
        )
    return rows


def _interleaved(kinds):
    """Exchanges piece i of the first kind and of kind i, as the authors' code does.

    Done twice, it changes nothing. No part is without any row, even where a kind has
    fewer rows than pieces: they are in its last pieces, which go to every part.
    """
    first, *others = (list(pieces) for pieces in kinds)
    for index, pieces in enumerate(others, start=1):
        first[index], pieces[index] = pieces[index], first[index]
    return [first, *others]


def _even_sizes(size, num_pieces):
    """Sizes that differ by one row at most, the larger ones last."""
    # In whole numbers alone: in a graph, the size is a tensor.
    return [(size + piece) // num_pieces for piece in range(num_pieces)]


def _cut(rows, sizes):
    """Cuts rows into consecutive pieces."""
    bounds = itertools.pairwise(itertools.accumulate(sizes, initial=0))
    return [
        keras.tree.map_structure(lambda t, a=start, b=stop: t[a:b], rows)
        for start, stop in bounds
    ]


def _size(rows):
    return ops.shape(keras.tree.flatten(rows)[0])[0]


def _is_prepared(inputs):
    return isinstance(inputs, dict) and "mixed_guesses" in inputs
