"""The runs of the tabular comparison: each is done once, whatever happens."""

import dataclasses
import logging
import os
import statistics
import time

import keras

from keras_mixup import data
from trainers import files, strict_json
from trainers.command_line import one_line, parse
from trainers.errors import UsageError
from trainers.options import to_flags
from trainers.results.roles import default_settings
from trainers.run.experiment import Experiment
from trainers.run.scores import score
from trainers.run.training import build_model, load_source
from trainers.run.training_batches import training_batches
from trainers.sweep.grid import CONFIGS
from trainers.tabular.sets import location

ALPHAS = (0.05, 0.1, 0.2, 0.5, 1.0)
ETAS = (0.1, 1.0)
GRIDS = {
    "erm": [{}],
    "mixup": [{"alpha": alpha} for alpha in ALPHAS],
    "mixupe": [{"alpha": alpha, "eta": eta} for alpha in ALPHAS for eta in ETAS],
}
FIRST_CHOICE_SEED = 100
_RECIPE = os.path.join(CONFIGS, "tabular_{}.flags")
# What a run costs besides its steps, in steps.
_FIXED_COST = 2000


class TabularRuns:
    """All runs of a comparison, in the order in which they are asked for.

    Args:
        options: a `trainers.tabular.Tabular`.
    """

    def __init__(self, options):
        # Each run compiles a step of its own, of which TensorFlow would warn.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        self.options = options
        self.failures = []
        self._progress = Progress()
        self._steps = {}
        for dataset in options.datasets:
            self._measure(dataset)
        for dataset in options.datasets:
            for method in options.methods:
                self._announce(dataset, method)

    def choose(self, dataset, method):
        """Returns the settings of the lowest mean error on validation data.

        Returns:
            `{"settings": ..., "candidates": [...]}`, where each candidate holds its
            settings and its mean validation error in percent.
        """
        grid = GRIDS[method]
        if len(grid) == 1 or not self.options.choose:
            return {"settings": _recipe_settings(method), "candidates": []}
        candidates = [
            {"settings": settings, "validation_error": statistics.fmean(errors)}
            for settings in grid
            if len(errors := self._choice_errors(dataset, method, settings))
            == self.options.choice_trials
        ]
        if not candidates:
            return {"settings": None, "candidates": []}
        best = min(candidates, key=lambda one: one["validation_error"])
        return {"settings": best["settings"], "candidates": candidates}

    def test_errors(self, dataset, method, settings):
        """Returns the test errors in percent of the trials that did not fail."""
        seeds = range(self.options.trials)
        errors = [self._error(dataset, method, settings, s, "test") for s in seeds]
        return [error for error in errors if error is not None]

    def _choice_errors(self, dataset, method, settings):
        seeds = range(FIRST_CHOICE_SEED, FIRST_CHOICE_SEED + self.options.choice_trials)
        errors = [
            self._error(dataset, method, settings, seed, "validation") for seed in seeds
        ]
        return [error for error in errors if error is not None]

    def _measure(self, dataset):
        """Counts the steps of a run; a set that cannot be loaded stops all at once."""
        for split, num_validation in (("validation", None), ("test", 1)):
            try:
                source = data.load(
                    location(dataset, self.options.data_dir),
                    num_validation=num_validation,
                )
            except ValueError as error:
                raise UsageError(one_line(error)) from error
            batch_size = _recipe("erm").batch_size
            steps_per_epoch = -(-source.num_train // batch_size)
            self._steps[dataset, split] = self.options.epochs * steps_per_epoch

    def _announce(self, dataset, method):
        options = self.options
        if options.choose and len(GRIDS[method]) > 1:
            count = len(GRIDS[method]) * options.choice_trials
            self._progress.expect(count, self._steps[dataset, "validation"])
        self._progress.expect(options.trials, self._steps[dataset, "test"])

    def _experiment(self, dataset, method, settings, seed, split):
        return dataclasses.replace(
            _recipe(method),
            dataset=location(dataset, self.options.data_dir),
            steps=self._steps[dataset, split],
            # In the trials all but the test split is trained on: one is the least that
            # can be set aside.
            num_validation=1 if split == "test" else None,
            seed=seed,
            backend=self.options.backend,
            **settings,
        )

    def _error(self, dataset, method, settings, seed, split):
        name = "_".join([method, *(f"{k}{v}" for k, v in settings.items())])
        folder = os.path.join(self.options.workdir, split, dataset)
        path = os.path.join(folder, f"{name}_seed{seed}.json")
        experiment = self._experiment(dataset, method, settings, seed, split)
        steps = experiment.steps
        there = _read(path, experiment)
        if there:
            self._progress.skip(steps)
            return there["error"]
        what, start = f"{dataset} {name} seed{seed}", time.monotonic()
        try:
            scores = train_and_score(experiment, split)
        except Exception as error:
            self.failures.append(f"{what}: {type(error).__name__}: {one_line(error)}")
            self._progress.step(steps, f"failed: {self.failures[-1][:300]}")
            return None
        error = 100 * (1 - scores["accuracy"])
        flags = to_flags(experiment, identity_only=True)
        os.makedirs(folder, exist_ok=True)
        files.write_json(path, {"error": error, **scores, "flags": flags})
        took = time.monotonic() - start
        self._progress.step(steps, f"{what}: {split} error {error:.2f} %, {took:.1f} s")
        return error


def train_and_score(experiment, split):
    """Trains the network of an experiment and scores it, without a trace on the disk.

    It is what `trainers.run.training.train` does, several steps at a time.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(experiment.seed)
    source = load_source(experiment)
    model = build_model(experiment, source)
    if experiment.backend == "tensorflow":
        model.steps_per_execution = _steps_at_once(experiment.steps)
    batches = training_batches(experiment, source, 0)
    model.fit(batches, steps_per_epoch=experiment.steps, shuffle=False, verbose=0)
    scores = score(model.network, source.standardized(split))
    if strict_json.not_finite(scores):
        raise ValueError("the network's outputs are no longer finite")
    return scores


def _steps_at_once(steps, most=100):
    return max(count for count in range(1, most + 1) if steps % count == 0)


def _recipe(method):
    return parse(Experiment, ["", f"--flagfile={_RECIPE.format(method)}"])


def _recipe_settings(method):
    return {name: getattr(_recipe(method), name) for name in GRIDS[method][0]}


def _read(path, experiment):
    """Returns the result of a run that is done, `None` before."""
    result = files.read_json(path)
    if result is None:
        return None
    # A flag that came later was at its default then.
    there = {**default_settings(identity_only=True), **result["flags"]}
    here = to_flags(experiment, identity_only=True)
    changed = [f"--{name}" for name in here if there[name] != here[name]]
    if changed:
        raise UsageError(
            f"{path!r} is the result of another experiment, with another "
            f"{', '.join(changed)}. Choose another --workdir."
        )
    return result


class Progress:
    """Prints a line for each run, with the time that is left."""

    def __init__(self):
        self.done, self.total = 0, 0
        self._left, self._spent, self._start = 0, 0, time.monotonic()

    def expect(self, count, steps):
        """Announces so many runs of so many steps."""
        self.total += count
        self._left += count * (steps + _FIXED_COST)

    def skip(self, steps):
        """Counts a run that was done before."""
        self.done += 1
        self._left -= steps + _FIXED_COST

    def step(self, steps, text):
        """Counts a run that was done now, and prints what came of it."""
        self.skip(steps)
        self._spent += steps + _FIXED_COST
        seconds = (time.monotonic() - self._start) / self._spent * self._left
        left = f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
        print(f"[{self.done}/{self.total}] {text}; about {left} left", flush=True)
