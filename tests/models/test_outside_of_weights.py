"""State outside of trainable weights, and settings that change after wrapping."""

import types
import warnings

import keras
import numpy as np
import pytest
from keras import ops

import keras_mixup
from keras_mixup.models import (
    ICTModel,
    ManifoldMixupModel,
    MixMatchModel,
    MixupEModel,
    MixupModel,
)

L = keras.layers
SPARSE = keras.losses.SparseCategoricalCrossentropy
RNG = np.random.RandomState(0)
X = RNG.normal(size=(24, 4)).astype("float32")
Y = RNG.randint(0, 3, 24)
BATCH = {"labeled": X, "unlabeled": X}


def network(*layers):
    return keras.Sequential([keras.Input((4,)), *layers, L.Dense(3)])


def compiled(model, rate=0.1, **options):
    model.compile(keras.optimizers.SGD(rate), SPARSE(from_logits=True), **options)
    return model


def outputs(model):
    return ops.convert_to_numpy(model(X))


# Values that layers cache or hold beside what is trained.


def test_a_teacher_sees_statistics_that_are_adapted_later():
    norm = L.Normalization()
    model = compiled(ICTModel(network(norm), teacher_decay=0.5, seed=0))
    norm.adapt(100 + 10 * X)
    model.train_on_batch(BATCH, Y)
    model.teacher.set_weights(model.network.get_weights())
    np.testing.assert_allclose(outputs(model.teacher), outputs(model), rtol=1e-5)


def test_a_teacher_starts_from_weights_that_are_loaded_later():
    model = compiled(ICTModel(network(), teacher_decay=0.99, seed=0), rate=0.0)
    loaded = [np.ones((4, 3), "float32"), np.arange(3, dtype="float32")]
    model.network.set_weights(loaded)
    model.train_on_batch(BATCH, Y)
    for weight, expected in zip(model.teacher.get_weights(), loaded, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-6)


def test_a_resumed_teacher_is_left_alone(tmp_path):
    model = compiled(ICTModel(network(), teacher_decay=0.99, seed=0))
    model.fit(BATCH_OF_STEPS, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    expected = model.teacher.get_weights()
    again._start()
    for weight, other in zip(again.teacher.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, other)


class Batches(keras.utils.PyDataset):
    def __init__(self, num_batches=5):
        super().__init__()
        self.size = num_batches

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        if index >= self.size:
            raise IndexError
        return BATCH, Y


BATCH_OF_STEPS = Batches()


@pytest.mark.parametrize("order", ["before", "after"])
def test_low_rank_adapters(order):
    inner = network()
    if order == "before":
        inner.layers[-1].enable_lora(2)
    model = ICTModel(inner, teacher_decay=0.5, seed=0)
    if order == "after":
        inner.layers[-1].enable_lora(2)
        compiled(model)
        with pytest.raises(ValueError, match="other weights than when it was wrapped"):
            model.train_on_batch(BATCH, Y)
        return
    compiled(model).train_on_batch(BATCH, Y)
    model.teacher.set_weights(model.network.get_weights())
    np.testing.assert_allclose(outputs(model.teacher), outputs(model), rtol=1e-5)


def test_layers_that_are_frozen_later():
    model = ICTModel(network(L.Dense(5, name="frozen")), teacher_decay=0.5, seed=0)
    frozen = model.network.get_layer("frozen")
    before = frozen.get_weights()
    frozen.trainable = False
    compiled(model).train_on_batch(BATCH, Y)
    for weight, other in zip(frozen.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_functions_are_copied_in_trust():
    inner = network(L.Lambda(lambda x: 2 * x), L.Dense(5, activation="relu"))
    model = compiled(ICTModel(inner, teacher_decay=0.5, seed=0))
    model.train_on_batch(BATCH, Y)
    model.teacher.set_weights(inner.get_weights())
    np.testing.assert_allclose(outputs(model.teacher), outputs(model), rtol=1e-5)


class WithoutConfig(keras.Model):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.head = L.Dense(3)

    def call(self, x):
        return self.head(x)


def test_a_network_that_cannot_be_copied_is_refused():
    inner = WithoutConfig(types.SimpleNamespace(number=1))
    inner(X)
    with pytest.raises(ValueError, match="A teacher needs a network that its config"):
        ICTModel(inner)
    compiled(ICTModel(inner, teacher_decay=None)).train_on_batch(BATCH, Y)


# Settings.


@pytest.mark.parametrize(
    "make",
    [
        lambda n: MixupModel(n, seed=0),
        lambda n: MixupEModel(n, seed=0),
        lambda n: ManifoldMixupModel(n, ["input", "hidden"], seed=0),
    ],
    ids=["mixup", "mixupe", "manifold"],
)
def test_one_point_from_now_on_is_plain_training(make):
    def trained(wrap):
        keras.utils.set_random_seed(0)
        model = compiled(wrap(network(L.Dense(5, name="hidden"))))
        if wrap is not plain:
            model.fit(X, Y, verbose=0, shuffle=False)
            model.num_points = 1
            model.network.set_weights(start)
            model.optimizer.iterations.assign(0)
        else:
            start.extend(model.get_weights())
        model.fit(X, Y, epochs=2, verbose=0, shuffle=False)
        return (model if wrap is plain else model.network).get_weights()

    start: list = []
    plain = lambda n: n  # noqa: E731
    for one, other in zip(trained(plain), trained(make), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_setting_out_of_range_is_refused_when_training_starts():
    model = compiled(MixupModel(network(), seed=0))
    model.train_on_batch(X, Y)
    model.alpha = -1.0
    with pytest.raises(ValueError, match="`alpha` must be a positive"):
        model.train_on_batch(X, Y)
    model = compiled(ICTModel(network(), seed=0))
    model.teacher_decay = None
    with pytest.raises(ValueError, match="make another around the network"):
        model.train_on_batch(BATCH, Y)


@pytest.mark.parametrize("schedule", ["probability", "alpha"])
def test_schedules_end_the_mixing(schedule):
    until = keras.optimizers.schedules.PiecewiseConstantDecay([2], [1.0, 0.0])
    model = compiled(
        MixupModel(network(), seed=0, **{schedule: until}, dominant_first=True),
        rate=0.0,
    )
    losses = [float(model.train_on_batch(X, Y)) for _ in range(5)]
    plain = compiled(MixupModel(model.network, num_points=1), rate=0.0)
    expected = float(plain.train_on_batch(X, Y))
    assert abs(losses[0] - expected) > 1e-3
    # A boundary belongs to the value before it.
    np.testing.assert_allclose(losses[3:], expected, rtol=1e-5)
    copy = MixupModel.from_config(model.get_config())
    assert copy.get_config() == model.get_config()


def test_half_of_the_examples_are_mixed():
    model = MixupModel(network(), probability=0.5, seed=0)
    x = np.eye(200, 4, dtype="float32") + np.arange(200, dtype="float32")[:, None]
    mixed, _, _ = model.mix_batch(
        ops.convert_to_tensor(x), None, None, num_points=2, alpha=1.0, probability=0.5
    )
    alone = np.isclose(ops.convert_to_numpy(mixed), x).all(1).mean()
    # Beyond these bounds once in 10,000 seeds.
    assert 0.36 < alone < 0.64
    for value in (-0.1, 1.5, "half"):
        with pytest.raises(ValueError, match="`probability` must be a number from 0"):
            MixupModel(network(), probability=value)


# The step and the ramp.


def weights_of_consistency(model, data, **options):
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(logs["consistency_weight"])
    )
    model.fit(data, verbose=0, callbacks=[callback], **options)
    return seen


def means_to_values(means):
    """Values from the running means that Keras reports within an epoch."""
    sums = np.asarray(means) * np.arange(1, len(means) + 1)
    return np.diff(sums, prepend=0)


def test_the_ramp_is_a_share_of_the_run():
    model = compiled(ICTModel(network(), consistency_weight=8.0, ramp=0.4, seed=0))
    means = weights_of_consistency(model, Batches(5), epochs=2)
    np.testing.assert_allclose(
        means_to_values(means[:5]), [0.0, 2.0, 4.0, 6.0, 8.0], rtol=1e-5
    )
    np.testing.assert_allclose(means[5:], 8.0, rtol=1e-5)


def test_a_run_that_is_resumed_goes_on_with_its_ramp(tmp_path):
    whole = compiled(ICTModel(network(), ramp=1.0, seed=0))
    expected = weights_of_consistency(whole, Batches(5), epochs=3)[10:]
    model = compiled(ICTModel(network(), ramp=1.0, seed=0))
    model.fit(Batches(5), epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    received = weights_of_consistency(again, Batches(5), epochs=3, initial_epoch=2)
    np.testing.assert_allclose(received, expected, rtol=1e-5)


def test_a_second_fit_is_at_full_weight():
    model = compiled(ICTModel(network(), consistency_weight=8.0, seed=0))
    model.fit(Batches(5), epochs=2, verbose=0)
    seen = weights_of_consistency(model, Batches(5), epochs=4)
    np.testing.assert_allclose(seen, 8.0, rtol=1e-5)


def test_single_steps_and_schedules_have_no_ramp():
    model = compiled(ICTModel(network(), consistency_weight=8.0, seed=0))
    logs = model.train_on_batch(BATCH, Y, return_dict=True)
    np.testing.assert_allclose(logs["consistency_weight"], 8.0)
    schedule = keras.optimizers.schedules.PolynomialDecay(2.0, 10, 2.0)
    model = compiled(ICTModel(network(), consistency_weight=schedule, seed=0))
    np.testing.assert_allclose(weights_of_consistency(model, Batches(3)), 2.0)
    model = compiled(ICTModel(network(), consistency_weight=3.0, ramp=None, seed=0))
    np.testing.assert_allclose(weights_of_consistency(model, Batches(3)), 3.0)
    for ramp in (-0.1, 1.1, "half"):
        with pytest.raises(ValueError, match="`ramp` must be a number from 0 to 1"):
            ICTModel(network(), ramp=ramp)


@pytest.mark.tensorflow
@pytest.mark.parametrize("steps_per_execution", [1, 2])
def test_the_step_counts_batches_of_data_of_unknown_length(steps_per_execution):
    import tensorflow as tf

    known = tf.data.Dataset.from_tensors((BATCH, Y)).repeat(6)
    data = tf.data.Dataset.from_generator(
        lambda: iter(known), output_signature=known.element_spec
    )
    model = ICTModel(network(), consistency_weight=8.0, ramp=0.4, seed=0)
    compiled(model, steps_per_execution=steps_per_execution)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of data that end, by Keras.
        model.fit(data, epochs=5, verbose=0)
        assert int(model.step.value) == 30
        # 40 % of 30 steps, known after the first epoch.
        assert int(model.ramp_steps.value) == 12
        again = compiled(ICTModel(network(), seed=0))
        with pytest.raises(ValueError, match="Give `fit` the `steps_per_epoch`"):
            again.fit(data, epochs=1, verbose=0)
        again.fit(data, epochs=1, steps_per_epoch=6, verbose=0)
    assert int(again.ramp_steps.value) == 3


# The teacher in `fit`.


@pytest.mark.parametrize("model_class", [ICTModel, MixMatchModel])
def test_the_teacher_is_evaluated_where_asked(model_class):
    options = {"num_views": 1} if model_class is MixMatchModel else {}
    model = model_class(
        network(), teacher_decay=0.9, evaluated_network="teacher", seed=0, **options
    )
    compiled(model, rate=1.0, metrics=["accuracy"])
    history = model.fit(Batches(5), validation_data=(X, Y), epochs=1, verbose=0).history
    teacher = model.teacher
    teacher.compile(loss=SPARSE(from_logits=True), metrics=["accuracy"])
    expected = teacher.evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(
        [history["val_loss"][0], history["val_accuracy"][0]], expected, rtol=1e-5
    )
    np.testing.assert_allclose(
        model.predict(X, verbose=0), teacher.predict(X, verbose=0), rtol=1e-6
    )
    student = ops.convert_to_numpy(model.network(X))
    assert np.abs(student - model.predict(X, verbose=0)).max() > 1e-3
    with pytest.raises(ValueError, match="needs averaged weights"):
        model_class(network(), teacher_decay=None, evaluated_network="teacher")
    with pytest.raises(ValueError, match='must be "student" or "teacher"'):
        model_class(network(), evaluated_network="both")


@pytest.mark.parametrize("steps", [None, 2, 7])
def test_epochs_of_a_pair_go_on_from_batch_to_batch(steps):
    pair = keras_mixup.data.pair((X, Y), X, batch_size=8)
    model = compiled(ICTModel(network(), ramp=None, seed=0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.fit(pair, epochs=2, steps_per_epoch=steps, verbose=0)
    assert int(model.step.value) == 2 * (steps or 3)
