from typing import Any, Unpack

import keras
import numpy as np
from keras import ops
from scipy import special

from keras_mixup import differentiation, mixing, random
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.mixable import check_mixable
from keras_mixup.models.mixing_model import MixingModel
from keras_mixup.models.model_checks import check_one_output


@keras.saving.register_keras_serializable(package="keras_mixup")
class ApproximateMixupModel(MixingModel):
    """Trains on the second-order expansion of mixup: shrunk data and two penalties.

    Use it to study what mixup does, apart from its noise, or as a regulariser of the
    Jacobian. `MixupModel` is cheaper: with one sample, a step here costs about three
    plain ones under XLA, and more without it on TensorFlow.

    With `theta = max(lambda, 1 - lambda)` and `t = E[theta]`, a mixture of example i
    and a partner j is the example shrunk towards the mean of the batch,
    `x~ = m + t (x_i - m)`, plus noise of mean zero,
    `delta = (theta - t)(x_i - m) + (1 - theta)(x_j - m)`; labels alike, `y~` and `eps`.
    To second order in the noise the expected cross-entropy is

    `l(y~, f(x~)) + R1 + R2 + R3`, with `R1 = E[u^T H u] / 2`, `R3 = -E[u . eps]`,

    where `u = J delta` is a Jacobian-vector product of the network at `x~` and
    `H = diag(p) - p p^T` the Hessian of the cross-entropy in the logits. `R2` holds the
    network's own second derivative; it has no lower bound, and is left out as in the
    paper. Mixup's partners come from the batch, so the mean of the batch makes this
    the expansion of what `MixupModel` does with two points, for any batch size.

    Reference: [Carratino et al., 2020](https://arxiv.org/abs/2006.06049), section 4.

    The moving statistics of batch normalisation are updated once a step, by the pass on
    `x~`. In the products, batch normalisation uses the statistics of the batch and
    passes the noise of an example on to the others, as it does in mixup. Dropout draws
    another mask for each sample. The logs show `supervised_loss` (with the
    regularisation losses of the network), `quadratic_loss` (R1) and `cross_loss` (R3).

    Args:
        network: A `keras.Model` from inputs to logits, differentiable in its inputs.
        alpha: Positive float, the concentration of `lambda ~ Beta(alpha, alpha)`.
            Defaults to `1.0`. Training tends to plain training as it tends to 0.
        num_samples: Integer of at least 1, how many times a step draws the noise of
            each example. Defaults to `1`.
        seed: Integer or `None`. Every draw is a function of the seed and the number of
            the training step. Noise is drawn for each example.

    Call arguments:
        inputs: What the network takes, or the dictionary of a training batch, whose
            "shrunk" part is passed on.
        training: Boolean.

    Input shape:
        In `fit`, `(x, y)`: inputs of shape `(batch, ...)`; labels as class ids of
        shape `(batch,)` with a sparse categorical cross-entropy, as rows of shape
        `(batch, num_classes)` that sum to one with a categorical one. Sample weights
        are refused.

    Output shape:
        That of the network, `(batch, num_classes)`.

    Raises:
        ValueError: For an argument outside its range; in `compile`, for a loss other
            than a cross-entropy from logits, or for more than one device; in `fit`, for
            sample weights.

    Example:

    >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> model = keras_mixup.models.ApproximateMixupModel(network, seed=0)
    >>> model.compile(
    ...     "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ... )
    >>> history = model.fit(np.eye(4), np.array([0, 1, 2, 0]), verbose=0)
    >>> sorted(history.history)
    ['cross_loss', 'loss', 'quadratic_loss', 'supervised_loss']
    """

    loss_parts = ("supervised_loss", "quadratic_loss", "cross_loss")

    def __init__(
        self,
        network: keras.Model,
        alpha: float = 1.0,
        num_samples: int = 1,
        seed: int | None = None,
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        super().__init__(network, seed=seed, **kwargs)
        self.alpha = random.plain_alpha(alpha)
        self.num_samples = num_samples
        self.check_settings()

    def check_settings(self) -> None:
        _check_alpha(self.alpha)
        _check_num_samples(self.num_samples)
        check_mixable(self.network)

    @property
    def mean_dominant_weight(self) -> float:
        """The weight of the example itself in the mean, t above."""
        # `calibration.mean_dominant_weight(alpha)`, which stands above the models.
        return float(special.betaincc(self.alpha + 1, self.alpha, 0.5))

    @property
    def mixes_labels(self) -> bool:
        return True

    @property
    def _label_scale(self):
        # A smoothed label moves by so much when the label moves by one.
        return 1.0 - getattr(self._derived.loss.given, "label_smoothing", 0.0)

    def compile(self, optimizer="rmsprop", loss=None, *args, **kwargs):
        """Configures training, as `keras.Model.compile` does.

        Raises:
            ValueError: For a loss other than a categorical or sparse categorical
                cross-entropy from logits, and for training on several devices.
        """
        self._check_one_device()
        _check_loss(loss)
        super().compile(optimizer, loss, *args, **kwargs)

    def call(self, inputs, training=None):
        if _is_prepared(inputs):
            inputs = inputs["shrunk"]
        return super().call(inputs, training=training)

    def prepare_batch(self, x, y, sample_weight):
        _check_batch(y, sample_weight)
        self.check_inputs(x)
        target = self.targets(x, y, None).only()
        if target.weight is not None:
            raise ValueError(
                "The expansion of mixup has terms that ApproximateMixupModel does not "
                "compute where steps are masked. Use MixupModel. Received: a network "
                f"{self.network.name!r} whose outputs have a mask"
            )
        batch = keras.tree.map_structure(mixing.as_float, x), target.rows
        shrunk = keras.tree.map_structure(self._shrink, batch)
        noise = tuple(
            self._noise(batch, shrunk, sample) for sample in range(self.num_samples)
        )
        return {"shrunk": shrunk[0], "noise": noise}, shrunk[1], None

    def added_loss(self, x, y_pred, loss):
        check_one_output(y_pred)
        terms = [self._terms(x["shrunk"], *noise) for noise in x["noise"]]
        quadratic, cross = (sum(values) / self.num_samples for values in zip(*terms))
        self.report(x, quadratic_loss=quadratic, cross_loss=cross)
        return quadratic + cross

    def _shrink(self, values):
        mean = ops.mean(values, axis=0, keepdims=True)
        return mean + self.mean_dominant_weight * (values - mean)

    def _noise(self, batch, shrunk, sample):
        """What a mixture of the batch has beside its shrunk examples."""
        weights, partners = mixing.draw(
            ops.shape(batch[1])[0],
            num_points=2,
            alpha=self.alpha,
            seed=self.step_seed(stream=sample),
            dominant_first=True,
        )
        mixed = mixing.mix(batch, weights, partners)
        return keras.tree.map_structure(lambda a, b: a - b, mixed, shrunk)

    def _terms(self, shrunk, delta, eps):
        # The random state that the pass leaves is no function of `shrunk`, so it holds
        # nothing of the derivative that is being taken.
        logits, product = differentiation.jvp(self.discarded_pass, shrunk, delta)
        quadratic, cross = second_order_terms(logits, product, eps)
        return ops.mean(quadratic), self._label_scale * ops.mean(cross)

    def _check_one_device(self):
        if self._num_replicas > 1 or keras.distribution.distribution() is not None:
            raise ValueError(
                "ApproximateMixupModel trains on one device: leave out the "
                "tf.distribute strategy or `keras.distribution`, or use MixupModel. "
                f"Received: {self._num_replicas} replicas, "
                f"distribution={keras.distribution.distribution()}"
            )

    def settings(self) -> dict[str, Any]:
        return {
            **super().settings(),
            "alpha": self.alpha,
            "num_samples": self.num_samples,
        }


def second_order_terms(logits: Any, product: Any, eps: Any) -> tuple[Any, Any]:
    """Returns `u^T H u / 2` and `-u . eps` of each example, in float32 or wider.

    Args:
        logits: Tensor of shape `(batch, num_classes)`.
        product: The Jacobian-vector products `u`, of the same shape.
        eps: The noise of the labels, of the same shape; each row sums to zero.
    """
    dtype = keras.backend.result_type(logits.dtype, "float32")
    probabilities = ops.softmax(ops.cast(logits, dtype))
    product, eps = ops.cast(product, dtype), ops.cast(eps, dtype)
    # The variance of `u` under the prediction, which rounding cannot make negative.
    mean = ops.sum(probabilities * product, axis=-1, keepdims=True)
    variance = ops.sum(probabilities * ops.square(product - mean), axis=-1)
    return variance / 2, -ops.sum(product * eps, axis=-1)


def _is_prepared(inputs):
    return isinstance(inputs, dict) and set(inputs) == {"shrunk", "noise"}


def _check_alpha(alpha):
    random.standardize_alpha(alpha, 2)
    if np.ndim(alpha):
        raise ValueError(
            "`alpha` must be one number: the expansion is that of mixup with equal "
            f"concentrations. Received: alpha={alpha!r}"
        )


def _check_num_samples(num_samples):
    if not isinstance(num_samples, int | np.integer) or num_samples < 1:
        raise ValueError(
            "`num_samples` must be an integer of at least 1. Received: "
            f"num_samples={num_samples!r}"
        )


def _check_batch(y, sample_weight):
    if y is None:
        raise ValueError(
            "Expected batches of (x, y), whose labels are shrunk with the inputs. "
            "Received: a batch without labels"
        )
    if sample_weight is not None:
        raise ValueError(
            "The expansion of mixup with sample or class weights has terms that "
            "ApproximateMixupModel does not compute. Leave them out, or use "
            "MixupModel. Received: sample weights"
        )


def _check_loss(loss):
    known = (
        keras.losses.CategoricalCrossentropy,
        keras.losses.SparseCategoricalCrossentropy,
    )
    if (
        type(loss) not in known
        or not loss.from_logits
        or loss.reduction not in ("sum_over_batch_size", "mean")
        or getattr(loss, "axis", -1) != -1
        or loss.get_config().get("ignore_class") is not None
    ):
        raise ValueError(
            "ApproximateMixupModel expands the cross-entropy: compile "
            "keras.losses.SparseCategoricalCrossentropy(from_logits=True) for class "
            "ids or CategoricalCrossentropy(from_logits=True) for rows, with its mean "
            "over the batch and no ignored class. For any other loss use MixupModel. "
            f"Received: loss={loss!r}"
        )
