"""Sample weights of mixtures: the loss of a mixture is the mixture of the losses."""

import keras
import numpy as np
import pytest

from keras_mixup import mixing
from keras_mixup.layers import DirichletMixup

SEED = (11, 12)
RNG = np.random.RandomState(0)


def drawn(size=6):
    return map(np.asarray, mixing.draw(size, 2, 0.5, SEED))


def by_loops(rows, weight):
    """Labels and weights of mixtures, example by example; `weight` fits `rows`."""
    lambdas, partners = drawn(len(rows))
    weight = np.broadcast_to(weight, rows.shape)
    mixed, mixed_weight = np.zeros(rows.shape), np.zeros(rows.shape)
    for i, k in np.ndindex(lambdas.shape):
        j = partners[i, k]
        mixed_weight[i] += lambdas[i, k] * weight[j]
        mixed[i] += lambdas[i, k] * weight[j] * rows[j]
    return np.divide(mixed, mixed_weight, where=mixed_weight > 0, out=0 * mixed)


@pytest.mark.parametrize("form", ["ids", "column", "rows", "targets"])
@pytest.mark.parametrize("column", [False, True])
def test_weights_of_examples(form, column):
    x = RNG.normal(size=(6, 4)).astype("float32")
    ids, weight = np.arange(6) % 3, np.array([0, 1, 2, 0.5, 0, 3], "float32")
    targets = RNG.normal(size=6).astype("float32")
    y = {"ids": ids, "column": ids[:, None], "targets": targets}.get(
        form, np.eye(3, dtype="float32")[ids]
    )
    given = weight[:, None] if column else weight
    layer = DirichletMixup(num_classes=None if form == "targets" else 3)
    _, rows, mixed_weight = layer.mix((x, y, given), SEED)
    plain = targets if form == "targets" else np.eye(3)[ids]
    expected = by_loops(plain, weight if form == "targets" else weight[:, None])
    np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-6)
    lambdas, partners = drawn()
    expected = np.sum(lambdas * weight[partners], -1).reshape(given.shape)
    np.testing.assert_allclose(mixed_weight, expected, rtol=1e-5)


def test_the_loss_is_the_mixture_of_the_losses():
    ids, weight = np.arange(6) % 3, np.array([0, 1, 2, 0.5, 0, 3], "float32")
    x = logits = RNG.normal(size=(6, 3)).astype("float32")
    _, rows, mixed_weight = DirichletMixup(num_classes=3).mix((x, ids, weight), SEED)
    lambdas, partners = drawn()
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = sum(
        -lambdas[:, k]
        * weight[partners[:, k]]
        * log_p[np.arange(6), ids[partners[:, k]]]
        for k in range(2)
    )
    loss = keras.losses.categorical_crossentropy(rows, logits, from_logits=True)
    np.testing.assert_allclose(loss * mixed_weight, expected, rtol=1e-4, atol=1e-6)


def test_weights_of_steps():
    x = RNG.normal(size=(6, 5, 2)).astype("float32")
    ids, weight = RNG.randint(0, 3, (6, 5)), RNG.uniform(0, 2, (6, 5))
    weight[:, 3:] = 0
    _, rows, mixed_weight = DirichletMixup(num_classes=3).mix((x, ids, weight), SEED)
    expected = by_loops(np.eye(3)[ids], weight[..., None])
    np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-6)
    assert not np.asarray(mixed_weight)[:, 3:].any()
    targets = ids.astype("float32")
    _, mixed, _ = DirichletMixup().mix((x, targets, weight), SEED)
    np.testing.assert_allclose(mixed, by_loops(targets, weight), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("per_pixel", [False, True])
def test_weights_of_masks(per_pixel):
    x = RNG.normal(size=(6, 4, 4, 2)).astype("float32")
    ids = RNG.randint(0, 3, (6, 4, 4))
    weight = RNG.uniform(0, 2, (6, 4, 4) if per_pixel else 6)
    given = {"images": x, "segmentation_masks": ids, "sample_weight": weight}
    mixed = DirichletMixup(num_classes=3).mix(given, SEED)
    expected = by_loops(
        np.eye(3)[ids], weight.reshape(6, *weight.shape[1:] or (1, 1), 1)
    )
    np.testing.assert_allclose(mixed["segmentation_masks"], expected, rtol=1e-5)


@pytest.mark.parametrize("label", [-1.0, 7.0, np.nan])
def test_an_example_of_weight_zero_may_have_any_label(label):
    x, weight = np.ones((6, 2), "float32"), np.array([1, 0, 1, 1, 0, 1], "float32")
    plain = np.arange(6.0) % 3
    layer, results = DirichletMixup(num_classes=3), []
    for y in (plain, np.where(weight == 0, label, plain)):
        _, rows, _ = layer.mix((x, y, weight), SEED)
        results.append(np.asarray(rows))
    np.testing.assert_array_equal(*results)


def test_equal_weights_change_no_label():
    x, ids = np.ones((6, 2), "float32"), np.arange(6) % 3
    layer = DirichletMixup(num_classes=3)
    _, plain = layer.mix((x, ids), SEED)
    _, rows, weight = layer.mix((x, ids, np.full(6, 2.0)), SEED)
    np.testing.assert_allclose(rows, plain, rtol=1e-5)
    np.testing.assert_allclose(weight, 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "weight", "message"),
    [
        (np.zeros(4), np.ones((4, 2)), r"for each step or pixel.*\(4, 2\)"),
        (np.zeros((4, 3)), np.ones((4, 3)), "for each label, not for each class"),
        (np.zeros(4), -np.ones(4), "finite and not negative.*4 weights"),
        (np.zeros(4), np.array([1, np.nan, np.inf, 1]), "finite.*2 weights"),
    ],
)
def test_errors(y, weight, message):
    x = np.ones((4, 2), "float32")
    with pytest.raises(ValueError, match=message):
        DirichletMixup(num_classes=3).mix((x, y, weight), SEED)


@pytest.mark.tensorflow
def test_wrong_weights_in_a_graph_give_nan():
    import tensorflow as tf

    element = (np.ones((2, 1)), np.zeros(2), np.array([1.0, -1.0]))
    dataset = tf.data.Dataset.from_tensors(element)
    layer = DirichletMixup(num_points=1, num_classes=3)
    _, rows, weight = next(iter(dataset.map(layer)))
    assert np.isnan(rows[1]).all()
    assert np.isnan(weight[1])
    np.testing.assert_array_equal(rows[0], [1, 0, 0])
