"""The losses of the methods in NumPy, from their formulas.

Each function returns an `Expected`. `weights` are differentiated, `held` are equal
weights that are not: what stands behind a stop of the gradient is computed of them.
"""

from typing import Any, NamedTuple

import numpy as np

from tests.models.oracle.network import forward, jvp, penalty


class Expected(NamedTuple):
    """What a step should find.

    Args:
        loss: The loss that is differentiated.
        logs: The logged parts by name.
        statistics: Mean and variance that the moving statistics take in, or `None`.
    """

    loss: Any
    logs: dict[str, Any]
    statistics: Any


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


ACTIVATIONS = {"softmax": softmax, "sigmoid": sigmoid, "linear": lambda z: z}


def losses_of(rows, logits, meaning):
    """The compiled loss of each example."""
    if meaning == "softmax":
        return -np.sum(rows * np.log(softmax(logits)), -1)
    if meaning == "sigmoid":
        p = sigmoid(logits)
        return -np.mean(rows * np.log(p) + (1 - rows) * np.log(1 - p), -1)
    return np.mean((rows - logits) ** 2, -1)


def mixed_labels(rows, sample_weight, mix):
    """Labels and weights of mixtures: the mean label by `lambda w`."""
    if sample_weight is None:
        return mix(rows), np.ones(len(rows))
    weight = mix(sample_weight)
    return mix(sample_weight[:, None] * rows) / weight[:, None], weight


def mixup(
    weights,
    x,
    rows,
    mix,
    *,
    place="input",
    mix_labels=True,
    sample_weight=None,
    meaning="softmax",
):
    """Mixup of inputs, or of the activations at another place."""
    logits, statistics = forward(weights, x, {place: mix})
    if mix_labels:
        rows, counts = mixed_labels(rows, sample_weight, mix)
    else:
        counts = np.ones(len(rows)) if sample_weight is None else sample_weight
    loss = np.mean(counts * losses_of(rows, logits, meaning))
    return Expected(loss + penalty(weights), {}, statistics)


def mixupe(
    weights,
    held,
    x,
    rows,
    mix,
    *,
    other_weight,
    eta,
    variant="absolute",
    threshold=1.0,
    sample_weight=None,
    meaning="softmax",
):
    """`eta_hat (L_mix + eta R)`, on the raw inputs in a batch of their own."""

    def parts(w):
        mixed = mixup(w, x, rows, mix, sample_weight=sample_weight, meaning=meaning)
        logits, _ = forward(w, x)
        products = (rows - ACTIVATIONS[meaning](logits)) * logits
        q = products.sum(-1) if meaning == "softmax" else products.mean(-1)
        terms = np.abs(q) if variant == "absolute" else -q * (q < threshold)
        counts = 1.0 if sample_weight is None else sample_weight
        return mixed.loss - penalty(w), other_weight * np.mean(counts * terms)

    constant_mixup, constant_regularizer = parts(held)
    eta_hat = np.abs(constant_mixup / (constant_mixup + eta * constant_regularizer))
    mixup_loss, regularizer = parts(weights)
    return Expected(
        eta_hat * (mixup_loss + eta * regularizer) + penalty(weights),
        {"mixup_loss": mixup_loss, "regularizer": regularizer, "eta_hat": eta_hat},
        forward(weights, mix(x))[1],
    )


def ict(
    weights,
    held,
    x,
    views,
    rows,
    mix,
    supervised_mix=lambda v: v,
    *,
    teacher=None,
    target="probabilities",
    distance="mean_squared",
    stop_gradient=True,
    consistency_weight=1.0,
    meaning="softmax",
):
    """`CE(f(x), y) + w D(f(Mix(u)), Mix(f_T(u)))`, of the last view and the first."""
    activate = ACTIVATIONS[meaning]
    logits, statistics = forward(weights, supervised_mix(x))
    supervised = np.mean(losses_of(supervised_mix(rows), logits, meaning))

    def squares(w, source):
        targets, _ = forward(source if teacher is None else teacher, views[0])
        outputs, _ = forward(w, mix(views[-1]))
        if target == "probabilities":
            targets, outputs = mix(activate(targets)), activate(outputs)
        elif target == "logits":
            targets = mix(targets)
        else:
            targets, outputs = activate(mix(targets)), activate(outputs)
        return (outputs - targets) ** 2

    found = squares(weights, held if stop_gradient else weights)
    if distance == "mean_squared":
        consistency = found.mean()
    else:
        # A norm has no derivative at 0, its minimum, where the gradient is taken as 0.
        is_minimum = squares(held, held).sum(-1) < 1e-12
        consistency = np.where(is_minimum, 0.0, np.sqrt(found.sum(-1))).mean()
    return semi_supervised(
        weights, supervised, consistency, consistency_weight, statistics
    )


def semi_supervised(weights, supervised, consistency, consistency_weight, statistics):
    supervised = supervised + penalty(weights)
    return Expected(
        supervised + consistency_weight * consistency,
        {
            "supervised_loss": supervised,
            "consistency_loss": consistency,
            "consistency_weight": consistency_weight,
        },
        statistics,
    )


def mixmatch(
    weights,
    held,
    x,
    views,
    rows,
    mix,
    *,
    temperature,
    consistency_weight,
    sample_weight=None,
    meaning="softmax",
):
    """Guesses, sharpened; a mixture of everything with everything; parts."""
    guess = sharpened(held, views, temperature, meaning)
    inputs = mix(np.concatenate([x, *views]))
    everything = np.concatenate([rows, *[guess] * len(views)])
    all_weights = None
    if sample_weight is not None:
        guessed = np.ones(len(everything) - len(x))
        all_weights = np.concatenate([sample_weight, guessed])
    labels, counts = mixed_labels(everything, all_weights, mix)
    part_of = authors_parts(len(x), len(views[0]), len(views))
    logits, statistics = np.empty(labels.shape), None
    for part in range(len(views) + 1):
        logits[part_of == part], seen = forward(weights, inputs[part_of == part])
        statistics = seen if part == 0 else statistics
    n = len(x)
    supervised = np.mean(counts[:n] * losses_of(labels[:n], logits[:n], meaning))
    squares = (labels[n:] - ACTIVATIONS[meaning](logits[n:])) ** 2
    consistency = np.mean(counts[n:] * squares.mean(-1))
    return semi_supervised(
        weights, supervised, consistency, consistency_weight, statistics
    )


def sharpened(weights, views, temperature, meaning):
    """The mean prediction for all views, each in a batch of its own, sharpened."""
    predictions = [ACTIVATIONS[meaning](forward(weights, v)[0]) for v in views]
    mean = np.mean(predictions, axis=0)
    power = mean ** (1 / temperature)
    if meaning == "sigmoid":
        return power / (power + (1 - mean) ** (1 / temperature))
    return power / power.sum(-1, keepdims=True)


def authors_parts(num_labeled, num_unlabeled, num_views):
    """The part of the batch in which each row passes, as the authors' code cuts it.

    Rows of each kind are cut into pieces, the last ones being larger by one row. Part
    0 starts with the labelled rows and part i with view i; then they exchange piece i.
    """
    num_parts = num_views + 1

    def pieces(size):
        return np.repeat(
            np.arange(num_parts),
            [size // num_parts + (p >= num_parts - size % num_parts)
             for p in range(num_parts)],
        )  # fmt: skip

    labeled, unlabeled = pieces(num_labeled), pieces(num_unlabeled)
    kinds = [np.where(unlabeled == i, 0, i) for i in range(1, num_parts)]
    return np.concatenate([labeled, *kinds])


def approximate_mixup(weights, x, rows, mixers, *, theta, activation="relu"):
    """The loss on shrunk data, with R1 and R3 for the noise of each draw."""
    shrunk, labels = (v.mean(0) + theta * (v - v.mean(0)) for v in (x, rows))
    logits, statistics = forward(weights, shrunk, activation=activation)
    supervised = np.mean(losses_of(labels, logits, "softmax")) + penalty(weights)
    p = softmax(logits)
    hessian = np.einsum("bi,ij->bij", p, np.eye(3)) - np.einsum("bi,bj->bij", p, p)
    quadratic, cross = [], []
    for mix in mixers:
        _, u = jvp(weights, shrunk, mix(x) - shrunk, activation)
        quadratic.append(np.mean(np.einsum("bi,bij,bj->b", u, hessian, u)) / 2)
        cross.append(-np.mean(np.sum(u * (mix(rows) - labels), -1)))
    logs = {
        "supervised_loss": supervised,
        "quadratic_loss": np.mean(quadratic),
        "cross_loss": np.mean(cross),
    }
    return Expected(sum(logs.values()), logs, statistics)
