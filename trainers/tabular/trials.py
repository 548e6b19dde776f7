"""The runs of the tabular comparison, each a run of a grid of `trainers.sweep`."""

import dataclasses
import itertools
import os
import statistics

from keras_mixup import data
from trainers import files
from trainers.command_line import one_line, read_flags
from trainers.errors import UsageError
from trainers.run.experiment import Experiment
from trainers.sweep import grid
from trainers.sweep.command import Sweep
from trainers.sweep.engines.in_process import steps_at_once
from trainers.sweep.tasks import Training
from trainers.tabular.sets import location

ALPHAS = (0.05, 0.1, 0.2, 0.5, 1.0)
# The settings that are chosen, from which values.
CHOICES = {
    "erm": {},
    "mixup": {"alpha": ALPHAS},
    "mixupe": {"alpha": ALPHAS, "eta": (0.1, 1.0)},
}
FIRST_SEED = {"validation": 100, "test": 0}
# What a run costs besides its steps, in steps.
_FIXED_COST = 2000


class Trial(Training):
    """A run of the comparison, whose time is estimated from all others.

    Args:
        run: a `trainers.sweep.grid.PlannedRun`.
        split: "validation" or "test", on which its error counts.
        chosen: names of the settings that are chosen.
    """

    def __init__(self, run, split, chosen):
        super().__init__(run)
        self.kind = "tabular"
        self.settings = {name: getattr(self.experiment, name) for name in chosen}
        self._split = split

    @property
    def size(self):
        return super().size + _FIXED_COST

    @property
    def error(self):
        """Its error in percent, `None` where it is not finished."""
        if not self.is_done():
            return None
        result = files.read_json(os.path.join(self.experiment.folder, "result.json"))
        return 100 * (1 - result["accuracy"][self._split])


class Comparison:
    """All runs of a comparison: those that choose the settings, then the trials.

    Args:
        options: a `trainers.tabular.Tabular`.
        engine: the engine without tasks that does them.

    Raises:
        UsageError: for a set that cannot be loaded.
    """

    def __init__(self, options, engine):
        self._options, self._engine = options, engine
        self._pairs = list(itertools.product(options.datasets, options.methods))
        self._steps = {name: _steps(name, options) for name in options.datasets}
        self._chosen, self._trials = {}, {}

    def run(self):
        """Does everything that is not done yet."""
        tried = {
            (dataset, method): self._plan(
                dataset, method, "validation", CHOICES[method]
            )
            for dataset, method in self._pairs
            if self._options.choose and CHOICES[method]
        }
        self._do(tried)
        for pair in self._pairs:
            chosen = self._chosen[pair] = choice(pair[1], tried.get(pair))
            self._trials[pair] = []
            if chosen["settings"] is not None:
                values = {name: (value,) for name, value in chosen["settings"].items()}
                self._trials[pair] = self._plan(*pair, "test", values)
        self._do(self._trials)

    def results(self):
        """Returns `{data set: {method: result}}` of each set whose trials have ended.

        A result holds what `choice` returned, and `errors`, the test errors in percent
        of the trials that did not fail.
        """
        ended, results = {*self._engine.done, *self._engine.failed}, {}
        for dataset in self._options.datasets:
            own = {m: self._trials.get((dataset, m)) for m in self._options.methods}
            if any(t is None or not ended.issuperset(t) for t in own.values()):
                continue
            results[dataset] = {}
            for method, trials in own.items():
                errors = [one.error for one in trials if one in self._engine.done]
                chosen = self._chosen[dataset, method]
                results[dataset][method] = {**chosen, "errors": errors}
        return results

    def _do(self, tasks):
        self._engine.tasks += itertools.chain.from_iterable(tasks.values())
        if self._engine.waiting:
            self._engine.run()

    def _plan(self, dataset, method, split, values):
        options, steps = self._options, self._steps[dataset][split]
        number = options.trials if split == "test" else options.choice_trials
        first = FIRST_SEED[split]
        settings = {
            "dataset": location(dataset, options.data_dir),
            # In the trials all but the test split is trained on: one is the least that
            # can be set aside.
            "num_validation": 1 if split == "test" else "default",
            "steps": steps,
            "evaluate_every": steps,
            "steps_per_execution": steps_at_once(steps, options.backend),
            "backend": options.backend,
            "keep": "numbers",
        }
        sweep = Sweep(
            recipes=(f"tabular_{method}",),
            vary=tuple(f"{k}={':'.join(map(str, v))}" for k, v in values.items()),
            seeds=(f"{first}-{first + number - 1}",),
            set=tuple(f"{name}={value}" for name, value in settings.items()),
            workdir=os.path.join(options.workdir, "trained", dataset, split),
        )
        runs = [
            dataclasses.replace(run, variant=f"{dataset}/{split}/{run.variant}")
            for run in grid.expand(sweep)
        ]
        return [Trial(run, split, values) for run in runs]


def choice(method, tried):
    """Returns the settings of the lowest mean error on validation data.

    Args:
        method: name of the method.
        tried: list of the `Trial` of its candidates, all seeds of one together; `None`
            for the settings of the recipe.

    Returns:
        `{"settings": ..., "candidates": [...]}`, where each candidate holds its
        settings and its mean validation error in percent. One of which a run failed is
        none; without any the settings are `None`.
    """
    if tried is None:
        settings = {name: getattr(_recipe(method), name) for name in CHOICES[method]}
        return {"settings": settings, "candidates": []}
    found = []
    for settings, group in itertools.groupby(tried, lambda trial: trial.settings):
        errors = [trial.error for trial in group]
        if None not in errors:
            mean = statistics.fmean(errors)
            found.append({"settings": settings, "validation_error": mean})
    best = min(found, key=lambda one: one["validation_error"], default={})
    return {"settings": best.get("settings"), "candidates": found}


def _recipe(method):
    return read_flags(Experiment, grid.recipe_path(f"tabular_{method}"))


def _steps(dataset, options):
    """Counts the steps of a run for each split, by the training examples."""
    steps, batch_size = {}, _recipe("erm").batch_size
    for split, num_validation in (("validation", None), ("test", 1)):
        try:
            source = data.load(
                location(dataset, options.data_dir), num_validation=num_validation
            )
        except ValueError as error:
            raise UsageError(one_line(error)) from error
        steps[split] = options.epochs * -(-source.num_train // batch_size)
    return steps
