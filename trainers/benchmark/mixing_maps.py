"""Mixing in a tf.data map, against the layer of Keras."""

import numpy as np

NUM_CLASSES = 10

# (name, against, the largest ratio wanted)
RATIOS = (
    ("two points", "keras MixUp", 1.0),
    ("two, mapped", "keras MixUp", 1.0),
    ("four points", "two points", 1.3),
)


def datasets(batch_size, image_size=32):
    """Returns endless data sets of mixed batches by name, all of the same images.

    Args:
        batch_size: int, images in a batch.
        image_size: int, their height and width.

    Returns:
        Dictionary of `tf.data.Dataset`. The layer of Keras needs float one-hot rows
        and gets them; the others are given class ids.
    """
    import keras
    import tensorflow as tf

    from keras_mixup import data
    from keras_mixup.layers import DirichletMixup

    shape = (batch_size, image_size, image_size, 3)
    x = np.random.default_rng(0).random(shape, dtype="float32")
    ids = np.arange(batch_size, dtype="int32") % NUM_CLASSES
    keras_layer = keras.layers.MixUp(alpha=0.5, seed=0)

    def keras_mix(images, labels):
        mixed = keras_layer({"images": images, "labels": labels})
        return mixed["images"], mixed["labels"]

    def endless(*arrays):
        return tf.data.Dataset.from_tensors(arrays).repeat()

    def layer(num_points):
        return DirichletMixup(num_points, num_classes=NUM_CLASSES, seed=0)

    rows = np.eye(NUM_CLASSES, dtype="float32")[ids]
    return {
        "keras MixUp": endless(x, rows).map(
            keras_mix, num_parallel_calls=tf.data.AUTOTUNE
        ),
        "two points": data.mix(endless(x, ids), layer(2)),
        "two, mapped": endless(x, ids).map(
            layer(2), num_parallel_calls=tf.data.AUTOTUNE
        ),
        "four points": data.mix(endless(x, ids), layer(4)),
    }
