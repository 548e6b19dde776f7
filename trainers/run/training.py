"""Trains what an experiment describes."""

import contextlib
import functools
import os
import re
import time
import traceback
import warnings

import keras

from keras_mixup import callbacks, data
from keras_mixup.linearity import LinearityProbe
from trainers import files
from trainers.command_line import one_line
from trainers.errors import RunFailure, UsageError
from trainers.run import closing, dashboards, data_record, result, state, versions
from trainers.run.checkpoint import Checkpoints
from trainers.run.event_files import EventFile
from trainers.run.learning_rates import optimizer
from trainers.run.metrics_log import MetricsLog
from trainers.run.network_inputs import network_inputs
from trainers.run.networks import build_network
from trainers.run.progress_bar import ProgressBar
from trainers.run.recorder import Recorder
from trainers.run.run_folder import RunFolder
from trainers.run.scores import named_measure
from trainers.run.step_guard import Interrupt, StepGuard
from trainers.run.step_seeds import StepSeeds
from trainers.run.strategy import strategy_scope
from trainers.run.training_batches import labeled_examples, training_batches


def train(experiment):
    """Runs an experiment in its folder, from where it stopped, and returns its result.

    Raises:
        UsageError: when something that was asked for cannot be done.
        RunFailure: when training fails; the last good checkpoint is kept.
    """
    with RunFolder(experiment) as folder:
        return folder.result or train_in(folder, experiment)


def train_in(folder, experiment):
    """Runs an experiment in an open `RunFolder` and returns its result."""
    try:
        return _train(folder, experiment)
    except (UsageError, RunFailure):
        raise
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted. The same command resumes the run in {folder.path}."
        ) from None
    except Exception as error:
        raise RunFailure(_story(folder, error)) from error


def _story(folder, error):
    """One line about an error, whose traceback goes to the folder."""
    if not os.path.isdir(folder.path):
        return (
            f"The run's folder {folder.path} has vanished, and with it the run. The "
            "same command starts it again."
        )
    line, path = _line(error), "traceback.txt"
    try:
        files.write_text(folder.file(path), traceback.format_exc())
    except OSError:
        return line
    return f"{line} (The whole story is in {folder.file(path)}.)"


def _line(error):
    # What failed in a thread that reads for TensorFlow stands amid its own words.
    told = re.search(r"^.*\bValueError: (.+ Received: .+)$", str(error), re.MULTILINE)
    if type(error).__module__.startswith("tensorflow") and told:
        return f"ValueError: {told[1][:300]}"
    return f"{type(error).__name__}: {one_line(error)[:300]}"


def _train(folder, experiment):
    with _users_mistakes():
        _prepare_keras(experiment)
        source = data_record.record(folder, load_source(experiment))
        with strategy_scope(experiment):
            model = build_model(experiment, source)
        kept = 2 if experiment.keep == "all" else 0
        checkpoints = Checkpoints(folder.file("checkpoints"), kept)
        step = _restore(model, checkpoints)
        batches = training_batches(experiment, source, step)
        probe = _linearity_probe(experiment, model)
        extra_measure = _extra_measure(experiment, model, source)
    versions.record(folder.file("versions.json"))
    print(closing.opening(experiment, source, model, step), flush=True)
    about = [
        dashboards.columns(),
        dashboards.hyperparameters(experiment, source.num_train),
    ]
    if probe is not None:
        about.append(dashboards.layout(probe.layers))
    start = time.monotonic()
    rows = _fit(
        *(folder, experiment, model, source, batches, checkpoints, step, about),
        extra_measure,
    )
    files.write_json(
        folder.file("timing.json"),
        {"steps": experiment.steps - step, "seconds": time.monotonic() - start},
    )
    return _finish(folder, experiment, model, source, probe, rows)


def load_source(experiment):
    """Returns the data set of an experiment."""
    size = experiment.image_size
    with warnings.catch_warnings():
        # `data_record` says as much on the standard output.
        warnings.filterwarnings("ignore", ".* damaged files are left out")
        return data.load(
            experiment.dataset,
            data_dir=experiment.data_dir,
            image_size=None if size is None else (size, size),
            num_validation=experiment.num_validation,
            seed=experiment.seed,
            in_memory={"auto": None, "true": True, "false": False}[
                experiment.in_memory
            ],
            skip_damaged=experiment.skip_damaged,
            standardize={"auto": None, "true": True, "false": False}[
                experiment.standardize
            ],
        )


def build_model(experiment, source):
    """Returns the compiled model that an experiment trains."""
    network = build_network(experiment, source.input_shape, source.num_classes)
    model = experiment.row.build(experiment, network)
    loss, accuracy = _loss_and_accuracy(experiment.label_smoothing)
    model.compile(
        optimizer(experiment),
        loss=loss,
        metrics=[accuracy],
        steps_per_execution=experiment.steps_per_execution,
        jit_compile={"auto": "auto", "true": True, "false": False}[
            experiment.jit_compile
        ],
    )
    return model


def _loss_and_accuracy(label_smoothing):
    if label_smoothing:
        loss = keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=label_smoothing
        )
        return loss, keras.metrics.CategoricalAccuracy(name="accuracy")
    return (
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
    )


def networks_of(model):
    """Returns `{"student": network}`, with `"teacher"` where there is one."""
    teacher = getattr(model, "teacher", None)
    return {"student": model.network} | ({"teacher": teacher} if teacher else {})


@contextlib.contextmanager
def _users_mistakes():
    """Before training begins, an error in what was asked for is the user's."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(one_line(error)) from error


def _prepare_keras(experiment):
    if keras.config.backend() != experiment.backend:
        raise UsageError(
            f"--backend={experiment.backend} comes too late: Keras runs on "
            f"{keras.config.backend()} in this process. Set KERAS_BACKEND before Keras "
            "is imported."
        )
    # Names of layers start afresh, so that checkpoints of equal runs agree.
    keras.utils.clear_session()
    keras.config.set_dtype_policy(experiment.dtype_policy)
    keras.utils.set_random_seed(experiment.seed)


def _restore(model, checkpoints):
    step, values = checkpoints.load()
    if values is not None:
        state.write(model, values)
    return step


def _linearity_probe(experiment, model):
    """Returns the probe of the last measurement; a layer that is not there fails."""
    if experiment.linearity_points == 0:
        return None
    return LinearityProbe(
        networks_of(model)[_evaluated(experiment, model)],
        jit_compile=model.jit_compile,
        **_linearity_settings(experiment),
    )


def _linearity_callback(experiment, model, source, log):
    if experiment.linearity_points == 0:
        return None
    callback = callbacks.LinearityCallback(
        source.network_inputs(source.test.x[: experiment.linearity_examples]),
        points=experiment.linearity_points,
        network=_evaluated(experiment, model),
        seed=experiment.seed,
        **_linearity_settings(experiment),
    )
    callback.history = [row for row in log.rows if any("nonlin/" in key for key in row)]
    return callback


def _linearity_settings(experiment):
    """What the measurements during the run and the last one have in common."""
    return {
        "layers": list(experiment.linearity_layers) or None,
        "measure": experiment.linearity_measure,
        "start": experiment.linearity_start,
        "num_points": experiment.linearity_num_points,
        "alpha": experiment.linearity_alpha,
    }


def _extra_measure(experiment, model, source):
    """Returns the function that measures what `--extra_measure` asks for."""
    if experiment.extra_measure is None:
        return dict
    return functools.partial(
        named_measure(experiment.extra_measure),
        networks_of(model)[_evaluated(experiment, model)],
        source,
    )


def _fit(folder, experiment, model, source, batches, checkpoints, step, about, extra):
    steps, every = experiment.steps, experiment.evaluate_every
    metrics, events = folder.file("metrics.jsonl"), None
    if experiment.keep == "all":
        events = folder.file("tensorboard", experiment.name)
    with (
        Interrupt().watched() as interrupt,
        MetricsLog(metrics, events, step, about) as log,
    ):
        linearity = _linearity_callback(experiment, model, source, log)
        recorder = Recorder(
            steps=steps,
            steps_per_epoch=every,
            log=log,
            checkpoints=checkpoints,
            linearity=linearity,
            networks=networks_of(model),
            examples=_scored_examples(experiment, source),
            extra_measure=extra,
        )
        guards = [
            StepGuard(steps, every, interrupt),
            StepSeeds(experiment.seed, every),
            ProgressBar(steps, step),
        ]
        model.fit(
            batches,
            initial_epoch=-(-step // every),
            epochs=-(-steps // every),
            steps_per_epoch=every,
            callbacks=[*guards, *([linearity] if linearity else []), recorder],
            shuffle=False,  # The batches come in a random order of their own.
            verbose=0,
        )
    return log.rows


def _scored_examples(experiment, source):
    """`{split: (x, y)}` of what each evaluation scores."""
    examples = {"validation": network_inputs(source, "validation")}
    number = experiment.scored_examples
    if number:
        splits = {"train": labeled_examples(experiment, source), "test": source.test}
        for split, (x, y) in splits.items():
            examples[split] = source.network_inputs(x[:number]), y[:number]
    return examples


def _evaluated(experiment, model):
    return result.evaluated_name(experiment, networks_of(model))


def _finish(folder, experiment, model, source, probe, rows):
    """Measures the trained networks and writes the last files, `result.json` last."""
    figures = result.measure(experiment, networks_of(model), source, probe)
    result.check_finite(figures, rows)
    if experiment.keep != "numbers":
        with files.replacing(folder.file("model.keras")) as temporary:
            model.save(temporary)
    if experiment.keep == "all":
        events = folder.file("tensorboard", experiment.name)
        with EventFile(events, adds=True) as file:
            accuracy = figures["accuracy"]["test"]
            file.add_scalar(dashboards.TEST_ACCURACY, accuracy, experiment.steps)
    files.write_json(folder.file("result.json"), figures)
    print("\n" + closing.closing(figures, folder.path), flush=True)
    return figures
