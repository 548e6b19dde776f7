"""The gradient of the loss with respect to the input, on every backend."""

import keras
import numpy as np


class InputGradients:
    """The gradient of a network's cross-entropy with respect to its input.

    In inference mode, compiled once where Keras compiles; the network's weights are
    read at each call. For a network that computes in float16 the loss is scaled up and
    the gradient down again, as in training, for small gradients not to vanish.

    Args:
        network: `keras.Model` from inputs to logits.

    Call arguments:
        x: float32 array of shape `(batch, ...)`.
        rows: label rows of shape `(batch, num_classes)`, one-hot or mixed.

    Returns:
        Float32 array of the shape of `x`: for each example, the gradient of its own
        loss.
    """

    def __init__(self, network):
        self._network = network
        half = any(layer.compute_dtype == "float16" for layer in network.layers)
        self._scale = 1024.0 if half else 1.0
        makers = {
            "jax": self._on_jax,
            "tensorflow": self._on_tensorflow,
            "torch": self._on_torch,
        }
        self._gradient = makers[keras.config.backend()]()

    def __call__(self, x, rows):
        gradient = self._gradient(x.astype("float32"), rows.astype("float32"))
        return np.asarray(keras.ops.convert_to_numpy(gradient)) / self._scale

    def _loss(self, logits, rows):
        # A sum: no example's loss depends on another example.
        logits = keras.ops.cast(logits, "float32")
        each = keras.ops.categorical_crossentropy(rows, logits, from_logits=True)
        return self._scale * keras.ops.sum(each)

    def _on_tensorflow(self):
        import tensorflow as tf

        @tf.function(reduce_retracing=True)
        def gradient(x, rows):
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = self._loss(self._network(x, training=False), rows)
            return tape.gradient(loss, x)

        return lambda x, rows: gradient(tf.constant(x), tf.constant(rows))

    def _on_torch(self):
        import torch

        def gradient(x, rows):
            x = keras.ops.convert_to_tensor(x).detach().requires_grad_()
            loss = self._loss(self._network(x, training=False), rows)
            return torch.autograd.grad(loss, x)[0]

        return gradient

    def _on_jax(self):
        import jax

        def loss(x, trainable, non_trainable, rows):
            logits, _ = self._network.stateless_call(
                trainable, non_trainable, x, training=False
            )
            return self._loss(logits, rows)

        gradient = jax.jit(jax.grad(loss))

        def call(x, rows):
            weights = (
                [variable.value for variable in variables]
                for variables in (
                    self._network.trainable_variables,
                    self._network.non_trainable_variables,
                )
            )
            return gradient(x, *weights, rows)

        return call
