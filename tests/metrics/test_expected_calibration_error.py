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
        ((3,), (3,), None, "must be logits or probabilities"),
        ((3, 2), (3, 1), None, "`y_true` must be class ids or rows"),
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


def masked_network():
    x = keras.Input((6, 4))
    y = keras.layers.Dense(4)(keras.layers.Masking()(x))
    return keras.Model(x, y)


@pytest.mark.parametrize("weighted", [False, True])
def test_masked_steps_do_not_count(weighted):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 6, 4)).astype("float32")
    x[:, 3:] = 0
    y = rng.integers(0, 4, (32, 6))
    y[:, 3:] = -7
    weights = rng.uniform(0, 2, (32, 6)) if weighted else None
    network = masked_network()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-7)
    metric = ExpectedCalibrationError(name="ece")
    network.compile(loss=loss, weighted_metrics=[metric])
    logs = network.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    logits = network.predict(x, verbose=0)[:, :3].reshape(-1, 4)
    kept = None if weights is None else weights[:, :3].ravel()
    expected = reference(y[:, :3].ravel(), softmax(logits), weights=kept)
    assert logs["ece"] == pytest.approx(expected, abs=1e-5)
    assert value_of(
        ExpectedCalibrationError(), y, network(x), weights
    ) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("form", ["ids", "column", "soft"])
def test_one_output_is_the_second_of_two_classes(from_logits, form):
    rng = np.random.default_rng(0)
    logits = 2 * rng.normal(size=(200, 1)).astype("float32")
    y = rng.integers(0, 2, 200)
    second = 1 / (1 + np.exp(-logits.astype("float64")))
    expected = reference(y, np.concatenate([1 - second, second], -1))
    given = {"ids": y, "column": y[:, None], "soft": 0.8 * y + 0.1}[form]
    metric = ExpectedCalibrationError(from_logits=from_logits)
    value = value_of(metric, given, logits if from_logits else second)
    assert value == pytest.approx(expected, abs=1e-5)


def test_a_class_that_is_ignored():
    y, logits = example()
    marked = np.where(np.arange(200) % 3 == 0, -1, y)
    value = value_of(ExpectedCalibrationError(ignore_class=-1), marked, logits)
    kept = marked >= 0
    expected = reference(y[kept], softmax(logits[kept]))
    assert value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("label", [-1, 4, 0.5, np.nan])
def test_labels_outside_the_classes(label):
    y, logits = example(6)
    y = y.astype("float32")
    y[2] = label
    with pytest.raises(ValueError, match="`y_true` must be class ids from 0"):
        ExpectedCalibrationError().update_state(y, logits)
    weights = np.arange(6) != 2
    left_out = value_of(ExpectedCalibrationError(), y, logits, weights)
    alone = value_of(ExpectedCalibrationError(), y[weights], logits[weights])
    assert left_out == pytest.approx(alone, abs=1e-6)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Identity()])
    model.compile(
        loss=lambda y_true, y_pred: keras.ops.mean(y_pred, axis=-1),
        metrics=[ExpectedCalibrationError(name="ece")],
    )
    if keras.config.backend() == "torch":
        # Its steps are not compiled, and have values.
        with pytest.raises(ValueError, match="`y_true` must be class ids from 0"):
            model.evaluate(logits, y, verbose=0)
        return
    assert np.isnan(model.evaluate(logits, y, verbose=0, return_dict=True)["ece"])


def test_several_independent_labels_are_refused():
    rows = np.array([[1, 1, 0], [0, 0, 0]], "float32")
    with pytest.raises(ValueError, match="several independent labels"):
        ExpectedCalibrationError().update_state(rows, rows)


@pytest.mark.parametrize("wrong", [-0.5, 3.0, np.nan])
def test_predictions_that_are_no_probabilities(wrong):
    rows = np.array([[0.5, 0.5], [wrong, 0.5]])
    metric = ExpectedCalibrationError(from_logits=False)
    with pytest.raises(ValueError, match="probabilities from 0 to 1"):
        metric.update_state([0, 1], rows)
    # What does not count need not be a number.
    assert value_of(metric, [0, 1], rows, [1, 0]) == pytest.approx(0.5)


def test_counts_do_not_stop_in_float16():
    metric = ExpectedCalibrationError(from_logits=False, dtype="float16")
    rows = np.tile([[0.75, 0.25]], (3000, 1))
    for _ in range(2):
        metric.update_state(np.zeros(3000, "int32"), rows)
    assert float(np.sum(keras.ops.convert_to_numpy(metric.weight))) == 6000
    assert keras.backend.standardize_dtype(metric.result().dtype) == "float16"
    assert float(metric.result()) == 0.25


@pytest.mark.tensorflow
def test_float64():
    y, logits = example()
    logits = logits.astype("float64")
    metric = ExpectedCalibrationError(dtype="float64")
    expected = reference(y, softmax(logits))
    assert value_of(metric, y, logits) == pytest.approx(expected, abs=1e-14)


def test_empty_batches_change_nothing():
    y, logits = example(8)
    metric = ExpectedCalibrationError()
    value = value_of(metric, y, logits)
    assert value_of(metric, y[:0], logits[:0]) == value


@pytest.mark.tensorflow
def test_ragged_predictions_are_refused():
    import tensorflow as tf

    ragged = tf.ragged.constant([[[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]])
    with pytest.raises(ValueError, match="`y_pred` to be a dense array"):
        ExpectedCalibrationError().update_state([0, 1], ragged)


@pytest.mark.parametrize("ignore_class", [True, 0.5, "a"])
def test_bad_ignored_class(ignore_class):
    with pytest.raises(ValueError, match="`ignore_class` must be an integer or None"):
        ExpectedCalibrationError(ignore_class=ignore_class)
