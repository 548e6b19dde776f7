import types
from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_mixup import mixing
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.mixable import check_mixable
from keras_mixup._networks.network_calls import training_argument
from keras_mixup._networks.rewire import on_floats


@keras.saving.register_keras_serializable(package="keras_mixup")
class CorrectedModel(keras.Model):
    """Predicts with a network that mixup trained, less what mixup did to the scale.

    Use it in place of the network in `predict` and `evaluate`;
    `keras_mixup.calibration.corrected` makes one from a trained model.

    Mixup is ordinary training on data that are shrunk towards their means by
    `theta = E[max_k lambda_k]`, with noise added. A test input is not shrunk, so it is
    shrunk before the network sees it, and the logits are stretched again:

    `f_c(x) = f(theta x + (1 - theta) x_mean) / theta + (1 - 1 / theta) y_mean`.

    Reference: [Carratino et al., 2020](https://arxiv.org/abs/2006.06049), equation 15.

    The means and theta are weights that are not trained, so they are saved with the
    network. The correction is computed in float32 whatever the dtype of the network.

    Args:
        network: A built `keras.Model` from inputs to logits, or to any real outputs.
        x_mean: Array of the shape of one example: the mean input, as the network sees
            it.
        y_mean: Array of the shape of one output: the mean label row.
        mean_dominant_weight: Float above 0 and at most 1, the theta above. 1 leaves
            the network's predictions as they are.

    Call arguments:
        inputs: What the network takes.
        training: Boolean.

    Input shape:
        That of the network, `(batch, ...)`.

    Output shape:
        That of the network, `(batch, num_classes)`, in float32.

    Raises:
        ValueError: If the network is not built, or looks its inputs up, as it does
            words; if the means are not finite or of another shape than its inputs and
            outputs, or if theta is out of range.

    Example:

    >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> model = keras_mixup.models.CorrectedModel(
    ...     network, np.zeros(4), np.full(3, 1 / 3), mean_dominant_weight=0.75
    ... )
    >>> model.predict(np.ones((2, 4)), verbose=0).shape
    (2, 3)
    """

    def __init__(
        self,
        network: keras.Model,
        x_mean: Any,
        y_mean: Any,
        mean_dominant_weight: float,
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        x_mean, y_mean = _mean("x_mean", x_mean), _mean("y_mean", y_mean)
        _check_network(network, x_mean, y_mean)
        _check_weight(mean_dominant_weight)
        # An input is mixed with the mean.
        check_mixable(network, x_mean[np.newaxis])
        self.network = network
        # Kept where Keras does not track it: its layers are those of the network.
        self._derived = types.SimpleNamespace(on_floats=on_floats(network))
        self.x_mean = self._constant("x_mean", x_mean)
        self.y_mean = self._constant("y_mean", y_mean)
        self.mean_dominant_weight = self._constant(
            "mean_dominant_weight", np.float32(mean_dominant_weight)
        )
        self.build((None, *x_mean.shape))

    def build(self, input_shape):
        """Records the shape of the inputs, which `export` asks for."""
        self.built = True

    def _constant(self, name, value):
        variable = self.add_weight(
            name=name, shape=value.shape, dtype="float32", trainable=False
        )
        variable.assign(value)
        return variable

    def call(self, inputs, training=None):
        theta = self.mean_dominant_weight.value
        x = ops.cast(mixing.as_float(inputs), "float32")
        shrunk = theta * x + (1.0 - theta) * self.x_mean.value
        network = self._derived.on_floats
        x = shrunk if network is self.network else [shrunk]
        logits = ops.cast(network(x, **training_argument(network, training)), "float32")
        return logits / theta + (1.0 - 1.0 / theta) * self.y_mean.value

    def get_config(self) -> dict[str, Any]:
        # The values are weights, and come with them.
        return {
            "network": keras.saving.serialize_keras_object(self.network),
            "x_shape": list(self.x_mean.shape),
            "y_shape": list(self.y_mean.shape),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        return cls(
            keras.saving.deserialize_keras_object(config["network"]),
            np.zeros(config["x_shape"]),
            np.zeros(config["y_shape"]),
            mean_dominant_weight=1.0,
            name=config["name"],
        )


def _mean(name, values):
    if ops.is_tensor(values):
        values = ops.convert_to_numpy(values)
    try:
        mean = np.asarray(values, "float32")
    except (TypeError, ValueError):
        mean = np.asarray(np.nan, "float32")
    if not np.isfinite(mean).all():
        raise ValueError(
            f"`{name}` must be an array of finite numbers, as "
            f"`keras_mixup.calibration.means` returns it. Received: {name}={values!r}"
        )
    return mean


def _check_network(network, x_mean, y_mean):
    if not isinstance(network, keras.Model) or not network.built:
        raise ValueError(
            "`network` must be a built keras.Model from inputs to logits. Received: "
            f"{network!r}"
        )
    expected = getattr(network, "input_shape", (None, *x_mean.shape))
    if keras.tree.is_nested(expected) and not isinstance(expected, tuple):
        raise ValueError(
            "Expected a network with one input. Received: the network "
            f"{network.name!r} with inputs of shapes {expected}"
        )
    _check_shape("x_mean", "input", x_mean.shape, expected[1:])
    spec = keras.KerasTensor((None, *x_mean.shape), "float32")
    outputs = network.compute_output_spec(spec)
    if keras.tree.is_nested(outputs):
        raise ValueError(
            "Expected a network with one output, the logits. Received: "
            f"{len(keras.tree.flatten(outputs))} outputs"
        )
    _check_shape("y_mean", "output", y_mean.shape, outputs.shape[1:])


def _check_shape(name, what, shape, expected):
    fits = len(shape) == len(expected) and all(
        size in (None, received) for size, received in zip(expected, shape)
    )
    if not fits:
        raise ValueError(
            f"`{name}` must have the shape of one {what} of the network, "
            f"{tuple(expected)}. Received: shape {shape}"
        )


def _check_weight(weight):
    try:
        fits = 0 < float(weight) <= 1
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(
            "`mean_dominant_weight` must be above 0 and at most 1, as "
            "`keras_mixup.calibration.mean_dominant_weight` returns it. Received: "
            f"{weight!r}"
        )
