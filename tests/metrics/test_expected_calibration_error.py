import keras
import numpy as np
import pytest

from keras_mixup.metrics import ExpectedCalibrationError


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def reference(y, probabilities, num_bins=15, weights=None):
    """Bin by bin, as the paper writes it."""
    confidence = probabilities.max(-1)
    correct = probabilities.argmax(-1) == y
    weights = np.ones(len(y)) if weights is None else weights
    total = 0.0
    for m in range(num_bins):
        inside = (confidence > m / num_bins) & (confidence <= (m + 1) / num_bins)
        share = weights * inside
        if share.sum():
            accuracy = (share * correct).sum() / share.sum()
            mean_confidence = (share * confidence).sum() / share.sum()
            total += share.sum() / weights.sum() * abs(accuracy - mean_confidence)
    return total


def example(num=200, num_classes=4, seed=0):
    generator = np.random.default_rng(seed)
    logits = 2 * generator.normal(size=(num, num_classes)).astype("float32")
    return generator.integers(0, num_classes, num), logits


def value_of(metric, *args):
    metric.update_state(*args)
    return float(metric.result())


@pytest.mark.parametrize("num_bins", [1, 2, 10, 15, 100])
def test_against_numpy(num_bins):
    y, logits = example()
    expected = reference(y, softmax(logits.astype("float64")), num_bins)
    assert value_of(ExpectedCalibrationError(num_bins), y, logits) == pytest.approx(
        expected, abs=1e-6
    )
    metric = ExpectedCalibrationError(num_bins, from_logits=False)
    assert value_of(metric, y, softmax(logits)) == pytest.approx(expected, abs=1e-6)


def test_by_hand():
    # Bins (0, .5] and (.5, 1]: confidences .5 (right), .5 (wrong); .8 (right).
    probabilities = np.array([[0.5, 0.3, 0.2], [0.3, 0.5, 0.2], [0.1, 0.1, 0.8]])
    metric = ExpectedCalibrationError(2, from_logits=False)
    value = value_of(metric, np.array([0, 0, 2]), probabilities)
    assert value == pytest.approx(2 / 3 * 0 + 1 / 3 * 0.2, abs=1e-6)


def test_bins_are_closed_on_the_right():
    # .5 and .6 share the bin (.5, 1] only if it were closed on the left.
    probabilities = np.array([[0.5, 0.5], [0.375, 0.625]])
    y = np.array([1, 1])  # Ties go to the first class: wrong, then right.
    metric = ExpectedCalibrationError(2, from_logits=False)
    assert value_of(metric, y, probabilities) == pytest.approx((0.5 + 0.375) / 2)


@pytest.mark.parametrize("num_bins", [3, 7, 10, 15])
def test_every_edge_falls_in_the_bin_below(num_bins):
    edges = (np.arange(1, num_bins + 1) / num_bins).astype("float32")
    edges = edges[edges > 0.5]
    metric = ExpectedCalibrationError(num_bins, from_logits=False)
    metric.update_state(np.zeros(len(edges)), np.stack([edges, 1 - edges], -1))
    counts = keras.ops.convert_to_numpy(metric.weight)
    assert counts.sum() == len(edges)
    np.testing.assert_array_equal(counts[-len(edges) :], 1)


def test_perfect_and_worst():
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert (
        value_of(ExpectedCalibrationError(from_logits=False), [0, 1], probabilities)
        == 0
    )
    assert (
        value_of(ExpectedCalibrationError(from_logits=False), [1, 0], probabilities)
        == 1
    )


def test_label_forms_agree():
    y, logits = example(20)
    rows = np.eye(4)[y]
    expected = value_of(ExpectedCalibrationError(), y, logits)
    for form in (y[:, None], y.astype("float32"), rows, 0.6 * rows + 0.1):
        assert value_of(ExpectedCalibrationError(), form, logits) == expected


def test_as_many_classes_as_examples():
    y, logits = example(4)
    assert value_of(ExpectedCalibrationError(), y, logits) == pytest.approx(
        reference(y, softmax(logits)), abs=1e-6
    )


def test_batches_add_up_and_reset():
    y, logits = example()
    metric = ExpectedCalibrationError()
    for part in np.array_split(np.arange(len(y)), 7):
        metric.update_state(y[part], logits[part])
    assert float(metric.result()) == pytest.approx(
        reference(y, softmax(logits)), abs=1e-6
    )
    metric.reset_state()
    assert float(metric.result()) == 0


def test_sample_weights():
    y, logits = example()
    weights = np.random.default_rng(1).uniform(0, 3, len(y))
    expected = reference(y, softmax(logits), weights=weights)
    for form in (weights, weights[:, None]):
        assert value_of(ExpectedCalibrationError(), y, logits, form) == pytest.approx(
            expected, abs=1e-6
        )
    kept = weights > 1.5
    masked = value_of(ExpectedCalibrationError(), y, logits, kept)
    selected = value_of(ExpectedCalibrationError(), y[kept], logits[kept])
    assert masked == pytest.approx(selected, abs=1e-6)


def test_predictions_for_every_pixel():
    y, logits = example(24)
    weights = np.arange(4.0)
    per_pixel = np.repeat(weights, 6)
    expected = reference(y, softmax(logits), weights=per_pixel)
    shape = (4, 3, 2)
    value = value_of(
        ExpectedCalibrationError(),
        y.reshape(shape),
        logits.reshape(*shape, 4),
        weights,
    )
    assert value == pytest.approx(expected, abs=1e-6)


def test_low_precision_predictions():
    y, logits = example()
    logits = logits.astype("float16")
    expected = reference(y, softmax(logits.astype("float64")))
    assert value_of(ExpectedCalibrationError(), y, logits) == pytest.approx(
        expected, abs=1e-6
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_a_compiled_model(jit_compile):
    y, logits = example(50)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Identity()])
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[ExpectedCalibrationError()],
        jit_compile=jit_compile,
    )
    logs = model.evaluate(logits, y, batch_size=16, verbose=0, return_dict=True)
    assert logs["expected_calibration_error"] == pytest.approx(
        reference(y, softmax(logits)), abs=1e-6
    )


@pytest.mark.tensorflow
def test_two_replicas_add_up():
    import tensorflow as tf

    y, logits = example(48)
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Identity()])
        model.compile(
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[ExpectedCalibrationError()],
            jit_compile=False,
        )
    logs = model.evaluate(logits, y, batch_size=16, verbose=0, return_dict=True)
    assert logs["expected_calibration_error"] == pytest.approx(
        reference(y, softmax(logits)), abs=1e-6
    )


def test_config_round_trip():
    metric = ExpectedCalibrationError(10, from_logits=False, name="ece")
    config = keras.saving.serialize_keras_object(metric)
    restored = keras.saving.deserialize_keras_object(config)
    assert type(restored) is ExpectedCalibrationError
    assert restored.get_config() == metric.get_config()
    assert (restored.num_bins, restored.from_logits, restored.name) == (
        10,
        False,
        "ece",
    )


@pytest.mark.parametrize("num_bins", [0, -1, 2.5])
def test_bad_number_of_bins(num_bins):
    with pytest.raises(ValueError, match="`num_bins` must be a positive integer"):
        ExpectedCalibrationError(num_bins)


@pytest.mark.parametrize(
    ("y_shape", "pred_shape", "weight_shape", "message"),
    [
        ((3,), (3,), None, "at least 2 classes"),
        ((3,), (3, 1), None, "at least 2 classes"),
        ((3, 2), (3, 4), None, r"`y_true` must be class ids or rows.*\(3, 2\)"),
        ((1,), (3, 4), None, r"`y_true` must be class ids or rows.*\(1,\)"),
        ((3,), (3, 5, 4), None, "`y_true` must be class ids or rows"),
        ((3,), (3, 4), (2,), r"`sample_weight` must have one weight.*\(2,\)"),
        ((3,), (3, 4), (3, 4), "`sample_weight` must have one weight"),
    ],
)
def test_shapes_that_do_not_fit(y_shape, pred_shape, weight_shape, message):
    weights = None if weight_shape is None else np.ones(weight_shape)
    with pytest.raises(ValueError, match=message):
        ExpectedCalibrationError().update_state(
            np.zeros(y_shape), np.zeros(pred_shape), weights
        )
