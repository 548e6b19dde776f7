"""One battery over the shared step: every model in every mode of training."""

import keras
import numpy as np
import pytest

from keras_mixup import mixing, random
from keras_mixup.models import (
    ApproximateMixupModel,
    ICTModel,
    ManifoldMixupModel,
    MixMatchModel,
    MixupEModel,
    MixupModel,
)

# The step is one for all. Two models go through everything, the others through what
# their own parts could break.
CORE = [MixupModel, ICTModel]
MODELS = [
    *CORE,
    MixupEModel,
    ManifoldMixupModel,
    MixMatchModel,
    ApproximateMixupModel,
]
SETTINGS = {
    ManifoldMixupModel: {"layers": ["input", "conv"], "num_points": 3},
    MixMatchModel: {"num_points": 3, "teacher_decay": 0.9, "ramp": None},
    # A ramp depends on the length of the run, and not on the step alone.
    ICTModel: {"num_points": 3, "ramp": None},
    ApproximateMixupModel: {"alpha": 0.5},
}
BATCHES = 4
RNG = np.random.RandomState(0)
X = RNG.normal(size=(BATCHES * 8, 6, 6, 1)).astype("float32")
U = RNG.normal(size=(BATCHES * 12, 6, 6, 1)).astype("float32")
Y = RNG.randint(0, 3, BATCHES * 8)


class Batches(keras.utils.PyDataset):
    """The batches that a model takes, on either backend."""

    def __init__(self, model_class, **kwargs):
        super().__init__(**kwargs)
        self.model_class = model_class

    def __len__(self):
        return BATCHES

    def __getitem__(self, index):
        x, y = X[8 * index : 8 * index + 8], Y[8 * index : 8 * index + 8]
        return inputs_for(self.model_class, x, U[12 * index : 12 * index + 12]), y


def inputs_for(model_class, x, u):
    if model_class is MixMatchModel:
        return {"labeled": x, "unlabeled": np.stack([u, u[..., ::-1, :]], axis=1)}
    return {"labeled": x, "unlabeled": u} if model_class is ICTModel else x


def make_network(seed=0):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(
                3, 3, kernel_regularizer=keras.regularizers.L2(0.01), name="conv"
            ),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Dropout(0.2, seed=7),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


def make_model(model_class, optimizer=None, **compile_options):
    settings = SETTINGS.get(model_class, {"num_points": 3})
    model = model_class(make_network(), **settings, seed=1)
    model.compile(
        optimizer or keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        **compile_options,
    )
    return model


def fit(model, epochs=2, **options):
    data = Batches(type(model))
    return model.fit(data, epochs=epochs, shuffle=False, verbose=0, **options).history


def weights_of(model):
    return [np.asarray(w) for w in model.get_weights()]


def pytest_generate_tests(metafunc):
    if "model_class" in metafunc.fixturenames:
        every = metafunc.definition.get_closest_marker("every_model")
        others = MODELS[len(CORE) :] if every else []
        slow = pytest.mark.slow_on_tensorflow
        classes = [*CORE, *(pytest.param(one, marks=slow) for one in others)]
        metafunc.parametrize("model_class", classes)


@pytest.fixture(scope="module")
def references():
    """Weights and losses after two plain epochs of each model that was asked for."""
    return {}


@pytest.fixture
def reference(model_class, references):
    """Weights and losses of a model after two plain epochs."""
    if model_class not in references:
        model = make_model(model_class)
        history = fit(model)
        references[model_class] = weights_of(model), history
    return references[model_class]


@pytest.mark.compiled
def test_steps_per_execution_changes_nothing(model_class, reference):
    model = make_model(model_class, steps_per_execution=4)
    fit(model)
    for one, two in zip(reference[0], weights_of(model)):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("compiled_class", "policy"),
    [
        *((one, "mixed_float16") for one in CORE),
        # On TensorFlow XLA takes ten seconds for each; JAX uses it in every test.
        *(pytest.param(one, "float32", marks=pytest.mark.slow) for one in CORE),
        *(
            pytest.param(one, "mixed_float16", marks=pytest.mark.slow)
            for one in MODELS
            if one not in CORE
        ),
    ],
)
def test_trains_with_xla(compiled_class, policy):
    keras.config.set_dtype_policy(policy)
    model = make_model(compiled_class, jit_compile=True)
    assert model.jit_compile
    history = fit(model, epochs=10)
    assert np.isfinite(history["loss"]).all()
    assert history["loss"][-1] < history["loss"][0]
    assert int(np.asarray(model.step.value)) == 10 * BATCHES
    assert all(w.dtype != np.float16 for w in weights_of(model))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_trains_in_mixed_precision_without_xla(model_class, policy):
    keras.config.set_dtype_policy(policy)
    history = fit(make_model(model_class, jit_compile=False), epochs=4)
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.tensorflow
def test_eager_steps_equal_compiled_ones(model_class, reference):
    eager = make_model(model_class, run_eagerly=True)
    fit(eager)
    for one, two in zip(reference[0], weights_of(eager)):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_gradient_accumulation(model_class):
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    model = make_model(model_class, optimizer)
    kernel = np.array(model.network.get_weights()[0])
    data = Batches(model_class)
    for index in range(3):
        model.train_on_batch(*data[index])
    np.testing.assert_array_equal(model.network.get_weights()[0], kernel)
    model.train_on_batch(*data[3])
    assert not np.array_equal(model.network.get_weights()[0], kernel)
    # The draws go on although the optimizer stood still.
    assert int(np.asarray(model.step.value)) == 4


@pytest.mark.every_model
def test_two_runs_with_one_seed_are_equal(model_class, reference):
    again = make_model(model_class)
    history = fit(again)
    assert history == reference[1]
    for one, two in zip(reference[0], weights_of(again)):
        np.testing.assert_array_equal(one, two)


@pytest.mark.every_model
def test_a_resumed_run_draws_what_the_uninterrupted_one_does(model_class, reference):
    first = make_model(model_class)
    fit(first, epochs=1)
    second = make_model(model_class)
    second.optimizer.build(second.trainable_variables)
    # With the states of random generators, which `.keras` files leave out.
    for old, new in zip(
        [*first.variables, *first.optimizer.variables],
        [*second.variables, *second.optimizer.variables],
    ):
        new.assign(keras.ops.convert_to_numpy(old.value))
    fit(second, epochs=1)
    for one, two in zip(reference[0], weights_of(second)):
        np.testing.assert_array_equal(one, two)


@pytest.mark.every_model
def test_regularisation_counts_once(model_class):
    model = make_model(model_class, keras.optimizers.SGD(0.0))
    plain = make_model(model_class, keras.optimizers.SGD(0.0))
    plain.network.layers[0].kernel.regularizer = None
    kernel = model.network.layers[0].get_weights()[0]
    x, y = Batches(model_class)[0]
    difference = model.train_on_batch(x, y)[0] - plain.train_on_batch(x, y)[0]
    np.testing.assert_allclose(difference, 0.01 * np.sum(kernel**2), rtol=1e-3)


@pytest.mark.every_model
@pytest.mark.parametrize("sizes", [(1, 2), pytest.param((7,), marks=pytest.mark.slow)])
def test_odd_batches_and_batches_smaller_than_the_points(model_class, sizes):
    model = make_model(model_class)
    for size in sizes:
        x = inputs_for(model_class, X[:size], U[: size + 1])
        assert np.isfinite(model.train_on_batch(x, Y[:size])[0])


class UnevenBatches(Batches):
    """A batch of eight and one of five examples."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return (
            (x, y) if index == 0 else (keras.tree.map_structure(first_five, x), y[:5])
        )


def first_five(array):
    return array[:5]


@pytest.mark.parametrize(
    "uneven_class", [ICTModel, MixMatchModel, ApproximateMixupModel]
)
def test_parts_add_up_to_the_loss_over_uneven_batches(uneven_class):
    model = make_model(uneven_class)
    logs = model.fit(UnevenBatches(uneven_class), verbose=0).history
    logs = {name: values[0] for name, values in logs.items()}
    expected = logs["supervised_loss"]
    if uneven_class is ApproximateMixupModel:
        expected += logs["quadratic_loss"] + logs["cross_loss"]
    else:
        expected += logs["consistency_weight"] * logs["consistency_loss"]
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


def test_class_weights(model_class):
    assert np.isfinite(
        make_model(model_class)
        .fit(
            inputs_for(model_class, X, X),
            Y,
            class_weight={0: 1.0, 1: 2.0, 2: 0.5},
            verbose=0,
        )
        .history["loss"]
    ).all()


@pytest.fixture
def strategy():
    tf = pytest.importorskip("tensorflow")
    # Without collective operations, whose keys two strategies of a process share.
    return tf.distribute.MirroredStrategy(
        ["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )


def tf_data(model_class, size=8):
    import tensorflow as tf

    labeled = tf.data.Dataset.from_tensor_slices((X, Y)).batch(size)
    if model_class not in (ICTModel, MixMatchModel):
        return labeled
    batches = tf.data.Dataset.zip(
        labeled, tf.data.Dataset.from_tensor_slices(U).batch(12)
    )
    if model_class is MixMatchModel:
        batches = batches.map(lambda xy, u: (xy, tf.stack([u, u], axis=1)))
    return batches.map(lambda xy, u: ({"labeled": xy[0], "unlabeled": u}, xy[1]))


@pytest.mark.tensorflow
@pytest.mark.every_model
@pytest.mark.parametrize(
    "policy",
    [
        "float32",
        pytest.param("mixed_float16", marks=pytest.mark.slow_on_tensorflow),
    ],
)
def test_trains_on_two_replicas(model_class, strategy, policy):
    keras.config.set_dtype_policy(policy)
    if model_class is ApproximateMixupModel:
        pytest.skip("trains on one device, and says so")
    with strategy.scope():
        model = make_model(model_class)
    history = model.fit(tf_data(model_class), epochs=10, shuffle=False, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]


@pytest.mark.tensorflow
def test_batches_that_are_distributed_already(strategy):
    with strategy.scope():
        model = make_model(MixupModel)
    batches = strategy.experimental_distribute_dataset(tf_data(MixupModel))
    history = model.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.tensorflow
def test_what_replicas_cannot_do_is_refused(model_class, strategy):
    with strategy.scope():
        model = make_model(model_class)
        with pytest.raises(ValueError, match="strategy with XLA"):
            make_model(model_class, jit_compile=True)
    with pytest.raises(ValueError, match="Received: a batch of 7, 2 replicas"):
        model.fit(tf_data(model_class, 7), shuffle=False, verbose=0)
    if model_class is MixupModel:
        with pytest.raises(ValueError, match="Received: a batch of 9, 2 replicas"):
            model.fit(X, Y, batch_size=9, shuffle=False, verbose=0)


def linear_network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )


def replica_draw(stream, replica, size):
    key = random.fold_in(random.fold_in((1, stream), 0), replica)
    weights, partners = mixing.draw(size, 2, 0.5, key)
    return np.asarray(weights), np.asarray(partners)


def mixed_over_replicas(value, stream):
    """The concatenation of what each of two replicas mixes of its half."""
    halves = np.split(value, 2)
    return np.concatenate(
        [
            np.asarray(mixing.mix(half, *replica_draw(stream, replica, len(half))))
            for replica, half in enumerate(halves)
        ]
    )


@pytest.mark.tensorflow
def test_replicas_draw_differently_and_sum_to_one_device(strategy):
    x, rows = X[:8], np.eye(3, dtype="float32")[Y[:8]]
    one, two = replica_draw(0, 0, 4)[0], replica_draw(0, 1, 4)[0]
    assert not np.array_equal(one, two)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    with strategy.scope():
        network = linear_network()
        model = MixupModel(network, alpha=0.5, seed=1)
        model.compile(keras.optimizers.SGD(1.0), loss)
    model.fit(tf_data(MixupModel).take(1).map(one_hot), shuffle=False, verbose=0)
    single = linear_network()
    single.compile(keras.optimizers.SGD(1.0), loss)
    single.train_on_batch(mixed_over_replicas(x, 0), mixed_over_replicas(rows, 0))
    for a, b in zip(network.get_weights(), single.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.tensorflow
def test_consistency_over_replicas_sums_to_one_device(strategy):
    with strategy.scope():
        network = linear_network()
        model = ICTModel(
            network, target="logits", teacher_decay=None, ramp=None, seed=1
        )
        model.compile(
            keras.optimizers.SGD(0.01),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
    kernel, bias = (w.astype("float64") for w in network.get_weights())
    u = U[:12].reshape(12, -1)
    mixed = mixed_over_replicas(u, 1).astype("float64")
    targets = mixed_over_replicas((u @ kernel + bias).astype("float32"), 1)
    error = mixed @ kernel + bias - targets
    history = model.fit(
        tf_data(ICTModel).take(1), epochs=1, shuffle=False, verbose=0
    ).history
    np.testing.assert_allclose(
        history["consistency_loss"][0], np.mean(error**2), atol=1e-8
    )
    x = X[:8].reshape(8, -1)
    probabilities = np.exp(x @ kernel + bias)
    probabilities /= probabilities.sum(-1, keepdims=True)
    gradient = x.T @ (probabilities - np.eye(3)[Y[:8]]) / 8
    gradient = gradient + 10 * mixed.T @ (2 * error / error.size)
    np.testing.assert_allclose(
        network.get_weights()[0], kernel - 0.01 * gradient, rtol=1e-4, atol=1e-6
    )


def one_hot(x, y):
    import tensorflow as tf

    return x, tf.one_hot(y, 3)


@pytest.mark.jax
def test_data_parallel_equals_one_device(model_class, reference):
    import jax

    assert len(jax.devices()) == 4
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    try:
        model = make_model(model_class, jit_compile=True)
        fit(model)
        parallel = weights_of(model)
    finally:
        keras.distribution.set_distribution(None)
    # One program over four devices: the same draws, sums in another order.
    for one, two in zip(reference[0], parallel):
        np.testing.assert_allclose(one, two, rtol=1e-2, atol=1e-3)
