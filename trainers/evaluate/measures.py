"""Everything that `python -m trainers.evaluate` measures on a finished run."""

import math

import numpy as np

from keras_mixup import calibration
from trainers.errors import UsageError
from trainers.evaluate import (
    attacks,
    between,
    chunked,
    deformations,
    noisy_labels,
    reliability,
    temperature,
)
from trainers.run import scores
from trainers.run.training_batches import training_batches

# What each kind of prediction is called at its temperature.
SCALED = {"plain": "scaled", "corrected": "corrected_scaled"}


def evaluate_run(options, run, other=None):
    """Measures what the options ask for.

    Args:
        options: an `Evaluation`.
        run: the `FinishedRun`.
        other: the `FinishedRun` whose gradients attack it, or `None`.

    Returns:
        A dictionary, the contents of evaluation.json. It holds no times and no paths.
    """
    name, network = chosen_network(options, run)
    predictors = {"plain": network}
    if options.corrected and is_correctable(run.experiment):
        predictors["corrected"] = corrected_network(run)
    result = {
        "name": run.experiment.name,
        "network": name,
        "black_box": None if other is None else other.experiment.name,
        "scores": {},
        "reliability": {},
        "temperatures": {},
    }
    for kind, predictor in predictors.items():
        _score(options, run.source, kind, predictor, result)
    result |= _robustness(options, run, network, other)
    result["train_labels"] = noisy_labels.accuracies(
        network, run.source, run.experiment
    )
    return result


def _score(options, source, kind, predictor, result):
    """Adds the scores of a kind of prediction, and of the same at its temperature."""
    splits = dict.fromkeys([*options.split, *(["validation"] * options.scaled)])
    logits = {
        split: chunked.predict(predictor, source, getattr(source, split))
        for split in splits
    }
    factors = {kind: 1.0}
    if options.scaled:
        found = temperature.fitted(logits["validation"], source.validation.y)
        result["temperatures"][kind] = found
        factors[SCALED[kind]] = found
    for split in options.split:
        y = getattr(source, split).y
        for name, factor in factors.items():
            result["scores"].setdefault(name, {})[split] = scores.score_logits(
                logits[split] / np.float32(factor), y, options.num_bins
            )
        result["reliability"].setdefault(kind, {})[split] = reliability.bins(
            logits[split], y, options.num_bins
        )


def _robustness(options, run, network, other):
    """What is measured on the last split alone, on as many examples as were asked."""
    x, y = getattr(run.source, options.split[-1])
    split = x[: options.num_examples], y[: options.num_examples]
    found = {"fgsm": _attacks(options, run, network, split, other)}
    found["deformations"] = None
    if options.deformations and attacks.is_image(run.source):
        found["deformations"] = deformations.accuracies(
            *(network, run.source, split, options.seed, options.interpolation)
        )
    found["between"] = None
    if options.num_pairs and len(split[1]) > 1:
        found["between"] = between.between(
            *(network, run.source, split, options.num_pairs, options.num_weights),
            seed=options.seed,
        )
    return found


def _attacks(options, run, network, split, other):
    strengths = options.strengths
    if not strengths:
        return None
    attackers = {"white_box": None}
    if other is not None:
        check_same_data(run, other)
        _, attacking = chosen_network(options, other)
        attackers["black_box"] = (attacking, other.source)
    kinds = {kind: (attacker, 1) for kind, attacker in attackers.items()}
    if options.ifgsm_steps:
        for kind, attacker in attackers.items():
            kinds[f"{kind}_iterative"] = (attacker, options.ifgsm_steps)
    return {
        kind: dict(
            zip(
                map(str, strengths),
                attacks.fast_gradient_sign(network, run.source, split, strengths, *how),
            )
        )
        for kind, how in kinds.items()
    }


def chosen_network(options, run):
    """Returns name and network of the one that is evaluated."""
    name = options.network or run.result.get("evaluated_network", "student")
    if name in run.networks:
        return name, run.networks[name]
    if run.path == options.workdir and options.network:
        raise UsageError(
            f"--network={name}: the run in {run.path!r} has no {name}, as "
            f"--method={run.experiment.method} trained it; leave the flag out."
        )
    return "student", run.networks["student"]


def is_correctable(experiment):
    """Whether the corrected prediction is one of this method."""
    mixes = experiment.mixed_points > 1 and experiment.mix_labels
    return mixes and is_corrected(experiment.row)


def is_corrected(row):
    """Whether a `Method` trains on mixtures of labelled inputs and labels alone."""
    return set(row.mixes) == {"inputs", "labels"}


def corrected_network(run):
    """Returns the corrected model; its means are of one pass over the training data."""
    experiment = run.experiment
    num_labels = experiment.num_labels or run.source.num_train
    batches = training_batches(experiment, run.source, start_step=0)
    x_mean, y_mean = calibration.means(
        batches,
        run.source.num_classes,
        num_batches=math.ceil(num_labels / experiment.batch_size),
    )
    # The loss smooths the rows, so that the network has learnt the mean of smooth ones.
    smoothing = experiment.label_smoothing
    y_mean = (1 - smoothing) * y_mean + smoothing / run.source.num_classes
    return calibration.corrected(run.model, x_mean, y_mean)


def check_same_data(run, other):
    """Raises `UsageError` unless both runs classify the same kind of examples."""
    both = [
        (each.experiment.dataset, each.source.input_shape, each.source.num_classes)
        for each in (run, other)
    ]
    if both[0] != both[1]:
        raise UsageError(
            f"--black_box={other.path} is a run on {both[1][0]}, with inputs of shape "
            f"{both[1][1]} and {both[1][2]} classes; the evaluated one is on "
            f"{both[0][0]}, with {both[0][1]} and {both[0][2]}. Choose a run on the "
            "same data set."
        )
