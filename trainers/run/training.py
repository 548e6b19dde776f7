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
from trainers.run.local_twin import LocalTwin, TwinLinearityCallback, undistributed
from trainers.run.membership import Membership
from trainers.run.metrics_log import MetricsLog
from trainers.run.network_inputs import network_inputs
from trainers.run.networks import build_network
from trainers.run.process_group import (
    check_agreement,
    fingerprint,
    from_first,
    gathered,
    losses_in_words,
)
from trainers.run.progress_bar import ProgressBar
from trainers.run.recorder import Recorder
from trainers.run.run_folder import RunFolder
from trainers.run.scores import named_measure
from trainers.run.step_guard import Interrupt, StepGuard
from trainers.run.step_seeds import StepSeeds
from trainers.run.strategy import data_parallel, strategy_scope
from trainers.run.training_batches import labeled_examples, training_batches

_ALONE = Membership()


def train(experiment):
    """Runs an experiment in its folder, from where it stopped, and returns its result.

    Raises:
        UsageError: when something that was asked for cannot be done.
        RunFailure: when training fails; the last good checkpoint is kept.
    """
    with RunFolder(experiment) as folder:
        return folder.result or train_in(folder, experiment)


def train_in(folder, experiment, member=_ALONE):
    """Runs an experiment in an open `RunFolder` and returns its result.

    Args:
        folder: a `RunFolder`.
        experiment: an `Experiment`.
        member: a `Membership`, which has joined the other processes, if any.
    """
    try:
        with losses_in_words():
            return _train(folder, experiment, member)
    except (UsageError, RunFailure):
        raise
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted. The same command resumes the run in {folder.path}."
        ) from None
    except Exception as error:
        raise RunFailure(_story(folder, error)) from error
    finally:
        if experiment.strategy == "data_parallel":
            keras.distribution.set_distribution(None)


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


def _train(folder, experiment, member):
    with _users_mistakes(), losses_in_words():
        _prepare_keras(experiment)
        source = data_record.record(folder, load_source(experiment))
        if not member.is_alone:
            check_agreement("data set", fingerprint(source))
        model, twin = _build(experiment, source)
        measured = twin.model if twin else model
        kept = 2 if experiment.keep == "all" else 0
        checkpoints = Checkpoints(folder.file("checkpoints"), kept)
        step = _restore(model, checkpoints, member)
        batches = training_batches(experiment, source, step, member)
        with undistributed():
            probe = _linearity_probe(experiment, measured)
        extra_measure = _extra_measure(experiment, measured, source)
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
        *(extra_measure, twin),
    )
    files.write_json(
        folder.file("timing.json"),
        {"steps": experiment.steps - step, "seconds": time.monotonic() - start},
    )
    with twin.of(model) if twin else contextlib.nullcontext():
        return _finish(folder, experiment, measured, source, probe, rows)


def _build(experiment, source):
    """Returns the model to train and, where it is distributed, its `LocalTwin`."""
    if experiment.strategy != "data_parallel":
        with strategy_scope(experiment):
            return build_model(experiment, source), None
    twin = LocalTwin(build_model(experiment, source))
    # The same names and weights again.
    _prepare_keras(experiment)
    keras.distribution.set_distribution(data_parallel(experiment))
    return build_model(experiment, source), twin


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


def _restore(model, checkpoints, member):
    step, values = checkpoints.load()
    step = gathered(step)[0] if not member.is_alone else step
    if step and not member.is_alone:
        # The other processes do not see the folder.
        here = state.read(model)
        arrays = from_first(member, [array for _, array in values or here])
        values = [(path, array) for (path, _), array in zip(values or here, arrays)]
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


def _linearity_callback(experiment, model, source, log, twin):
    if experiment.linearity_points == 0:
        return None
    kind = functools.partial(TwinLinearityCallback, twin=twin)
    callback = (kind if twin else callbacks.LinearityCallback)(
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


def _fit(
    folder, experiment, model, source, batches, checkpoints, step, about, extra, twin
):
    steps, every = experiment.steps, experiment.evaluate_every
    metrics, events = folder.file("metrics.jsonl"), None
    if experiment.keep == "all":
        events = folder.file("tensorboard", experiment.name)
    with (
        Interrupt().watched() as interrupt,
        MetricsLog(metrics, events, step, about) as log,
    ):
        linearity = _linearity_callback(experiment, model, source, log, twin)
        recorder = Recorder(
            steps=steps,
            steps_per_epoch=every,
            log=log,
            checkpoints=checkpoints,
            linearity=linearity,
            networks=networks_of(twin.model if twin else model),
            examples=_scored_examples(experiment, source),
            extra_measure=extra,
            measuring=twin.of if twin else contextlib.nullcontext,
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
