import numpy as np
import pytest

from keras_mixup import _tf_data, mixing
from keras_mixup.layers import DirichletMixup

X = np.random.default_rng(0).normal(size=(6, 4, 4, 3)).astype("float32")
WEIGHTS, PARTNERS = mixing.draw(6, 4, 0.5, (3, 4))


def in_map(function, *inputs):
    import tensorflow as tf

    (element,) = tf.data.Dataset.from_tensors(inputs).map(function)
    return element


@pytest.mark.tensorflow
class TestWhereItIsTold:
    def test_maps_of_every_kind(self):
        import tensorflow as tf

        seen = []

        def note(*inputs):
            seen.append(_tf_data.in_tf_data())
            return inputs[0]

        dataset = tf.data.Dataset.range(3)
        dataset.map(note)
        dataset.map(tf.function(note), num_parallel_calls=2)
        dataset.interleave(lambda x: tf.data.Dataset.range(2).map(note))
        dataset.flat_map(lambda x: (note(x), dataset)[1])
        assert seen == [True] * 4

    def test_steps_and_eager_calls_are_none(self):
        import tensorflow as tf

        seen = []

        @tf.function(jit_compile=True)
        def step(x):
            seen.append(_tf_data.in_tf_data())
            return x

        step(tf.constant(1.0))
        tf.distribute.MirroredStrategy(["CPU:0"]).run(step, [tf.constant(1)])
        assert [*seen, _tf_data.in_tf_data()] == [False] * 3


@pytest.mark.tensorflow
class TestFused:
    def test_equals_the_mixture_within_rounding(self):
        mixed = in_map(mixing.mix_forward, X, WEIGHTS, PARTNERS)
        expected = np.einsum("ik,ik...->i...", WEIGHTS, X[np.asarray(PARTNERS)])
        np.testing.assert_allclose(mixed, expected, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "uint8"])
    def test_dtypes_and_differing_batches(self, dtype):
        import tensorflow as tf

        x = tf.cast(100 * X, dtype)
        layer = DirichletMixup(4, alpha=0.5, mix_labels=False, seed=0)
        dataset = tf.data.Dataset.from_tensor_slices(x).batch(4).map(layer)
        first, last = dataset
        assert first.dtype == ("float32" if dtype == "uint8" else dtype)
        assert (first.shape, last.shape) == ((4, 4, 4, 3), (2, 4, 4, 3))
        for mixed, given in ((first, x[:4]), (last, x[4:])):
            given, mixed = (np.asarray(tf.cast(t, "float64")) for t in (given, mixed))
            assert mixed.min() >= given.min() - 1
            assert mixed.max() <= given.max() + 1

    def test_lengths_that_differ_are_not_compiled_for(self, monkeypatch):
        import tensorflow as tf

        def refuse(*args, **kwargs):
            raise AssertionError("compiled")

        sequences = tf.data.Dataset.from_generator(
            lambda: iter([X[:, :2], X[:, :3]]),
            output_signature=tf.TensorSpec((None, None, 4, 3)),
        )
        layer = DirichletMixup(2, mix_labels=False, seed=0)
        # What is asked last, before a function is compiled for good.
        monkeypatch.setattr(_tf_data, "_has_xla", refuse)
        assert [len(batch[0]) for batch in sequences.map(layer)] == [2, 3]

    def test_without_xla(self, monkeypatch):
        expected = in_map(mixing.mix_forward, X, WEIGHTS, PARTNERS)
        monkeypatch.setattr(_tf_data, "_has_xla", lambda: False)
        plain = in_map(mixing.mix_forward, X, WEIGHTS, PARTNERS)
        np.testing.assert_allclose(plain, expected, rtol=1e-5, atol=1e-6)
