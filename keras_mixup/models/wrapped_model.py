"""A model around one network: what Keras reads of the network, and how it is saved."""

import types
from typing import Any, Unpack

import keras

from keras_mixup._keras_arguments import LayerArguments
from keras_mixup.models import model_checks


class WrappedModel(keras.Model):
    """A model around one network, which to Keras looks like the network.

    Output names, layers and metrics are the network's; `export` exports the network.
    The configuration is the network and what `settings` names.

    Args:
        network: A `keras.Model`.
    """

    def __init__(self, network: keras.Model, **kwargs: Unpack[LayerArguments]):
        model_checks.check_network(network)
        kwargs.setdefault("dtype", network.dtype_policy)
        # The network casts its inputs; labels and weights beside them stay as they are.
        super().__init__(autocast=False, **kwargs)
        self.network = network
        # Kept where Keras does not track it: it derives from what it tracks.
        self._derived = types.SimpleNamespace()

    def settings(self) -> dict[str, Any]:
        """The arguments of the class beside the network, by name."""
        return {}

    def check_settings(self) -> None:
        """Raises a `ValueError` for a setting outside its range."""

    @property
    def output_names(self) -> list[str] | None:
        """The names of the network's outputs, by which losses and metrics are given."""
        return getattr(self.network, "output_names", None)

    @property
    def layers(self) -> list[keras.Layer]:
        """The network's layers in its place, as callbacks and `summary` look for them.

        The network itself, where it has weights beside those of its layers.
        """
        layers: list[keras.Layer] = []
        for layer in super().layers:
            inner = layer.layers if layer is self.network else []
            held = {id(w) for part in inner for w in part.weights}
            whole = not inner or any(id(w) not in held for w in layer.weights)
            layers += [layer] if whole else inner
        return layers

    @layers.setter
    def layers(self, _):
        raise AttributeError("`layers` is read only. Change those of `network`.")

    def get_layer(
        self, name: str | None = None, index: int | None = None
    ) -> keras.Layer:
        """Returns a layer of the network, or of the model, by name or index."""
        if name is not None and name == self.network.name:
            return self.network
        return super().get_layer(name, index)

    @property
    def metrics(self) -> list[keras.Metric]:
        """The metrics of the model, and those that the network updates in its call.

        Keras passes over the metrics of a model inside another, and on JAX cannot
        update any in a call.
        """
        metrics = super().metrics
        if keras.config.backend() != "jax" and not model_checks.own_steps(self.network):
            metrics = [*metrics, *self.network._metrics]
        return metrics

    def export(self, *args: Any, **kwargs: Any) -> None:
        """Exports the network for inference, as `keras.Model.export` does."""
        self.network.export(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {
            "network": keras.saving.serialize_keras_object(self.network),
            "name": self.name,
            **{
                name: keras.saving.serialize_keras_object(value)
                if callable(value)
                else value
                for name, value in self.settings().items()
            },
        }

    @classmethod
    def from_config(cls, config):
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(value)
                if isinstance(value, dict)
                else value
                for name, value in config.items()
            }
        )
