import keras
import numpy as np
import pytest

from keras_mixup import mixing, random
from keras_mixup.models import MixMatchModel

SPARSE = keras.losses.SparseCategoricalCrossentropy
RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4)).astype("float32")
U = RNG.normal(size=(7, 2, 4)).astype("float32")
Y = np.arange(5) % 3
BATCH = {"labeled": X, "unlabeled": U}


def linear_network():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])


def compiled(model, learning_rate=0.0):
    model.compile(
        keras.optimizers.SGD(learning_rate),
        SPARSE(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def mixer(size, **options):
    """The mixing of the first step, from the public functions alone."""
    key = random.fold_in(random.fold_in((5, 0), 0), 0)
    weights, partners = mixing.draw(size, seed=key, dominant_first=True, **options)
    weights, partners = np.asarray(weights, "float64"), np.asarray(partners)
    return lambda v: np.einsum("bk,bk...->b...", weights, v[partners])


def paper(network, **options):
    """The model with the settings of the paper."""
    return MixMatchModel(network, **{"alpha": 0.75, "temperature": 0.5, **options})


def test_guesses_equal_numpy():
    model = MixMatchModel(linear_network(), temperature=0.25)
    kernel, bias = model.network.get_weights()
    guesses, counts = model._guesses([U[:, 0], U[:, 1]])
    assert counts is None
    mean = (softmax(U[:, 0] @ kernel + bias) + softmax(U[:, 1] @ kernel + bias)) / 2
    expected = mean**4 / np.sum(mean**4, -1, keepdims=True)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(guesses), expected, rtol=1e-4, atol=1e-6
    )


def test_sharpening_small_probabilities():
    network = linear_network()
    network.set_weights([np.zeros((4, 3)), np.array([0.0, -60.0, -80.0])])
    guesses, _ = MixMatchModel(network, temperature=0.1)._guesses([X, X])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(guesses), [[1, 0, 0]] * 5, atol=1e-6
    )


@pytest.mark.parametrize("options", [{}, {"num_points": 3, "alpha": 0.5}])
def test_the_loss_equals_numpy(options):
    model = compiled(paper(linear_network(), consistency_weight=7.0, **options, seed=5))
    kernel, bias = (w.astype("float64") for w in model.network.get_weights())
    mean = (softmax(U[:, 0] @ kernel + bias) + softmax(U[:, 1] @ kernel + bias)) / 2
    guess = mean**2 / np.sum(mean**2, -1, keepdims=True)
    mix = mixer(19, **{"num_points": 2, "alpha": 0.75, **options})
    inputs = mix(np.concatenate([X, U[:, 0], U[:, 1]]).astype("float64"))
    rows = mix(np.concatenate([np.eye(3)[Y], guess, guess]))
    p = softmax(inputs @ kernel + bias)
    supervised = -np.mean(np.sum(rows[:5] * np.log(p[:5]), -1))
    consistency = np.mean((rows[5:] - p[5:]) ** 2)
    logs = model.train_on_batch(BATCH, Y, return_dict=True)
    np.testing.assert_allclose(logs["supervised_loss"], supervised, rtol=1e-5)
    np.testing.assert_allclose(logs["consistency_loss"], consistency, rtol=1e-4)
    np.testing.assert_allclose(logs["loss"], supervised + 7 * consistency, rtol=1e-5)
    accuracy = np.mean(p[:5].argmax(-1) == rows[:5].argmax(-1))
    np.testing.assert_allclose(logs["accuracy"], accuracy, rtol=1e-6)


def test_no_gradient_flows_into_the_guesses():
    """A step equals one on fixed targets."""
    model = compiled(paper(linear_network(), consistency_weight=50.0, seed=5), 1.0)
    kernel, bias = (w.astype("float64") for w in model.network.get_weights())
    mean = (softmax(U[:, 0] @ kernel + bias) + softmax(U[:, 1] @ kernel + bias)) / 2
    guess = mean**2 / np.sum(mean**2, -1, keepdims=True)
    mix = mixer(19, num_points=2, alpha=0.75)
    inputs = mix(np.concatenate([X, U[:, 0], U[:, 1]]).astype("float64"))
    rows = mix(np.concatenate([np.eye(3)[Y], guess, guess]))
    p = softmax(inputs @ kernel + bias)
    error = 2 * (p[5:] - rows[5:]) / p[5:].size
    slope = 50.0 * p[5:] * (error - np.sum(error * p[5:], -1, keepdims=True))
    gradient = inputs[:5].T @ (p[:5] - rows[:5]) / 5 + inputs[5:].T @ slope
    model.train_on_batch(BATCH, Y)
    np.testing.assert_allclose(
        model.network.get_weights()[0], kernel - gradient, rtol=1e-4, atol=1e-5
    )


def network_with_norm():
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.BatchNormalization(momentum=0.0, name="norm"),
            keras.layers.Dense(3),
        ]
    )


def test_moving_statistics_are_those_of_the_first_part_alone():
    model = compiled(paper(network_with_norm(), seed=5))
    model.train_on_batch(BATCH, Y)
    mix = mixer(19, num_points=2, alpha=0.75)
    inputs = mix(np.concatenate([X, U[:, 0], U[:, 1]]).astype("float64"))
    # The first third of the labelled rows, the second of the first view and the third
    # of the second view. The sizes of thirds are (1, 2, 2) of five and (2, 2, 3) of
    # seven.
    first = np.concatenate([inputs[:1], inputs[5 + 2 : 5 + 4], inputs[12 + 4 :]])
    np.testing.assert_allclose(
        np.asarray(model.network.get_layer("norm").moving_mean),
        first.mean(0),
        atol=1e-5,
    )


def test_parts_are_cut_as_in_the_code_of_the_authors():
    """Piece i of the labelled rows changes places with piece i of view i."""
    model = MixMatchModel(linear_network())
    labeled, one, two = np.arange(5), 10 + np.arange(7), 20 + np.arange(7)
    parts = model._parts(labeled, np.concatenate([one, two]))
    assert [[list(piece) for piece in part] for part in parts] == [
        [[0], [12, 13], [24, 25, 26]],
        [[10, 11], [1, 2], [14, 15, 16]],
        [[20, 21], [22, 23], [3, 4]],
    ]


def test_outputs_are_in_the_order_of_the_rows():
    model = MixMatchModel(keras.Sequential([keras.Input((1,)), keras.layers.ReLU()]))
    rows = np.arange(19, dtype="float32")[:, None]
    prepared = {"labeled": rows[:5], "unlabeled": rows[5:], "mixed_guesses": rows[5:]}
    outputs = model(prepared, training=True)
    for name in ("labeled", "unlabeled"):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(outputs[name]), prepared[name]
        )


def test_switched_off_it_is_plain_training():
    plain = linear_network()
    model = compiled(
        MixMatchModel(linear_network(), num_points=1, consistency_weight=0.0), 0.5
    )
    model.network.set_weights(plain.get_weights())
    plain.compile(keras.optimizers.SGD(0.5), SPARSE(from_logits=True))
    for _ in range(3):
        model.train_on_batch(BATCH, Y)
        plain.train_on_batch(X, Y)
    # The rows pass in three parts, whose gradients are summed in another order.
    for one, two in zip(model.network.get_weights(), plain.get_weights()):
        np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-7)


def test_later_parts_use_the_weights_as_they_are():
    """Weights of a float32 layer must not be rounded on their way to a later part."""
    keras.config.set_dtype_policy("mixed_float16")
    network = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(2, use_bias=False, dtype="float32")]
    )
    value = np.float32(1 + 2**-12)
    assert np.float16(value) != value
    network.set_weights([np.full((1, 2), value)])
    model = compiled(MixMatchModel(network))
    prepared = {
        "labeled": np.ones((6, 1), "float32"),
        "mixed_guesses": np.full((6, 2), 0.5, "float32"),
        "unlabeled": np.ones((6, 1), "float32"),
    }
    outputs = model(prepared, training=True)
    for part in outputs.values():
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(part), value)


def test_each_pass_draws_a_dropout_mask_of_its_own():
    """Two guesses and three parts: the masks of training are none of the guesses'."""
    dropout = keras.layers.Dropout(0.5, seed=3)
    network = keras.Sequential([keras.Input((4,)), dropout, keras.layers.Dense(3)])
    model = compiled(MixMatchModel(network))
    state = dropout.seed_generator.state
    before = keras.ops.convert_to_numpy(state.value).copy()
    model.train_on_batch(BATCH, Y)
    after = keras.ops.convert_to_numpy(state.value)
    np.testing.assert_array_equal(after - before, [0, 5])


def predicted(model):
    return model.predict(X, verbose=0)


def test_averaged_weights_are_saved(tmp_path):
    model = compiled(MixMatchModel(linear_network(), teacher_decay=0.5, seed=5), 0.5)
    model.train_on_batch(BATCH, Y)
    model.train_on_batch(BATCH, Y)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    configs = [m.get_config() for m in (model, loaded)]
    assert configs[0].pop("network")["config"]["name"] == model.network.name
    assert configs[1].pop("network")["config"]["name"] == model.network.name
    assert configs[0] == configs[1]
    for one, two in ((model, loaded), (model.teacher, loaded.teacher)):
        np.testing.assert_array_equal(predicted(one), predicted(two))
    assert not np.array_equal(predicted(model), predicted(model.teacher))
    assert MixMatchModel(linear_network(), teacher_decay=None).teacher is None


def test_one_view_has_no_axis_of_its_own():
    model = compiled(MixMatchModel(linear_network(), num_views=1, seed=5), 0.1)
    batch = {"labeled": X, "unlabeled": U[:, 0]}
    assert np.isfinite(model.train_on_batch(batch, Y)[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "`temperature` must be a positive number.*0.0"),
        ({"num_views": 0}, "`num_views` must be an integer of at least 1.*0"),
        ({"consistency_weight": -1}, "`consistency_weight` must be a number"),
        ({"teacher_decay": 1.0}, "`teacher_decay` must be at least 0 and below 1"),
        ({"alpha": -1.0}, "`alpha` must be a positive"),
    ],
)
def test_argument_errors(options, message):
    with pytest.raises(ValueError, match=message):
        MixMatchModel(linear_network(), **options)


@pytest.mark.parametrize("num_labels", [1, 3])
def test_independent_labels_are_guessed_with_sigmoids(num_labels):
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(num_labels)])
    model = paper(network, consistency_weight=7.0, ramp=None, seed=5)
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    kernel, bias = (w.astype("float64") for w in network.get_weights())
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    y = np.random.RandomState(0).randint(0, 2, (5, num_labels)).astype("float32")
    mean = sum(sigmoid(U[:, view] @ kernel + bias) for view in range(2)) / 2
    guess = mean**2 / (mean**2 + (1 - mean) ** 2)
    mix = mixer(19, num_points=2, alpha=0.75)
    inputs = mix(np.concatenate([X, U[:, 0], U[:, 1]]).astype("float64"))
    rows = mix(np.concatenate([y, guess, guess]))
    p = sigmoid(inputs @ kernel + bias)
    bce = -(rows[:5] * np.log(p[:5]) + (1 - rows[:5]) * np.log(1 - p[:5])).mean()
    logs = model.train_on_batch(
        BATCH, y[:, 0] if num_labels == 1 else y, return_dict=True
    )
    np.testing.assert_allclose(logs["supervised_loss"], bce, rtol=1e-5)
    np.testing.assert_allclose(
        logs["consistency_loss"], np.mean((rows[5:] - p[5:]) ** 2), rtol=1e-4
    )


def test_what_has_no_classes_to_guess_is_refused():
    model = MixMatchModel(linear_network())
    with pytest.raises(ValueError, match=r"MixMatchModel must know.*regression are no"):
        model.compile("sgd", "mse")


def test_batches_of_another_form_are_refused():
    model = compiled(MixMatchModel(linear_network()))
    with pytest.raises(ValueError, match=r'Expected a batch of .*"unlabeled"'):
        model.train_on_batch(X, Y)
    with pytest.raises(ValueError, match=r"give the pipeline `num_views=2`.*\(7, 4\)"):
        model.train_on_batch({"labeled": X, "unlabeled": U[:, 0]}, Y)


@pytest.mark.parametrize("num_views", [1, 2, 3])
@pytest.mark.parametrize("sizes", [(1, 1), (1, 2), (2, 1), (5, 1)])
def test_no_part_is_without_rows(num_views, sizes):
    model = MixMatchModel(network_with_norm(), num_views=num_views)
    parts = model._parts(np.arange(sizes[0]), np.arange(num_views * sizes[1]))
    assert all(sum(len(piece) for piece in part) for part in parts)


def test_single_rows_have_a_gradient():
    """That of batch normalisation without any row was NaN."""
    model = compiled(MixMatchModel(network_with_norm()), 0.1)
    model.train_on_batch({"labeled": X[:1], "unlabeled": U[:1]}, Y[:1])
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_labels_are_needed():
    model = MixMatchModel(linear_network())
    with pytest.raises(ValueError, match=r"shape \(7, 3\). Received: no labels"):
        model.prepare_batch(BATCH, None, None)
    for y in (np.ones(5, "float32"), np.ones((5, 4), "float32")):
        with pytest.raises(ValueError, match="Class ids can be mixed under"):
            model.prepare_batch(BATCH, y, None)
