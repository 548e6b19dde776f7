import csv
import random
import time

import keras
import numpy as np
import pytest
from keras import layers

import keras_mixup
from keras_mixup.applications import MLP
from keras_mixup.callbacks import LinearityCallback
from keras_mixup.linearity import LinearityProbe, nonlinearity

NAMES = ["layer_0", "layer_1"]
TAGS = [f"{kind}/{name}" for name in NAMES for kind in ("nonlin", "nonlin_floor")]


def data(num=20):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(num, 4)).astype("float32")
    return x, generator.integers(0, 3, num).astype("int32")


def compiled(model=None, **options):
    model = model or MLP((4,), 3, hidden_units=(5,))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    options = {"optimizer": keras.optimizers.SGD(0.1), **options}
    model.compile(loss=loss, **options)
    return model


def fit(model, callbacks, epochs=2, **options):
    """Five batches an epoch."""
    x, y = data()
    options = {"batch_size": 4, "verbose": 0, **options}
    return model.fit(x, y, epochs=epochs, callbacks=callbacks, **options)


def steps(callback):
    return [values["step"] for values in callback.history]


def numbers(model, x, **options):
    values = {}
    for name, layer in nonlinearity(model, x, **options).items():
        values[f"nonlin/{name}"] = layer.value
        values[f"nonlin_floor/{name}"] = layer.floor
    return values


def events(log_dir):
    from tensorboard.backend.event_processing import event_accumulator

    accumulator = event_accumulator.EventAccumulator(str(log_dir))
    accumulator.Reload()
    tags = accumulator.Tags()["tensors"]
    return {
        tag: [
            (event.step, float(event.tensor_proto.float_val[0]))
            if event.tensor_proto.float_val
            else (
                event.step,
                float(np.frombuffer(event.tensor_proto.tensor_content, "float32")[0]),
            )
            for event in accumulator.Tensors(tag)
        ]
        for tag in tags
    }


# Values, and where they go.


def test_values_are_those_of_nonlinearity():
    model, (x, _) = compiled(), data()
    options = {"num_points": 3, "alpha": 0.3, "measure": "relative", "seed": 4}
    before = numbers(model, x, **options)
    callback = LinearityCallback(x, **options)
    fit(model, [callback], epochs=1)
    after = numbers(model, x, **options)
    assert callback.history == [{"step": 0, **before}, {"step": 5, **after}]
    assert before != after


def test_history_and_csv_have_the_latest_values(tmp_path):
    model, (x, _) = compiled(), data()
    callback = LinearityCallback(x)
    logger = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    history = fit(model, [callback, logger]).history
    with open(tmp_path / "log.csv") as file:
        rows = list(csv.DictReader(file))
    for tag in TAGS:
        expected = [values[tag] for values in callback.history[1:]]
        assert history[tag] == expected
        assert [float(row[tag]) for row in rows] == expected


def test_logs_of_an_epoch_without_evaluation_have_the_latest_before():
    model, (x, _) = compiled(), data()
    callback = LinearityCallback(x, every_steps=7)
    history = fit(model, [callback], epochs=3).history
    assert steps(callback) == [0, 7, 14]
    expected = [values["nonlin/layer_1"] for values in callback.history]
    assert history["nonlin/layer_1"] == expected


def test_event_files(tmp_path):
    model, (x, _) = compiled(), data()
    callback = LinearityCallback(x, every_steps=4, log_dir=tmp_path / "logs")
    fit(model, [callback])
    found = events(tmp_path / "logs")
    assert sorted(found) == sorted(TAGS)
    for tag in TAGS:
        expected = [(v["step"], v[tag]) for v in callback.history]
        assert [step for step, _ in found[tag]] == [0, 4, 8]
        np.testing.assert_allclose(found[tag], expected, rtol=1e-6)


def test_event_files_are_readable_during_training(tmp_path):
    model, (x, _) = compiled(), data()
    seen = []
    look = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(
            [step for step, _ in events(tmp_path)["nonlin/layer_0"]]
        )
    )
    fit(model, [LinearityCallback(x, log_dir=tmp_path), look])
    assert seen == [[0, 5], [0, 5, 10]]


def test_no_folder_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fit(compiled(), [LinearityCallback(data()[0])])
    assert not list(tmp_path.iterdir())


# Times.


@pytest.mark.slow_on_tensorflow
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 5, 10, 15]),
        ({"every_steps": 1}, list(range(16))),
        ({"every_steps": 4}, [0, 4, 8, 12]),
        ({"every_steps": 100}, [0]),
        ({"points": 2}, [0, 15]),
        ({"points": 4}, [0, 5, 10, 15]),
        ({"points": 3}, [0, 8, 15]),
        ({"points": 50}, list(range(16))),
    ],
)
def test_times(options, expected):
    callback = LinearityCallback(data()[0], ["layer_1"], **options)
    fit(compiled(), [callback], epochs=3)
    assert steps(callback) == expected


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"every_steps": 1}, [0, 2, 4, 5, 7, 9, 10]),
        ({"every_steps": 3}, [0, 4, 7, 9]),
        ({"points": 3}, [0, 5, 10]),
        ({}, [0, 5, 10]),
    ],
)
def test_times_with_several_steps_per_execution(options, expected):
    callback = LinearityCallback(data()[0], ["layer_1"], **options)
    fit(compiled(steps_per_execution=2), [callback])
    assert steps(callback) == expected


def test_steps_are_batches_under_gradient_accumulation():
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    callback = LinearityCallback(data()[0], every_steps=5)
    fit(compiled(optimizer=optimizer), [callback])
    assert steps(callback) == [0, 5, 10]


def batches():
    x, y = data()
    for start in range(0, 20, 4):
        yield x[start : start + 4], y[start : start + 4]


@pytest.mark.slow_on_tensorflow
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, [0, 5]), ({"every_steps": 2}, [0, 2, 4]), ({"points": 3}, [0, 5])],
)
def test_times_when_the_length_is_unknown(options, expected):
    model, (x, _) = compiled(), data()
    callback = LinearityCallback(x, ["layer_1"], **options)
    model.fit(batches(), epochs=1, callbacks=[callback], verbose=0)
    assert steps(callback) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, [0, 3, 6]), ({"every_steps": 2}, [0, 2, 4, 6]), ({"points": 2}, [0, 3, 6])],
)
def test_a_loop_that_says_nothing_of_its_length(options, expected):
    model, (x, _) = compiled(), data()
    callback = LinearityCallback(x, ["layer_1"], **options)
    callbacks = keras.callbacks.CallbackList([callback], model=model)
    callbacks.on_train_begin()
    for epoch in range(2):
        callbacks.on_epoch_begin(epoch)
        for batch in range(3):
            callbacks.on_train_batch_end(batch)
        callbacks.on_epoch_end(epoch)
    callbacks.on_train_end()
    assert steps(callback) == expected


def test_a_run_that_is_stopped_early_ends_with_an_evaluation():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

    model, (x, _) = compiled(), data()
    callback = LinearityCallback(x, points=2)
    fit(model, [callback, Stop()])
    assert steps(callback) == [0, 3]
    assert callback.history[-1] == {"step": 3, **numbers(model, x)}


@pytest.mark.slow_on_tensorflow
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [10, 15, 20]),
        ({"every_steps": 4}, [10, 12, 16, 20]),
        ({"every_steps": 5}, [10, 15, 20]),
        ({"points": 3}, [10, 20]),
        ({"points": 2}, [10, 20]),
    ],
)
def test_a_run_that_goes_on_counts_from_where_it_was(options, expected):
    callback = LinearityCallback(data()[0], ["layer_1"], **options)
    fit(compiled(), [callback], initial_epoch=2, epochs=4)
    assert steps(callback) == expected


@pytest.mark.slow_on_tensorflow
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"every_steps": 3},
        {"every_steps": 20},
        {"every_steps": 4, "steps_per_execution": 5},
        {"points": 4},
    ],
)
def test_a_run_in_two_pieces_equals_one_in_one_piece(options):
    options = dict(options)
    compile_options = {"steps_per_execution": options.pop("steps_per_execution", 1)}

    def run(*pieces):
        keras.utils.set_random_seed(0)
        model, history, logs = compiled(**compile_options), [], []
        for first, stop, last in pieces:
            callback = LinearityCallback(data()[0], **options)
            callback.history = history
            stopper = keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, _, m=model, s=stop: setattr(
                    m, "stop_training", epoch + 1 == s
                )
            )
            fitted = fit(
                model, [callback, stopper], last, initial_epoch=first, shuffle=False
            )
            logs += zip(*[fitted.history[tag] for tag in TAGS])
            history = [v for v in callback.history if v["step"] <= 5 * stop]
        return history, logs

    whole = run((0, 4, 4))
    if "points" in options:
        # Stopping, unlike being killed, ends a run with an evaluation: at step 10.
        history, logs = run((0, 2, 4), (2, 4, 4))
        assert [v["step"] for v in whole[0]] == [0, 7, 13, 20]
        assert [v for v in history if v["step"] != 10] == whole[0]
        assert logs[2:] == whole[1][2:]
    else:
        assert run((0, 2, 4), (2, 4, 4)) == whole


def test_a_second_fit_starts_anew(tmp_path):
    model, (x, _) = compiled(), data()
    callback = LinearityCallback(x, log_dir=tmp_path)
    fit(model, [callback], epochs=1)
    first = callback.history
    fit(model, [callback], epochs=2)
    assert steps(callback) == [0, 5, 10]
    assert callback.history[0] == {**first[-1], "step": 0}
    assert [step for step, _ in events(tmp_path)["nonlin/layer_0"]][-3:] == [0, 5, 10]


# Training is as if it were not there.


def dropout_network():
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(6, name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Dropout(0.5, name="dropout"),
            layers.Dense(3, name="logits"),
        ]
    )


def weights_after(wrap, with_callback, policy="float32", **options):
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    keras.config.set_dtype_policy(policy)
    model = compiled(wrap(dropout_network()), optimizer="adam", **options)
    callbacks = [LinearityCallback(data()[0], every_steps=1)] if with_callback else []
    x, y = data()
    if isinstance(model, keras_mixup.models.ICTModel):
        x = {"labeled": x, "unlabeled": x[::-1].copy()}
    model.fit(x, y, batch_size=4, epochs=2, callbacks=callbacks, verbose=0)
    draws = (random.random(), float(keras.random.normal(())))
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables], draws


@pytest.mark.parametrize(
    ("wrap", "options"),
    [
        (lambda network: network, {}),
        (lambda network: network, {"steps_per_execution": 2}),
        (lambda network: network, {"policy": "mixed_bfloat16"}),
        (lambda network: keras_mixup.models.MixupModel(network, seed=0), {}),
        (lambda network: keras_mixup.models.ICTModel(network, seed=0), {}),
    ],
    ids=["plain", "steps_per_execution", "mixed_bfloat16", "mixup", "ict"],
)
def test_weights_are_bit_equal_with_and_without(wrap, options):
    plain, plain_draws = weights_after(wrap, False, **options)
    measured, measured_draws = weights_after(wrap, True, **options)
    assert measured_draws == plain_draws
    assert len(plain) == len(measured) > 10
    for one, other in zip(plain, measured):
        np.testing.assert_array_equal(one, other)


@pytest.mark.tensorflow
def test_in_a_strategy():
    import tensorflow as tf

    x, _ = data()
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = compiled()
    callback = LinearityCallback(x, every_steps=2)
    fit(model, [callback], epochs=1)
    assert steps(callback) == [0, 2, 4]
    expected = numbers(model, x)
    fit(model, [callback], epochs=1)
    assert callback.history[0] == {"step": 0, **expected}


@pytest.mark.jax
def test_on_four_devices():
    distribution = keras.distribution.DataParallel()
    with distribution.scope():
        model = compiled()
        x, _ = data()
        callback = LinearityCallback(x, every_steps=2)
        fit(model, [callback], epochs=1)
        assert callback.history[-1]["step"] == 4
        assert fit(model, [callback], epochs=1).history["loss"]


# Networks that diverge, or have many layers.


def test_a_network_that_diverged_is_nan_and_trains_on():
    model, (x, _) = compiled(), data()
    kernel, *rest = model.get_weights()
    model.set_weights([np.full_like(kernel, 3e38), *rest])
    callback = LinearityCallback(x)
    fit(model, [callback])
    assert steps(callback) == [0, 5, 10]
    assert np.isnan(callback.history[0]["nonlin/layer_0"])


def test_many_layers_stay_out_of_the_logs_of_epochs():
    model, (x, _) = compiled(MLP((4,), 3, hidden_units=(3,) * 12)), data()
    callback = LinearityCallback(x)
    assert list(fit(model, [callback], epochs=1).history) == ["loss"]
    assert len(callback.history[-1]) == 1 + 2 * 13
    logged = fit(model, [LinearityCallback(x, log_to_epoch=True)], epochs=1).history
    assert len(logged) == 1 + 2 * 13


def test_the_time_to_compile_is_said(monkeypatch, capsys):
    measure, waits = LinearityProbe.measure, [1.1]

    def slow_at_first(*args):
        time.sleep(waits.pop() if waits else 0)
        return measure(*args)

    monkeypatch.setattr(LinearityProbe, "measure", slow_at_first)
    fit(compiled(), [LinearityCallback(data()[0])], verbose=2)
    assert capsys.readouterr().out.count("the first evaluation took") == 1
    waits.append(1.1)
    fit(compiled(), [LinearityCallback(data()[0])])
    assert "evaluation took" not in capsys.readouterr().out


@pytest.mark.tensorflow
def test_a_data_set_with_labels():
    import tensorflow as tf

    model, (x, y) = compiled(), data()
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    callback = LinearityCallback(batches, ["layer_*"])
    expected = numbers(model, x)
    fit(model, [callback], epochs=1)
    assert callback.history[0] == {"step": 0, **expected}
    with pytest.raises(ValueError, match="data set that ends"):
        fit(model, [LinearityCallback(batches.repeat())])


# Student and teacher.


def test_student_and_teacher():
    x, y = data()
    model = compiled(keras_mixup.models.ICTModel(MLP((4,), 3), seed=0))
    student = LinearityCallback(x)
    teacher = LinearityCallback(x, network="teacher")
    batch = {"labeled": x, "unlabeled": x}
    model.fit(batch, y, batch_size=4, callbacks=[student, teacher], verbose=0)
    assert student.history[0] == teacher.history[0]
    assert student.history[1] == {"step": 5, **numbers(model.network, x)}
    assert teacher.history[1] == {"step": 5, **numbers(model.teacher, x)}
    assert student.history[1] != teacher.history[1]


@pytest.mark.parametrize(
    "wrap", [lambda n: n, keras_mixup.models.MixupModel], ids=["plain", "mixup"]
)
def test_no_teacher(wrap):
    callback = LinearityCallback(data()[0], network="teacher")
    with pytest.raises(ValueError, match=r'without a teacher. Use `network="student"`'):
        fit(compiled(wrap(MLP((4,), 3))), [callback])


# Errors.


def test_unknown_layers_stop_before_the_first_step():
    model = compiled()
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"\['conv'\] are unknown.*'layer_0'"):
        fit(model, [LinearityCallback(data()[0], ["conv"])])
    for one, other in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_models_of_unknown_structure():
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    with pytest.raises(ValueError, match="must be a functional or Sequential"):
        fit(compiled(Subclassed()), [LinearityCallback(data()[0])])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every_steps": 2, "points": 2}, "`every_steps` or `points`, not both"),
        ({"every_steps": 0}, "`every_steps` must be a positive integer.*=0"),
        ({"every_steps": 1.5}, "`every_steps` must be a positive integer.*=1.5"),
        ({"points": 1}, "`points` must be an integer of at least 2.*points=1"),
        ({"network": "both"}, "`network` must be.*'both'"),
        ({"num_points": 1}, "`num_points` must be at least 2"),
        ({"alpha": -1.0}, "`alpha` must be a positive"),
        ({"measure": "cosine"}, "`measure` must be"),
        ({"start": 3}, "`start` must be"),
        ({"seed": -3}, "`seed` must be"),
    ],
)
def test_options_outside_their_range(options, message):
    with pytest.raises(ValueError, match=message):
        LinearityCallback(data()[0], **options)
