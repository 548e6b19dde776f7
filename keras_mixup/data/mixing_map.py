from typing import TYPE_CHECKING

import keras

from keras_mixup.data import random_bits

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_mixup.layers import DirichletMixup


def mix(dataset: "tf.data.Dataset", layer: "DirichletMixup") -> "tf.data.Dataset":
    """Maps a mixing layer over a batched `tf.data` pipeline, repeatably.

    A layer in a parallel `Dataset.map` draws in whatever order the threads run, so
    that a seeded pipeline gives other batches each time it is built. Here the draws
    for each element come from the layer's seed and the element's index alone. So the
    map may run in parallel, and elements that are equal are still mixed differently.

    Each iteration starts from index 0 and draws the same again. For epochs that differ
    repeat first: `mix(dataset.repeat(), layer)` goes on counting. To resume at step t,
    mix first and skip then: `mix(dataset, layer).skip(t)`.

    Args:
        dataset: A `tf.data.Dataset` of batches: `x`, `(x, y)`, `(x, y, sample_weight)`
            or a dictionary, as `DirichletMixup` takes them.
        layer: A `DirichletMixup`.

    Returns:
        A `tf.data.Dataset` of the same structure, mixed.

    Raises:
        ValueError: For a dataset that is none, or a layer without `mix` and `seed`,
            and on another backend than TensorFlow.

    Example:

    >>> x, y = np.ones((8, 4)), np.arange(8) % 3
    >>> dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    >>> layer = keras_mixup.layers.DirichletMixup(num_classes=3, seed=0)
    >>> dataset = keras_mixup.data.mix(dataset, layer)
    """
    if keras.config.backend() != "tensorflow":
        raise ValueError(
            "`mix` maps Keras operations in tf.data, which needs Keras' tensorflow "
            "backend; on another, call the layer on the batches. Received: backend "
            f"{keras.config.backend()!r}"
        )
    if not hasattr(dataset, "enumerate"):
        raise ValueError(
            "`dataset` must be a tf.data.Dataset of batches. Received: "
            f"{type(dataset).__name__}"
        )
    if not hasattr(layer, "mix") or not isinstance(getattr(layer, "seed", None), int):
        raise ValueError(
            "`layer` must be a layer that mixes by seed, such as "
            f"keras_mixup.layers.DirichletMixup. Received: {type(layer).__name__}"
        )
    import tensorflow as tf

    key = random_bits.root_key(layer.seed, random_bits.MIX)

    def mix_element(index, inputs):
        seed = tf.stack(random_bits.fold_in(key, index))
        # 32 bits each, onto the integers that a TensorFlow seed holds.
        return layer.mix(inputs, tf.cast(seed - 2**31, "int32"))

    return dataset.enumerate().map(
        mix_element, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
