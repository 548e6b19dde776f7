"""The draws that differ between backends."""

import warnings
from typing import Any

import keras

from keras_mixup import _extras, _tf_data


class TensorFlowDraws:
    """TensorFlow's stateless operations and TensorFlow Probability's sampler."""

    @staticmethod
    def to_seed(seed):
        import tensorflow as tf

        return tf.cast(seed, "int32")

    @staticmethod
    def fold_in(seed, data):
        import tensorflow as tf

        return tf.random.experimental.stateless_fold_in(seed, tf.cast(data, "int32"))

    @staticmethod
    def integers(seed, shape):
        import tensorflow as tf

        return tf.random.stateless_uniform(
            shape, seed=seed, minval=None, maxval=None, dtype="int32"
        )

    @staticmethod
    def dirichlet(seed, concentration, shape):
        if _tf_data.in_tf_data():
            return TensorFlowDraws._fast_dirichlet(seed, concentration, shape)
        return _tfp_distributions().Dirichlet(concentration).sample(shape, seed=seed)

    @staticmethod
    def _fast_dirichlet(seed, concentration, shape):
        """Draws in a third of the time, by an operation that XLA lacks.

        Gamma variables of alpha + 1 are boosted to alpha, in log space.
        """
        import tensorflow as tf

        alpha = tf.convert_to_tensor(concentration)
        shape = tf.concat([tf.cast(shape, "int32"), tf.shape(alpha)], axis=0)
        fold_in = TensorFlowDraws.fold_in
        gamma = tf.random.stateless_gamma(shape, fold_in(seed, 0), alpha + 1.0)
        uniform = tf.random.stateless_uniform(shape, fold_in(seed, 1))
        # Marsaglia and Tsang, A simple method for generating gamma variables, 2000.
        return tf.nn.softmax(tf.math.log(gamma) + tf.math.log1p(-uniform) / alpha)


def _tfp_distributions():
    # Imported at the first draw, since it takes a second. Its import warns of what it
    # does itself, which is nothing that a user could mend.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "distutils", DeprecationWarning)
        return _extras.require(
            "tensorflow_probability", "tensorflow", "A draw on TensorFlow"
        ).distributions


class JaxDraws:
    """`jax.random` on a raw key, so that a seed is an array on every backend."""

    @staticmethod
    def to_seed(seed):
        from jax import numpy as jnp

        return jnp.asarray(seed).astype("uint32")

    @staticmethod
    def fold_in(seed, data):
        import jax

        return jax.random.key_data(jax.random.fold_in(JaxDraws._key(seed), data))

    @staticmethod
    def integers(seed, shape):
        import jax

        return jax.random.bits(JaxDraws._key(seed), shape, "uint32")

    @staticmethod
    def dirichlet(seed, concentration, shape):
        import jax

        return jax.random.dirichlet(
            JaxDraws._key(seed), concentration, shape, "float32"
        )

    @staticmethod
    def _key(seed):
        import jax

        return jax.random.wrap_key_data(seed, impl="threefry2x32")


class TorchDraws:
    """A hash of the seed and a counter, on the device and without a generator.

    A `torch.Generator` would need the seed as a number of the host, so that a step of a
    GPU would wait for it. A seed here is two words of 64 bits, on its own device.
    """

    @staticmethod
    def to_seed(seed):
        import torch

        if isinstance(seed, torch.Tensor):
            return keras.ops.convert_to_tensor(seed, dtype="int64")
        # Made of numbers: copying an array to a GPU waits for what runs there.
        first, second = (int(word) for word in seed)
        return keras.ops.arange(2, dtype="int64") * (second - first) + first

    @staticmethod
    def fold_in(seed, data):
        from keras_mixup import _torch_random

        if keras.ops.is_tensor(data):
            data = keras.ops.convert_to_tensor(data, dtype="int64")
        return _torch_random.folded(seed, data)

    @staticmethod
    def integers(seed, shape):
        from keras_mixup import _torch_random

        return _torch_random.words(seed, tuple(shape))

    @staticmethod
    def dirichlet(seed, concentration, shape):
        from keras_mixup import _torch_random

        return _torch_random.dirichlet(seed, concentration, tuple(shape))


_DRAWS = {"tensorflow": TensorFlowDraws, "jax": JaxDraws, "torch": TorchDraws}


def draws_of_backend() -> Any:
    """Returns the draws of the backend in use."""
    name = keras.config.backend()
    if name not in _DRAWS:
        raise ValueError(
            f"keras_mixup runs on these backends of Keras: {', '.join(_DRAWS)}. "
            f"Received: the backend {name!r}. Set KERAS_BACKEND to one of them before "
            "Keras is imported."
        )
    return _DRAWS[name]
