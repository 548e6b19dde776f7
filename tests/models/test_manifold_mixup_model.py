import functools
import warnings

import keras
import numpy as np
import pytest
from keras import ops

from keras_mixup import applications, mixing, random
from keras_mixup.models import ManifoldMixupModel

SPARSE = keras.losses.SparseCategoricalCrossentropy
RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4)).astype("float32")
Y = np.arange(6) % 3


def network(**options):
    return applications.MLP((4,), 3, hidden_units=(5, 5), activation="tanh", **options)


def compiled(model, learning_rate=0.0):
    model.compile(keras.optimizers.SGD(learning_rate), SPARSE(from_logits=True))
    return model


def draws(step, num_layers, **options):
    """The drawn layer, weights and partners of a step, from the public functions."""
    return as_numpy(*draw(step, num_layers, **options))


def draw(step, num_layers, **options):
    keys = [random.fold_in(random.fold_in((5, stream), step), 0) for stream in (0, 1)]
    drawn = random.integer(num_layers, keys[1])
    return drawn, *mixing.draw(len(X), seed=keys[0], **options)


def as_numpy(drawn, weights, partners):
    partners = np.asarray(partners)
    weights = np.broadcast_to(np.asarray(weights, "float64"), partners.shape)
    return int(drawn), lambda v: np.einsum("bk,bk...->b...", weights, v[partners])


def under_xla(function):
    """TensorFlow draws other numbers under XLA, JAX the same."""
    if keras.config.backend() != "tensorflow":
        return function
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)


def numpy_loss(model, drawn, mix):
    """The loss, mixed at one place: before layer `drawn`, counted from the input."""
    h = X.astype("float64")
    for place in range(3):
        if place == drawn:
            h = mix(h)
        kernel, bias = model.network.get_layer(f"layer_{place}").get_weights()
        h = h @ kernel + bias
        h = np.tanh(h) if place < 2 else h
    log_p = h - np.log(np.exp(h).sum(-1, keepdims=True))
    return -np.mean(np.sum(mix(np.eye(3)[Y]) * log_p, -1))


@pytest.mark.parametrize(
    "jit_compile", [False, pytest.param(True, marks=pytest.mark.slow_on_tensorflow)]
)
@pytest.mark.parametrize("options", [{}, {"num_points": 3, "per_example": True}])
def test_each_step_mixes_at_the_layer_that_it_drew(options, jit_compile):
    model = compiled(ManifoldMixupModel(network(), alpha=0.5, **options, seed=5))
    model.jit_compile = jit_compile
    options = {"num_points": 2, "alpha": 0.5, "per_example": False, **options}
    seen = set()
    draw_step = functools.partial(draw, num_layers=3, **options)
    if jit_compile:
        draw_step = under_xla(draw_step)
    for step in range(8):
        drawn, mix = as_numpy(*draw_step(ops.convert_to_tensor(step)))
        seen.add(drawn)
        model.reset_metrics()
        loss = model.train_on_batch(X, Y)
        np.testing.assert_allclose(loss, numpy_loss(model, drawn, mix), rtol=1e-4)
    assert seen == {0, 1, 2}


def test_every_layer_is_drawn_as_often():
    drawn = [int(random.integer(3, (5, step))) for step in range(300)]
    # Five standard deviations of 300 draws: a false alarm in 600,000 runs.
    assert np.abs(np.bincount(drawn) - 100).max() < 5 * np.sqrt(300 * 2 / 9)


def test_the_input_alone_is_mixup_of_the_inputs():
    model = compiled(ManifoldMixupModel(network(), ["input"], alpha=0.5, seed=5))
    _, mix = draws(0, 1, num_points=2, alpha=0.5, per_example=False)
    np.testing.assert_allclose(
        model.train_on_batch(X, Y), numpy_loss(model, 0, mix), rtol=1e-5
    )


def test_one_point_equals_plain_training_to_the_last_digit():
    plain = network()
    model = compiled(ManifoldMixupModel(network(), num_points=1), 0.5)
    model.network.set_weights(plain.get_weights())
    plain.compile(keras.optimizers.SGD(0.5), SPARSE(from_logits=True))
    for _ in range(3):
        model.train_on_batch(X, Y)
        plain.train_on_batch(X, Y)
    for one, two in zip(model.network.get_weights(), plain.get_weights()):
        np.testing.assert_array_equal(one, two)


def test_there_is_no_second_copy_of_the_weights():
    inner = applications.WideResNet((6, 6, 1), 3, depth=10, width=1)
    model = ManifoldMixupModel(inner)
    # The step is the one weight more.
    assert len(model.weights) == len(inner.weights) + 1
    assert {id(w) for w in inner.weights} < {id(w) for w in model.weights}
    assert len(model.variables) == len(inner.variables) + 1


def test_moving_statistics_move_once_a_step_through_the_drawn_layer():
    inner = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(4, name="first"),
            keras.layers.BatchNormalization(momentum=0.0, name="norm"),
            keras.layers.Dense(3),
        ]
    )
    model = compiled(ManifoldMixupModel(inner, ["first"], alpha=0.5, seed=5))
    model.train_on_batch(X, Y)
    _, mix = draws(0, 1, num_points=2, alpha=0.5, per_example=False)
    kernel, bias = inner.get_layer("first").get_weights()
    np.testing.assert_allclose(
        np.asarray(inner.get_layer("norm").moving_mean),
        mix(X.astype("float64") @ kernel + bias).mean(0),
        atol=1e-5,
    )


def test_defaults_of_the_applications():
    wide = applications.WideResNet((8, 8, 1), 10, depth=10, width=1)
    assert ManifoldMixupModel(wide).layer_names == ["input", "layer_1", "layer_2"]
    assert ManifoldMixupModel(network()).layer_names == ["input", "layer_0", "layer_1"]


def test_networks_of_several_inputs_and_sequential_ones():
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    h = keras.layers.Concatenate(name="both")([a, b])
    several = keras.Model({"a": a, "b": b}, keras.layers.Dense(3)(h))
    x = {"a": X[:, :2], "b": X[:, 1:]}
    model = compiled(ManifoldMixupModel(several, ["input", "both"], seed=5), 0.1)
    model.fit(x, Y, batch_size=6, epochs=3, verbose=0)
    sequential = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="d")])
    model = compiled(ManifoldMixupModel(sequential, ["input", "d"], seed=5), 0.1)
    assert np.isfinite(model.fit(X, Y, epochs=3, verbose=0).history["loss"]).all()


def test_keys_of_inputs_need_not_be_their_names():
    a, b = keras.Input((2,), name="p"), keras.Input((2,), name="o")
    h = keras.layers.Subtract(name="less")([a, b])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras advises against it.
        inner = keras.Model({"u": a, "v": b}, keras.layers.Dense(3)(h))
    model = compiled(ManifoldMixupModel(inner, ["less"], alpha=0.5, seed=5))
    _, mix = draws(0, 1, num_points=2, alpha=0.5, per_example=False)
    kernel, bias = inner.layers[-1].get_weights()
    logits = mix((X[:, :2] - X[:, 2:]).astype("float64")) @ kernel + bias
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    loss = model.train_on_batch({"u": X[:, :2], "v": X[:, 2:]}, Y)
    expected = -np.mean(np.sum(mix(np.eye(3)[Y]) * log_p, -1))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_words_are_mixed_after_their_embedding_alone():
    words = keras.Input((5,), dtype="int32")
    h = keras.layers.Flatten()(keras.layers.Embedding(9, 2, name="embedding")(words))
    inner = keras.Model(words, keras.layers.Dense(3)(h))
    model = compiled(ManifoldMixupModel(inner, ["embedding"], seed=5))
    assert np.isfinite(model.train_on_batch(np.arange(30).reshape(6, 5) % 9, Y))
    with pytest.raises(ValueError, match=r"It looks this one up.*'embedding'"):
        ManifoldMixupModel(inner, ["input", "embedding"])
    assert ManifoldMixupModel(inner, ["input"], num_points=1).layer_names == ["input"]


def test_float32_layers_of_a_mixed_network_are_mixed_in_float32():
    keras.config.set_dtype_policy("mixed_float16")
    inner = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, dtype="float32", name="d")]
    )
    model = compiled(ManifoldMixupModel(inner, ["d"], seed=5))
    x = {
        "clean": X,
        "drawn": np.zeros(6, "int32"),
        "partners": np.stack([np.arange(6), np.arange(6)[::-1]], 1).astype("int32"),
        "weights": np.full((6, 2), 0.5, "float32"),
    }
    outputs = model(x, training=True)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float32"
    # An input of a float32 layer is rounded to float16 by nobody.
    clean = np.asarray(keras.ops.convert_to_numpy(inner(X)))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(outputs), (clean + clean[::-1]) / 2, rtol=1e-6
    )


def test_sample_weights_are_mixed_with_the_labels():
    weights = np.array([1, 0, 2, 1, 1, 1], "float32")
    model = compiled(ManifoldMixupModel(network(), ["input"], alpha=0.5, seed=5))
    _, mix = draws(0, 1, num_points=2, alpha=0.5, per_example=False)
    logits = model.network.predict(mix(X.astype("float64")), verbose=0)
    # The mixture of the weighted losses.
    rows = mix(np.eye(3)[Y] * weights[:, None].astype("float64"))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    expected = loss(rows, logits)
    np.testing.assert_allclose(
        model.train_on_batch(X, Y, weights), float(expected), rtol=1e-5
    )


def test_round_trip(tmp_path):
    model = compiled(
        ManifoldMixupModel(network(), ["layer_1", "input"], 3, 0.7, True, True, seed=5),
        0.1,
    )
    model.train_on_batch(X, Y)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    configs = [m.get_config() for m in (model, loaded)]
    assert configs[0].pop("network")["config"]["name"] == model.network.name
    assert configs[1].pop("network")["config"]["name"] == model.network.name
    assert configs[0] == configs[1]
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0)
    )
    for m in (model, loaded):
        m.reset_metrics()
    np.testing.assert_allclose(
        loaded.train_on_batch(X, Y), model.train_on_batch(X, Y), rtol=1e-5
    )


def shared_layer():
    inputs, dense = keras.Input((4,)), keras.layers.Dense(4, name="twice")
    return keras.Model(inputs, dense(dense(inputs)))


def masked_words():
    words = keras.Input((5,), dtype="int32")
    h = keras.layers.Embedding(9, 2, mask_zero=True, name="embedding")(words)
    h = keras.layers.GlobalAveragePooling1D(name="pooling")(h)
    return keras.Model(words, keras.layers.Dense(3)(h))


def test_where_a_mask_has_ended_activations_are_mixed():
    model = compiled(ManifoldMixupModel(masked_words(), ["pooling"], alpha=0.5, seed=5))
    x = np.array([[1, 2, 0, 0, 0], [3, 0, 0, 0, 0]] * 3)
    _, mix = draws(0, 1, num_points=2, alpha=0.5, per_example=False)
    embedded = model.network.layers[1].get_weights()[0][x].astype("float64")
    mean = embedded.sum(1, where=(x > 0)[..., None]) / (x > 0).sum(1, keepdims=True)
    kernel, bias = model.network.layers[-1].get_weights()
    logits = mix(mean) @ kernel + bias
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -np.mean(np.sum(mix(np.eye(3)[Y]) * log_p, -1))
    np.testing.assert_allclose(model.train_on_batch(x, Y), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "layers", "message"),
    [
        (network, ["layer_9"], r"\['layer_9'\], which stand in \[0\] places.*layer_0"),
        (shared_layer, ["twice"], r"\['twice'\], which stand in \[2\] places"),
        (masked_words, ["embedding"], r"without a mask.*shape \(None, 5, 2\).*Name a"),
        (network, [], "`layers` must name at least one layer"),
        (shared_layer, None, "Name the layers after which to mix"),
    ],
)
def test_errors(make, layers, message):
    with pytest.raises(ValueError, match=message):
        ManifoldMixupModel(make(), layers)
