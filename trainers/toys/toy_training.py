"""Trains the networks of an example and measures them on the way."""

import dataclasses
import math
import statistics
from typing import Any

import keras
import numpy as np

from keras_mixup import applications, data
from keras_mixup.models import MixupModel
from trainers import strict_json
from trainers.errors import RunFailure
from trainers.statistics import standard_deviation
from trainers.toys.problems import name_of

# What Keras does between steps costs more than a step of these networks.
_MOST_STEPS_AT_ONCE = 100


@dataclasses.dataclass(frozen=True)
class Run:
    """One trained network.

    Args:
        alpha: the setting.
        seed: the seed.
        steps: list, the steps at which it was measured.
        measured: list of dictionaries, what was measured there.
        network: the network.
    """

    alpha: float | None
    seed: int
    steps: list[int]
    measured: list[dict[str, float]]
    network: Any

    @property
    def final(self):
        """What was measured at the end."""
        return self.measured[-1]


def run(example, measure, progress):
    """Trains every setting on every seed.

    Args:
        example: an `Example`.
        measure: function of a network and a source that returns a dictionary.
        progress: function that is told of each run that is done.

    Returns:
        List of `Run`.
    """
    source = data.load(example.dataset)
    runs = []
    for alpha in example.alphas:
        for seed in range(example.seeds):
            runs.append(train(example, source, alpha, seed, measure))
            progress(runs[-1])
    return runs


def train(example, source, alpha, seed, measure):
    """Trains one network and returns a `Run`.

    Raises:
        RunFailure: when its outputs or figures are not finite where it is measured.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    network = _network(example, source, seed)
    mixing = {"num_points": 1} if alpha is None else {"num_points": 2, "alpha": alpha}
    model = MixupModel(network, **mixing, seed=seed)
    points = math.gcd(example.points, example.steps)
    interval = example.steps // points
    model.compile(
        _optimizer(example),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=_largest_divisor(interval, _MOST_STEPS_AT_ONCE),
    )
    measured = []

    def record(epoch, logs):
        step = interval * (epoch + 1)
        where = f"{name_of(alpha)}, seed {seed}, step {step}"
        try:
            measured.append(measure(network, source))
            strict_json.check(measured[-1], "its figures")
        except RunFailure as error:
            raise RunFailure(f"{where}: {error}") from error

    model.fit(
        _batches(example, source, seed),
        steps_per_epoch=interval,
        epochs=points,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=record)],
    )
    steps = [interval * (point + 1) for point in range(points)]
    return Run(alpha, seed, steps, measured, network)


def summarize(example, runs):
    """Returns the mean and standard deviation of each setting's final figures."""
    summary = []
    for alpha in example.alphas:
        finals = [run.final for run in runs if run.alpha == alpha]
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


def _network(example, source, seed):
    """A network whose initial weights are drawn as PyTorch draws them.

    So the published networks were. Keras' biases of 0 put every kink of a ReLU layer
    at the origin, which shows: for alpha = 128 the counterexample's probability is .41
    from there on, .35 from here.
    """
    network = applications.MLP(
        source.input_shape, source.num_classes, hidden_units=example.hidden_units
    )
    rng = np.random.default_rng(seed)
    weights = network.get_weights()
    bounds = [len(kernel) ** -0.5 for kernel in weights[::2] for _ in range(2)]
    network.set_weights(
        [rng.uniform(-b, b, value.shape) for b, value in zip(bounds, weights)]
    )
    return network


def _optimizer(example):
    rate = example.learning_rate
    if example.cosine:
        rate = keras.optimizers.schedules.CosineDecay(rate, example.steps)
    kinds = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
    return kinds[example.optimizer](rate)


def _batches(example, source, seed):
    size = source.num_train if example.batch_size is None else example.batch_size
    tensorflow = keras.config.backend() == "tensorflow"
    make = data.supervised if tensorflow else data.SupervisedBatches
    return make(source, None, size, augmentation="none", seed=seed)


def _largest_divisor(number, most):
    return max(n for n in range(1, min(number, most) + 1) if number % n == 0)
