"""The runs of an example, and what was measured in them."""

import functools
import math
import os
import statistics

from keras_mixup import data
from trainers.results import records
from trainers.run.experiment import Experiment
from trainers.run.finished import FinishedRun
from trainers.run.run_folder import run_name
from trainers.statistics import standard_deviation
from trainers.sweep.engines.in_process import steps_at_once
from trainers.sweep.grid import PlannedRun
from trainers.sweep.tasks import Training
from trainers.toys.toy_measures import MEASURES


class ToyRun(Training):
    """A run of an example.

    Args:
        options: a `trainers.toys.Examples`.
        alpha: the setting.
        seed: the seed.
    """

    def __init__(self, options, alpha, seed):
        variant = "erm" if alpha is None else f"mixup_alpha{alpha}"
        folder = os.path.join(options.folder, "trained", run_name(variant, seed))
        experiment = experiment_of(options, alpha, seed, folder)
        super().__init__(PlannedRun(variant, options.example, experiment))
        self.alpha = alpha

    @functools.cached_property
    def record(self):
        """Its `trainers.results.record.Record`, once it is finished."""
        (record,) = records.read_run(self.experiment.folder)
        return record

    @property
    def network(self):
        """The network that it trained."""
        return FinishedRun(self.experiment.folder).networks["student"]

    def as_dictionary(self, columns):
        """Returns what results.json holds of it."""
        names = ["step", *(column.key for column in columns)]
        measured = [{k: row[k] for k in names} for row in self.record.history]
        return {"alpha": self.alpha, "seed": self.seed, "measured": measured}


def runs_of(options):
    """Returns the `ToyRun` of every setting and seed of an example."""
    example = options.settings
    return [
        ToyRun(options, alpha, seed)
        for alpha in example.alphas
        for seed in range(example.seeds)
    ]


def experiment_of(options, alpha, seed, folder=None):
    """Returns the `Experiment` of one run, as `trainers.run` would train it.

    Args:
        options: a `trainers.toys.Examples`.
        alpha: the setting.
        seed: the seed.
        folder: the folder of the run.
    """
    example = options.settings
    interval = example.steps // math.gcd(example.points, example.steps)
    units = "_".join(map(str, example.hidden_units))
    measure = MEASURES[options.example]
    mixing = {"method": "erm"} if alpha is None else {"method": "mixup", "alpha": alpha}
    return Experiment(
        **mixing,
        dataset=example.dataset,
        augmentation="none",
        architecture=f"mlp_{units}" if units else "linear",
        # So the published networks start.
        initial_weights="pytorch",
        batch_size=example.batch_size or data.load(example.dataset).num_train,
        steps=example.steps,
        optimizer=example.optimizer,
        **({"momentum": 0.0} if example.optimizer == "sgd" else {}),
        learning_rate=example.learning_rate,
        learning_rate_schedule="cosine" if example.cosine else "constant",
        seed=seed,
        evaluate_every=interval,
        extra_measure=f"{measure.__module__}:{measure.__name__}",
        linearity_points=0,
        steps_per_execution=steps_at_once(interval, options.backend),
        keep="network",
        backend=options.backend,
        workdir=folder,
    )


def summarize(example, runs):
    """Returns the mean and standard deviation of each setting's final figures.

    Args:
        example: an `Example`.
        runs: list of what `ToyRun.as_dictionary` returned.
    """
    summary = []
    for alpha in example.alphas:
        finals = [run["measured"][-1] for run in runs if run["alpha"] == alpha]
        row = {"alpha": alpha}
        for column in example.columns:
            values = [final[column.key] for final in finals]
            # One run has none.
            deviation = standard_deviation(values) if len(values) > 1 else None
            row[column.key] = {
                "mean": statistics.fmean(values),
                "standard_deviation": deviation,
            }
        summary.append(row)
    return summary
