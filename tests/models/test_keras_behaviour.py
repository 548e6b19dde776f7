"""A wrapper is to Keras' callbacks and files like the network inside."""

import json
import warnings

import keras
import numpy as np
import pytest
from keras import ops

from keras_mixup.models import ICTModel, MixupModel

L = keras.layers
X = np.random.RandomState(0).normal(size=(8, 4)).astype("float32")
Y = np.arange(8) % 3


def network():
    return keras.Sequential(
        [keras.Input((4,)), L.Dense(5, name="hidden"), L.Dense(3, name="head")]
    )


def compiled(inner):
    model = MixupModel(inner, num_points=1)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_the_layers_are_those_of_the_network():
    inner = network()
    model = MixupModel(inner)
    assert model.layers == inner.layers
    assert model.get_layer("hidden") is inner.get_layer("hidden")
    assert model.get_layer(index=1) is inner.layers[1]
    assert model.get_layer(inner.name) is inner
    lines = []
    model.summary(print_fn=lambda text, **_: lines.append(text))
    assert "hidden" in "".join(lines)


def test_a_teacher_stays_one_layer():
    inner = network()
    model = ICTModel(inner)
    assert model.layers[:2] == inner.layers
    assert len(model.layers) == 3
    assert model.get_layer("head") is inner.get_layer("head")


class WithWeightsBesideLayers(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = L.Dense(3)
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, x):
        return self.head(x) * self.scale


def test_a_network_with_weights_beside_its_layers_is_the_layer():
    inner = WithWeightsBesideLayers()
    inner(X)
    assert MixupModel(inner).layers == [inner]


def test_layers_are_read_only():
    with pytest.raises(AttributeError, match="read only"):
        MixupModel(network()).layers = []


def test_an_unknown_layer_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="hidden"):
        MixupModel(network()).get_layer("absent")


@pytest.mark.parametrize("name", ["w.weights.h5", "m.h5"])
def test_h5_files(tmp_path, name):
    pytest.importorskip("h5py")
    model, path = compiled(network()), str(tmp_path / name)
    model.fit(X, Y, verbose=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*HDF5.*")
        if name == "m.h5":
            model.save(path)
            # The format has no package names, so the class is given.
            classes = {"MixupModel": MixupModel}
            loaded = keras.models.load_model(path, custom_objects=classes)
        else:
            model.save_weights(path)
            loaded = compiled(network())
            loaded.load_weights(path)
    assert int(loaded.step) == int(model.step) == 1
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0)
    )


@pytest.mark.tensorflow
def test_tensorboard_finds_the_embeddings_of_the_network(tmp_path):
    inner = keras.Sequential(
        [keras.Input((4,)), L.Embedding(7, 3, name="words"), L.Flatten(), L.Dense(3)]
    )
    board = keras.callbacks.TensorBoard(
        tmp_path,
        histogram_freq=1,
        embeddings_freq=1,
        embeddings_metadata={"words": "words.tsv"},
    )
    words = np.arange(32).reshape(8, 4) % 7
    compiled(inner).fit(words, Y, verbose=0, callbacks=[board])
    texts = [path.read_text() for path in tmp_path.rglob("projector_config.pbtxt")]
    assert len(texts) == 1
    assert json.dumps("words.tsv") in texts[0]


# With one point a wrapper is to all of Keras what the network alone is: what a function
# makes of one it makes of the other.

WEIGHTS = np.linspace(0, 2, 8)
CLASS_WEIGHTS = {0: 1.0, 1: 3.0, 2: 0.5}
QUIET = {"verbose": 0, "shuffle": False}


class Pairs(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return X[2 * index : 2 * index + 2], Y[2 * index : 2 * index + 2]


def endless():
    while True:
        yield X, Y, WEIGHTS


def of_a_dictionary():
    x = {name: keras.Input((2,), name=name) for name in ("left", "right")}
    return keras.Model(x, L.Dense(3)(L.Concatenate()([x["left"], x["right"]])))


class OptionalShift(L.Layer):
    def call(self, x, shift=None):
        return x if shift is None else x + shift


def of_an_optional_input():
    x = {name: keras.Input((4,), name=name, optional=name == "a") for name in "ax"}
    return keras.Model(x, L.Dense(3)(OptionalShift()(x["x"], x["a"])))


class Observed(keras.Model):
    """A network whose call adds a loss and updates a metric, where Keras can."""

    def __init__(self):
        super().__init__()
        self.head = L.Dense(3)
        is_jax = keras.config.backend() == "jax"
        self.size = None if is_jax else keras.metrics.Mean("size")
        self(X)

    def call(self, x):
        y = self.head(x)
        if self.size is not None:
            self.size.update_state(ops.abs(y))
        self.add_loss(0.1 * ops.mean(ops.square(y)))
        return y


def ready(model, **options):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    names = {"metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}
    model.compile(keras.optimizers.Adam(0.1), loss, **{**names, **options})
    return model


def fit(model, x=X, y=Y, batch_size=2, **options):
    options = {**QUIET, "epochs": 3, "batch_size": batch_size, **options}
    history = model.fit(x, y, **options)
    return history.epoch, history.history, ops.convert_to_numpy(model(X))


def fitted(*data, compiled_with=None, **options):
    return lambda make, _: fit(ready(make(), **compiled_with or {}), *data, **options)


def on_dictionaries(make, _):
    model, x = ready(make(of_a_dictionary)), {"left": X[:, :2], "right": X[:, 2:]}
    history = model.fit(x, Y, validation_split=0.25, **QUIET)
    return history.history, model.evaluate(x, Y, verbose=0), model.predict(x, verbose=0)


def on_an_optional_input(make, _):
    model, x = ready(make(of_an_optional_input)), {"a": None, "x": X}
    history = model.fit(x, Y, **QUIET)
    return history.history, model.evaluate(x, Y, verbose=0), model.predict(x, verbose=0)


def on_batches(make, _):
    model = ready(make())
    results = [
        model.train_on_batch(X, Y),
        model.train_on_batch(X, Y, WEIGHTS, return_dict=True),
        model.train_on_batch(X, Y, class_weight=CLASS_WEIGHTS),
        model.test_on_batch(X, Y, WEIGHTS),
        model.test_on_batch(X, Y, return_dict=True),
        model.predict_on_batch(X),
        model.metrics_names,
        model.get_metrics_result(),
    ]
    model.reset_metrics()
    return results, model.get_metrics_result()


def evaluated(make, _):
    model = ready(make())
    fit(model)
    return (
        model.evaluate(X, Y, verbose=0),
        model.evaluate(X, Y, sample_weight=WEIGHTS, verbose=0, return_dict=True),
        model.evaluate(Pairs(), verbose=0, steps=2),
        model.predict(Pairs(), verbose=0, steps=2),
    )


def stopped_early(make, _):
    model = ready(make())
    model.optimizer.learning_rate = 10.0  # The best epoch is the first.
    stop = keras.callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)
    return fit(model, epochs=9, callbacks=[stop]), stop.best_epoch, model.stop_training


def stopped_at_nan(make, _):
    x, ends = np.where(np.arange(8)[:, None] == 4, np.nan, X), []
    seen = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append(batch)
    )
    fit(ready(make()), x, callbacks=[keras.callbacks.TerminateOnNaN(), seen])
    return ends


def checkpointed(make, path):
    names = str(path / "{epoch}.weights.h5")
    save = keras.callbacks.ModelCheckpoint(names, save_weights_only=True)
    fit(ready(make()), callbacks=[save])
    again = ready(make())
    again.optimizer.build(again.trainable_variables)
    again.load_weights(names.format(epoch=2))
    return fit(again, initial_epoch=2)


def best_kept(make, path):
    save = keras.callbacks.ModelCheckpoint(path / "best.keras", save_best_only=True)
    fit(ready(make()), validation_split=0.25, callbacks=[save])
    loaded = keras.models.load_model(path / "best.keras")
    return loaded.evaluate(X, Y, verbose=0, return_dict=True), fit(loaded)


def interrupted(make, path):
    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    backup = keras.callbacks.BackupAndRestore(path / "backup")
    stop = keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit(ready(make()), callbacks=[backup, stop])
    return fit(ready(make()), callbacks=[backup])


def logged(make, path):
    rows = keras.callbacks.CSVLogger(path / "log.csv")
    slower = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=9.0)
    results = fit(ready(make()), epochs=4, callbacks=[rows, slower])
    lines = (path / "log.csv").read_text().splitlines()
    values = [v.replace("NA", "nan") for line in lines[1:] for v in line.split(",")]
    return results, [float(value) for value in values], lines[0]


def observed(make, _):
    model = ready(make(Observed))
    return fit(model), model.metrics_names, model.evaluate(X, Y, verbose=0)


def watched(make, _):
    means = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            mean = self.model.get_layer("norm").moving_mean
            means.append(ops.convert_to_numpy(mean))

    def normalised():
        return keras.Sequential(
            [keras.Input((4,)), L.BatchNormalization(name="norm"), L.Dense(3)]
        )

    results = fit(ready(make(normalised)), callbacks=[Watch()])
    assert not np.allclose(means[0], means[1])
    return results, means


def averaged(make, _):
    model = make()
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=3)
    model.compile(optimizer, "mse")
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    return fit(
        model, y=np.eye(3)[Y], validation_data=(X, np.eye(3)[Y]), callbacks=[swap]
    )


def frozen(make, _):
    model = ready(make())
    fit(model)
    model.get_layer("hidden").trainable = False
    return fit(ready(model)), len(model.trainable_variables)


USES = {
    "class_weight": fitted(class_weight=CLASS_WEIGHTS),
    "sample_weight": fitted(sample_weight=WEIGHTS),
    "validation_split": fitted(validation_split=0.25),
    "validation_data": fitted(validation_data=(X, Y, WEIGHTS), validation_freq=2),
    "shuffle": fitted(shuffle=True),
    "initial_epoch": fitted(initial_epoch=2),
    "generator": lambda make, _: fit(
        ready(make()), endless(), None, None, steps_per_epoch=3
    ),
    "PyDataset": fitted(Pairs(), None, None, class_weight=CLASS_WEIGHTS),
    "run_eagerly": fitted(compiled_with={"run_eagerly": True}),
    "jit_compile": fitted(compiled_with={"jit_compile": True}),
    "steps_per_execution": fitted(compiled_with={"steps_per_execution": 3}),
    "loss_weights": fitted(compiled_with={"loss_weights": 0.5}),
    "dictionaries": on_dictionaries,
    "an input left out": on_an_optional_input,
    "batches": on_batches,
    "evaluate": evaluated,
    "EarlyStopping": stopped_early,
    "TerminateOnNaN": stopped_at_nan,
    "ModelCheckpoint": checkpointed,
    "save_best_only": best_kept,
    "BackupAndRestore": interrupted,
    "CSVLogger": logged,
    "state within an epoch": watched,
    "SwapEMAWeights": averaged,
    "metrics and losses of the call": observed,
    "trainable": frozen,
}


ON_BOTH = ("class_weight", "PyDataset", "run_eagerly", "steps_per_execution", "batches")
ON_BOTH += ("dictionaries", "evaluate", "BackupAndRestore")
COMPILED = ("jit_compile", "steps_per_execution")


def marks_of(use):
    compiled = [pytest.mark.compiled] if use in COMPILED else []
    return [*compiled, *([] if use in ON_BOTH else [pytest.mark.slow_on_tensorflow])]


@pytest.mark.parametrize(
    "use",
    [pytest.param(use, marks=marks_of(use)) for use in USES],
)
def test_one_point_is_to_keras_what_the_network_is(use, tmp_path):
    results = []
    for name, wrap in [("plain", lambda n: n), ("one", lambda n: MixupModel(n, 1))]:
        (tmp_path / name).mkdir()

        def make(of=network, wrap=wrap):
            keras.utils.set_random_seed(0)
            model = wrap(of())
            keras.utils.set_random_seed(1)  # As both shuffle.
            return model

        results.append(USES[use](make, tmp_path / name))
    keras.tree.assert_same_structure(*results)
    for plain, wrapped in zip(*map(keras.tree.flatten, results)):
        if isinstance(plain, str):
            assert wrapped == plain
        else:
            np.testing.assert_allclose(wrapped, plain, rtol=1e-5, atol=1e-6)


def test_an_input_that_is_left_out_is_not_mixed():
    losses = []
    for a in (None, np.zeros_like(X)):
        keras.utils.set_random_seed(0)
        model = ready(MixupModel(of_an_optional_input(), seed=0))
        losses.append(model.train_on_batch({"a": a, "x": X}, Y))
    np.testing.assert_allclose(*losses, rtol=1e-6)


@pytest.mark.parametrize("name", ["predict_step", "compute_metrics"])
def test_steps_and_metrics_that_are_not_used_are_said(name):
    inner = type("Own", (Observed,), {name: lambda self, *args: {}})()
    with pytest.warns(UserWarning, match=f"{name} of the network.*not be used"):
        model = MixupModel(inner, num_points=1)
    # What nobody updates is not logged.
    assert "size" not in model.metrics_names
