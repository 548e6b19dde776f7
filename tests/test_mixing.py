import keras
import numpy as np
import pytest
from keras import ops

from keras_mixup import mixing


def mixed_by_loops(x, weights, partners):
    weights = np.broadcast_to(weights, partners.shape)
    out = np.zeros(x.shape)
    for i in range(len(x)):
        for k in range(partners.shape[1]):
            out[i] += weights[i, k] * x[partners[i, k]]
    return out


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 4, 3), (5, 2, 3, 4, 1), (1, 2)])
@pytest.mark.parametrize("num_points", [1, 2, 5])
@pytest.mark.parametrize("per_example", [True, False])
def test_equals_loops(shape, num_points, per_example):
    x = np.random.RandomState(0).normal(size=shape).astype("float32")
    weights, partners = mixing.draw(
        shape[0], num_points, 0.7, (0, 1), per_example=per_example
    )
    mixed = np.asarray(mixing.mix(x, weights, partners))
    expected = mixed_by_loops(x, np.asarray(weights), np.asarray(partners))
    np.testing.assert_allclose(mixed, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("num_points", [1, 2, 4])
@pytest.mark.parametrize("per_example", [True, False])
def test_drawn_partners_are_mixed_alike(num_points, per_example):
    x = np.random.RandomState(0).randint(0, 9, (6, 2, 3))
    drawn = mixing.draw(6, num_points, 0.7, (0, 1), per_example=per_example)
    np.testing.assert_array_equal(mixing.mix_forward(x, *drawn), mixing.mix(x, *drawn))


def test_structures_share_their_draws():
    x = {"a": np.arange(8.0, dtype="float32"), "b": np.arange(8.0).reshape(8, 1)}
    weights, partners = mixing.draw(8, 3, 0.5, (0, 1))
    mixed = mixing.mix(x, weights, partners)
    np.testing.assert_allclose(mixed["a"], np.asarray(mixed["b"])[:, 0], rtol=1e-6)


@pytest.mark.parametrize(
    ("given", "returned"),
    [
        ("uint8", "float32"),
        ("bool", "float32"),
        ("int64", "float32"),
        ("float16", "float16"),
        ("float32", "float32"),
    ],
)
def test_dtypes(given, returned):
    x = np.array([[1, 0], [0, 1]], given)
    mixed = mixing.mix(x, np.array([0.25, 0.75], "float32"), np.array([[0, 1], [1, 0]]))
    assert returned in str(mixed.dtype)
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.cast(mixed, "float32")), [[0.25, 0.75], [0.75, 0.25]]
    )


def test_a_weight_of_one_is_the_identity():
    x = np.random.RandomState(0).normal(size=(4, 3)).astype("float32")
    partners = np.array([[0, 1], [1, 2], [2, 3], [3, 0]])
    np.testing.assert_array_equal(mixing.mix(x, np.array([1.0, 0.0]), partners), x)


def test_constants_stay_constant():
    weights, partners = mixing.draw(64, 5, 0.5, (0, 1))
    mixed = mixing.mix(np.full((64, 2), 3.0, "float32"), weights, partners)
    np.testing.assert_allclose(mixed, 3.0, rtol=1e-6)


def test_dominant_first_weights_descend():
    weights, _ = mixing.draw(100, 4, 0.5, (0, 1), dominant_first=True)
    plain, _ = mixing.draw(100, 4, 0.5, (0, 1))
    weights, plain = np.asarray(weights), np.asarray(plain)
    assert (np.diff(weights, axis=-1) <= 0).all()
    np.testing.assert_array_equal(np.sort(weights, -1), np.sort(plain, -1))
    shared, _ = mixing.draw(100, 2, 0.5, (0, 1), per_example=False, dominant_first=True)
    assert shared.shape == (2,)
    assert float(shared[0]) >= float(shared[1])


def test_empty_batch():
    weights, partners = mixing.draw(0, 2, 1.0, (0, 1))
    assert mixing.mix(np.zeros((0, 3), "float32"), weights, partners).shape == (0, 3)


def test_a_batch_smaller_than_the_number_of_points():
    weights, partners = mixing.draw(2, 5, 1.0, (0, 1))
    assert mixing.mix(np.eye(2, dtype="float32"), weights, partners).shape == (2, 2)


def test_weights_and_partners_of_different_numbers_of_points():
    with pytest.raises(ValueError, match=r"one column for each.*\(2,\).*\(2, 3\)"):
        mixing.mix(np.eye(2), np.full(2, 0.5), np.zeros((2, 3), "int32"))


def compiled(function):
    if keras.config.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=True)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("num_points", [1, 2, 4])
def test_drawn_partners_are_mixed_with_the_gradient_of_their_sum(
    num_points, jit_compile, gradient
):
    rng = np.random.RandomState(0)
    x = rng.normal(size=(6, 2, 3)).astype("float32")
    upstream = rng.normal(size=x.shape).astype("float32")
    weights, partners = map(np.asarray, mixing.draw(6, num_points, 0.7, (0, 1)))

    def mixed(x):
        return ops.sum(mixing.mix_drawn(x, weights, partners) * ops.copy(upstream))

    np.testing.assert_allclose(
        mixing.mix_drawn(x, weights, partners),
        mixed_by_loops(x, weights, partners),
        rtol=1e-5,
        atol=1e-6,
    )
    # Each example passes its upstream on to its partners, by their weights.
    expected = np.zeros_like(x)
    for i, k in np.ndindex(weights.shape):
        expected[partners[i, k]] += weights[i, k] * upstream[i]
    options = {"compiled": compiled} if jit_compile else {}
    np.testing.assert_allclose(
        gradient(mixed, x, **options), expected, rtol=1e-5, atol=1e-6
    )


def weighted_by_loops(rows, weight, weights, partners):
    """Each sum of the definition, label by label; `weight` fits `rows`."""
    weight = np.broadcast_to(weight, rows.shape)
    weights = np.broadcast_to(weights, partners.shape)
    mixed, total = np.zeros(rows.shape), np.zeros(rows.shape)
    for i, k in np.ndindex(partners.shape):
        share = weights[i, k] * weight[partners[i, k]]
        counted = np.where(share > 0, rows[partners[i, k]], 0)
        mixed[i], total[i] = mixed[i] + share * counted, total[i] + share
    return np.divide(mixed, total, where=total > 0, out=np.zeros(rows.shape))


@pytest.mark.parametrize("per_example", [True, False])
@pytest.mark.parametrize(
    ("shape", "weight_shape"),
    [
        *(((6,), (6,)), ((6, 3), (6,)), ((6, 5, 3), (6,)), ((6, 5, 3), (6, 5))),
        *(((6, 4, 5, 3), (6, 1, 5)), ((6, 5), (6, 5))),
    ],
)
def test_labels_with_weights(shape, weight_shape, per_example):
    rng = np.random.RandomState(0)
    rows = rng.normal(size=shape).astype("float32")
    weight = rng.uniform(0, 2, weight_shape).astype("float32")
    weight[1:3] = 0
    rows[2] = np.nan
    weights, partners = mixing.draw(6, 3, 0.7, (0, 1), per_example=per_example)
    mixed, mixed_weight = mixing.mix_labels(rows, weight, weights, partners)
    weights, partners = np.asarray(weights), np.asarray(partners)
    fitting = weight.reshape(*weight_shape, *(1,) * (len(shape) - len(weight_shape)))
    np.testing.assert_allclose(
        mixed,
        weighted_by_loops(rows, fitting, weights, partners),
        rtol=1e-4,
        atol=1e-5,
    )
    np.testing.assert_allclose(
        mixed_weight, mixed_by_loops(weight, weights, partners), rtol=1e-5, atol=1e-6
    )


def test_labels_of_no_weight_at_all_are_zero():
    weights, partners = mixing.draw(4, 2, 0.5, (0, 1))
    rows, weight = np.full((4, 3), np.nan, "float32"), np.zeros(4, "float32")
    mixed = mixing.mix_labels(rows, weight, weights, partners)
    assert not any(np.asarray(part).any() for part in mixed)


def test_labels_of_equal_weights_are_mixed_as_without():
    rows = np.random.RandomState(0).normal(size=(6, 3)).astype("float32")
    weights, partners = mixing.draw(6, 2, 0.5, (0, 1))
    mixed, weight = mixing.mix_labels(rows, np.full(6, 3.0), weights, partners)
    plain = mixing.mix(rows, weights, partners)
    np.testing.assert_allclose(mixed, plain, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(weight, 3, rtol=1e-6)


@pytest.mark.parametrize("dominant_first", [True, False])
@pytest.mark.parametrize("per_example", [True, False])
def test_a_probability_of_mixing(per_example, dominant_first):
    options = {"per_example": per_example, "dominant_first": dominant_first}
    plain, partners = map(np.asarray, mixing.draw(4000, 3, 0.5, (0, 1), **options))
    alone = np.broadcast_to(np.array([1, 0, 0], "float32"), plain.shape)
    for probability in (1, 1.0, np.float64(1), ops.convert_to_tensor(1.0)):
        weights, same = mixing.draw(
            4000, 3, 0.5, (0, 1), **options, probability=probability
        )
        np.testing.assert_array_equal(weights, plain)
        np.testing.assert_array_equal(same, partners)
    weights, _ = mixing.draw(4000, 3, 0.5, (0, 1), **options, probability=0.0)
    np.testing.assert_array_equal(weights, alone)
    weights, _ = mixing.draw(4000, 3, 0.5, (0, 1), **options, probability=0.3)
    weights = np.asarray(weights)
    is_mixed = (weights == plain).all(-1)
    np.testing.assert_array_equal(weights, np.where(is_mixed[..., None], plain, alone))
    # By chance in 6 of 10 million seeds.
    if per_example:
        assert abs(is_mixed.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 4000)
    else:
        mixed = [
            float(mixing.draw(1, 2, 9.0, (seed, 1), **options, probability=0.3)[0][1])
            for seed in range(200)
        ]
        assert abs(np.mean(np.array(mixed) > 0) - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 200)
