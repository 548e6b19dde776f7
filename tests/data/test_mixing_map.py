import keras
import numpy as np
import pytest

from keras_mixup import data
from keras_mixup.layers import DirichletMixup

X = np.random.RandomState(0).normal(size=(24, 8, 8, 1)).astype("float32")
Y = np.arange(24) % 3
W = np.linspace(0, 1, 24).astype("float32")


def batched(*arrays):
    import tensorflow as tf

    element = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(element).batch(4)


def layer(seed=0, **arguments):
    return DirichletMixup(num_classes=3, seed=seed, **arguments)


def listed(dataset):
    return [keras.tree.map_structure(np.asarray, element) for element in dataset]


def assert_same(first, second):
    keras.tree.map_structure(np.testing.assert_array_equal, first, second)


@pytest.mark.tensorflow
def test_a_parallel_map_is_repeatable_and_in_order():
    dataset = data.mix(batched(X, Y).repeat(5), layer())
    first = listed(dataset)
    assert len(first) == 30
    assert_same(first, listed(dataset))
    assert_same(first, listed(data.mix(batched(X, Y).repeat(5), layer())))


@pytest.mark.tensorflow
def test_equal_batches_are_mixed_differently():
    same = np.concatenate([X[:4]] * 6)
    mixed = listed(data.mix(batched(same), layer()))
    for i in range(6):
        for j in range(i):
            assert (mixed[i] != mixed[j]).any()


@pytest.mark.tensorflow
def test_seeds_and_repeats_differ():
    first = listed(data.mix(batched(X), layer(0)))
    other = listed(data.mix(batched(X), layer(1)))
    repeated = listed(data.mix(batched(X).repeat(2), layer(0)))
    assert_same(first, repeated[:6])
    for i in range(6):
        assert (first[i] != other[i]).any()
        assert (first[i] != repeated[6 + i]).any()


@pytest.mark.tensorflow
def test_each_element_is_what_the_layer_makes_of_it_by_its_index():
    import tensorflow as tf

    from keras_mixup.data import random_bits

    seeds = []
    for index in range(6):
        key = random_bits.fold_in(random_bits.root_key(3, random_bits.MIX), index)
        seeds.append((np.array(key) - 2**31).astype("int32"))
    seeded = tf.data.Dataset.zip(
        batched(X, Y), tf.data.Dataset.from_tensor_slices(np.stack(seeds))
    )
    expected = seeded.map(layer(3).mix)
    mixed = data.mix(batched(X, Y), layer(3))
    assert_same(listed(mixed), listed(expected))


@pytest.mark.tensorflow
def test_skipping_resumes():
    dataset = data.mix(batched(X, Y), layer())
    assert_same(listed(dataset)[4:], listed(dataset.skip(4)))


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("element", "shapes"),
    [
        ((X,), (4, 8, 8, 1)),
        ((X, Y), ((4, 8, 8, 1), (4, 3))),
        ((X, Y, W), ((4, 8, 8, 1), (4, 3), (4,))),
        (({"images": X, "labels": Y},), {"images": (4, 8, 8, 1), "labels": (4, 3)}),
    ],
)
def test_every_form_of_element(element, shapes):
    mixed = next(iter(data.mix(batched(*element), layer())))
    given = keras.tree.map_structure(lambda tensor: tuple(tensor.shape), mixed)
    assert given == shapes


@pytest.mark.tensorflow
def test_fit_takes_what_is_mixed():
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    mixed = data.mix(batched(X, Y), layer())
    history = model.fit(mixed, epochs=2, shuffle=False, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.tensorflow
def test_what_is_no_dataset():
    with pytest.raises(ValueError, match=r"`dataset` must be a tf.data.Dataset"):
        data.mix(X, layer())


@pytest.mark.tensorflow
def test_what_is_no_mixing_layer():
    with pytest.raises(ValueError, match="`layer` must be a layer that mixes by seed"):
        data.mix(batched(X), keras.layers.Dropout(0.5))


@pytest.mark.jax
def test_another_backend():
    with pytest.raises(ValueError, match=r"tensorflow backend.*'jax'"):
        data.mix(X, layer())
