"""What arrives is mixed or refused, whatever was declared."""

import warnings

import keras
import numpy as np
import pytest
from scipy import sparse

from keras_mixup.layers import DirichletMixup

SEED = (11, 12)
X = np.ones((4, 3), "float32")


def calls():
    return [
        lambda *parts: DirichletMixup(num_classes=3).mix(parts, SEED),
        lambda *parts: DirichletMixup(num_classes=3)(*parts),
    ]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([["a"], ["b"]]), r"images of real numbers.*embedding.*str"),
        (np.array([[None], ["b"]], dtype=object), r"real numbers.*dtype object"),
        (np.ones((2, 3), "complex64"), "complex numbers apart.*complex64"),
        (np.ones((2, 3), "bool"), "their union; cast.*bool"),
        (sparse.csr_matrix(np.eye(3)), "Expected dense images.*csr_matrix"),
    ],
)
@pytest.mark.parametrize("call", calls())
def test_inputs_without_mixtures(x, message, call):
    with pytest.raises(ValueError, match=message):
        call(x)
    dictionary = DirichletMixup()
    with pytest.raises(ValueError, match=message):
        dictionary({"images": x})


@pytest.mark.parametrize("call", calls())
def test_labels_without_mixtures(call):
    with pytest.raises(
        ValueError, match=r"encode labels as class ids.*labels of dtype"
    ):
        call(X, np.array(["a", "b", "a", "b"]))


@pytest.mark.tensorflow
def test_sparse_and_ragged_tensors_in_data_sets():
    import tensorflow as tf

    from keras_mixup import data

    tensors = {
        "SparseTensor": tf.sparse.from_dense(np.eye(4, dtype="float32")),
        "RaggedTensor": tf.ragged.constant([[1.0], [1.0, 2.0]]),
    }
    for name, tensor in tensors.items():
        for layer in (DirichletMixup(), DirichletMixup(mix_labels=False)):
            with pytest.raises(ValueError, match=f"Expected dense images.*{name}"):
                layer(tensor)
        dataset = tf.data.Dataset.from_tensor_slices(tensor).batch(2)
        with pytest.raises(ValueError, match="Expected dense images"):
            data.mix(dataset, DirichletMixup())


@pytest.mark.jax
def test_sparse_arrays_of_jax():
    from jax.experimental import sparse as jax_sparse

    with pytest.raises(ValueError, match=r"Expected dense images.*BCOO"):
        DirichletMixup()(jax_sparse.BCOO.fromdense(X))


def test_sparse_and_string_inputs_of_a_network():
    layer = DirichletMixup(mix_labels=False)
    if keras.config.backend() != "torch":  # Which has no sparse inputs.
        with pytest.raises(ValueError, match="Expected dense images"):
            layer(keras.Input((3,), sparse=True))
    with pytest.raises(ValueError, match="of real numbers"):
        layer(keras.Input((3,), dtype="string"))


@pytest.mark.parametrize("dtype", ["int32", "int64", "int8", "uint16"])
def test_whole_numbers_are_told_of_once_for_each_layer(dtype):
    x = np.ones((4, 3), dtype)
    layer = DirichletMixup()
    with pytest.warns(UserWarning, match=f"{dtype} are mixed.*embedding"):
        layer.mix(x, SEED)
    layer.mix(x, SEED)
    layer(x)
    with pytest.warns(UserWarning, match="are mixed as numbers"):
        DirichletMixup()(x)


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
def test_quantities_pass(dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DirichletMixup()(np.ones((4, 3), dtype))


def test_nan_stays_nan():
    x = np.ones((6, 3), "float32")
    x[:, 1] = np.nan
    mixed = np.asarray(DirichletMixup()(x))
    assert np.isnan(mixed[:, 1]).all()
    assert np.isfinite(mixed[:, [0, 2]]).all()
