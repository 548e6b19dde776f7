"""The norm of w, its optimum, and a residual network on half-and-half mixtures."""

import math

import numpy as np
import pytest
from scipy import optimize, special

from keras_mixup import data
from trainers.claims.catalogue.norm_claims import OPTIMA
from trainers.claims.rule import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_CARRIED_OVER,
    SUPPORTED,
)

STEPS = [1000 * step for step in range(1, 17)]
RATES = {None: 1.0, 1.0: 0.0, 128.0: 0.0}


def longer(made, rates=(), ends=()):
    """Norms that grow by a rate times the logarithm of the steps, to their ends."""
    rates = RATES | dict(rates)
    ends = {None: 9.0, 1.0: 3.542, 128.0: 5.676} | dict(ends)
    runs = [
        {
            "alpha": alpha,
            "seed": seed,
            "measured": [
                {"step": step, "norm": ends[alpha] + x + rate * math.log(step / 16_000)}
                for step in STEPS
            ],
        }
        for place, (alpha, rate) in enumerate(rates.items())
        for seed, x in enumerate(made.wiggle(place, size=0.02))
    ]
    settings = {"steps": 16_000}
    content = {"options": {}, "settings": settings, "runs": runs}
    return {"separable_longer": content}


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({}, SUPPORTED),
        ({None: 0.2}, CONTRADICTED),
        ({128.0: 1.0}, CONTRADICTED),
        ({1.0: 0.8}, CONTRADICTED),
        ({None: 0.6, 1.0: 0.4}, SUPPORTED),
    ],
)
def test_the_norm_grows_under_plain_training_alone(made, rates, expected):
    (one,) = made.judged("D3b", examples=longer(made, rates))
    assert one.verdict == expected
    assert [outcome.name.partition(",")[0] for outcome in one.outcomes] == [
        "ERM: norm added from 1000 steps to 2000",
        "ERM: norm added from 2000 steps to 4000",
        "ERM: norm added from 4000 steps to 8000",
        "ERM: norm added from 8000 steps to 16000",
        "alpha 1: norm added from 8000 steps to 16000",
        "alpha 128: norm added from 8000 steps to 16000",
    ]
    added = rates.get(None, 1.0) * math.log(2)
    assert one.outcomes[0].first == pytest.approx(added)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({}, SUPPORTED),
        ({1.0: 3.6}, SUPPORTED),
        ({1.0: 3.64}, INCONCLUSIVE),
        ({1.0: 3.8}, CONTRADICTED),
        ({128.0: 5.4}, CONTRADICTED),
    ],
)
def test_under_mixup_it_ends_at_the_optimum(made, ends, expected):
    (one,) = made.judged("D3b optimum", examples=longer(made, ends=ends))
    assert one.verdict == expected


def test_without_the_example_nothing_is_judged(made):
    for name in ("D3b", "D3b optimum"):
        assert made.judged(name, examples={}) == []


@pytest.mark.parametrize("alpha", OPTIMA)
def test_the_optimum_is_that_of_the_population_loss(alpha):
    """By quadrature over lambda and all pairs, which takes no draw."""
    x, y = data.load("separable").train
    nodes, weights = special.roots_jacobi(20, alpha - 1, alpha - 1)
    shares, weights = (1 + nodes) / 2, weights / weights.sum()

    def loss(w):
        z, total = x.astype("float64") @ w[:2] + w[2], 0.0
        for share, weight in zip(shares, weights):
            logits = share * z[:, None] + (1 - share) * z
            labels = share * y[:, None] + (1 - share) * y
            total += weight * np.mean(np.logaddexp(0, logits) - labels * logits)
        return total

    best = optimize.minimize(loss, [2.0, 1.0, 0.0], method="BFGS").x
    assert np.linalg.norm(best[:2]) == pytest.approx(OPTIMA[alpha], abs=1e-3)


def fitted(made, method, error, salt, **more):
    history = [
        [{"step": 1, "accuracy/train_student": 1 - error - abs(x)}]
        for x in made.wiggle(salt, size=0.002)
    ]
    return made.arm(method, 0.9, history=history, salt=salt, **more)


@pytest.mark.parametrize(
    ("mixup", "erm", "expected"),
    [
        (0.0, 0.0, SUPPORTED),
        (0.004, 0.0, SUPPORTED),
        (0.2, 0.0, NOT_CARRIED_OVER),
        (0.1, 0.1, NOT_CARRIED_OVER),
    ],
)
def test_residual_networks_fit(made, mixup, erm, expected):
    records = [
        *fitted(made, "mixup", mixup, 1, alpha=1024.0),
        *fitted(made, "mixup", 0.5, 2, alpha=1.0),
        *fitted(made, "erm", erm, 3),
    ]
    (one,) = made.judged("D2 residual", records)
    assert one.verdict == expected
    assert len(one.outcomes) == 3


def test_other_networks_and_wrong_labels_are_none_of_it(made):
    more = {"alpha": 1024.0, "architecture": "mlp_128_128"}
    assert made.judged("D2 residual", fitted(made, "mixup", 0.0, 1, **more)) == []
    more = {"alpha": 1024.0, "label_noise": 0.5}
    assert made.judged("D2 residual", fitted(made, "mixup", 0.0, 1, **more)) == []
