"""How strongly mixup mixes, and predictions that are corrected for it."""

import numbers
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from scipy import integrate, optimize, special

from keras_mixup import random
from keras_mixup._data_means import means

__all__ = ["alpha_for", "corrected", "mean_dominant_weight", "means"]

# Between these, float64 tells every strength of mixing from the next.
_SMALLEST_ALPHA, _LARGEST_ALPHA = 1e-12, 1e12


def mean_dominant_weight(alpha: float | Sequence[float], num_points: int = 2) -> float:
    """The mean weight of the example that dominates a mixture, `E[max_k lambda_k]`.

    Use it to compare how strongly different K and `alpha` mix: 1 is no mixing at all,
    `1 / num_points` the strongest.

    For two points it is a Beta integral, for equal alphas `1 - I(alpha + 1, alpha;
    1/2)` ([Carratino et al., 2020](https://arxiv.org/abs/2006.06049), section 3). For
    more it is `E[max_k g_k] / sum_k alpha_k` with independent `g_k ~ Gamma(alpha_k)`,
    since their sum is independent of their shares: one numerical integral.

    Args:
        alpha: Positive float, or one for each point: the concentration of the
            Dirichlet weights.
        num_points: Integer of at least 1, the number K of points in a mixture.
            Defaults to `2`.

    Returns:
        A float from `1 / num_points` to 1.

    Raises:
        ValueError: If `alpha` is not positive and finite or has another length than
            `num_points`, or if `num_points` is below 1.

    Example:

    >>> keras_mixup.calibration.mean_dominant_weight(1.0)
    0.75
    """
    random.standardize_alpha(alpha, num_points)
    alphas = np.broadcast_to(np.asarray(alpha, "float64"), (num_points,))
    if num_points == 1:
        return 1.0
    if num_points == 2:
        return float(_larger_share(*alphas))
    return min(float(_largest_gamma(alphas) / alphas.sum()), 1.0)


def _larger_share(a, b):
    """`E[max(lambda, 1 - lambda)]` of `lambda ~ Beta(a, b)`."""
    upper = a / (a + b) * special.betaincc(a + 1, b, 0.5)
    return upper + b / (a + b) * special.betainc(a, b + 1, 0.5)


def _largest_gamma(alphas):
    """`E[max_k g_k]`: the integral over x of the chance that one of them exceeds x."""
    # Below `low` that chance is 1 to the last digit (or x does not count), above
    # `high` it is 0.
    negligible = 1e-17 * min(1.0, alphas.max())
    low = max(special.gammaincinv(alphas, 1e-17).max(), 1e-17 * alphas.sum())
    high = special.gammainccinv(alphas, negligible).max()

    def integrand(log_x):
        x = np.exp(log_x)
        # 1 - prod(1 - chance), without the cancellation.
        with np.errstate(divide="ignore"):
            log_none = np.log1p(-special.gammaincc(alphas, x)).sum()
        return -x * np.expm1(log_none)

    # Over log x, where small alphas spread over many orders of magnitude.
    area, _ = integrate.quad(
        integrand, np.log(low), np.log(high), epsabs=0, epsrel=1e-11, limit=500
    )
    return low + area


def alpha_for(mean_dominant_weight: float, num_points: int = 2) -> float:
    """The `alpha` at which mixtures have a given mean dominant weight.

    Use it to change K at equal strength of mixing: at equal `alpha`, a larger K also
    mixes more strongly.

    Args:
        mean_dominant_weight: Float above `1 / num_points` and below 1.
        num_points: Integer of at least 2, the number K of points in a mixture.
            Defaults to `2`.

    Returns:
        A positive float, the concentration of each point.

    Raises:
        ValueError: If there is no such `alpha`.

    Example:

    >>> strength = keras_mixup.calibration.mean_dominant_weight(0.5, num_points=2)
    >>> round(keras_mixup.calibration.alpha_for(strength, num_points=4), 3)
    0.127
    """
    random.check_num_points(num_points)
    if num_points == 1:
        raise ValueError(
            "`num_points` must be at least 2: a single point weighs 1 at any alpha. "
            f"Received: num_points={num_points}"
        )

    if not isinstance(mean_dominant_weight, numbers.Real):
        raise ValueError(
            "`mean_dominant_weight` must be a number above 1 / num_points and below 1. "
            f"Received: mean_dominant_weight={mean_dominant_weight!r}"
        )

    def excess(log_alpha):
        return _strength(float(np.exp(log_alpha)), num_points) - mean_dominant_weight

    low, high = np.log(_SMALLEST_ALPHA), np.log(_LARGEST_ALPHA)
    if not excess(high) < 0 < excess(low):
        raise ValueError(
            "`mean_dominant_weight` must be above 1 / num_points = "
            f"{1 / num_points:.4g} and below 1, and not so near to either that alpha "
            "would be outside "
            f"{_SMALLEST_ALPHA:g} to {_LARGEST_ALPHA:g}. Received: "
            f"mean_dominant_weight={mean_dominant_weight}, num_points={num_points}"
        )
    return float(np.exp(optimize.brentq(excess, low, high, xtol=1e-12, rtol=1e-13)))


# `alpha_for` has an argument of the same name.
_strength = mean_dominant_weight


def corrected(
    model: keras.Model,
    x_mean: Any,
    y_mean: Any,
    alpha: float | Sequence[float] | None = None,
    num_points: int | None = None,
) -> keras.Model:
    """Corrects the predictions of a network that was trained by mixup.

    Use it after training, to evaluate and to deploy: the correction is expected to
    improve accuracy, likelihood and calibration, and needs no training of its own.

    `f_c(x) = f(theta x + (1 - theta) x_mean) / theta + (1 - 1 / theta) y_mean`, with
    `theta = mean_dominant_weight(alpha, num_points)`.

    Reference: [Carratino et al., 2020](https://arxiv.org/abs/2006.06049), equation 15,
    there for two points.

    Args:
        model: A `MixupModel`, `MixupEModel` or `ApproximateMixupModel`, an `ICTModel`
            that mixes its labelled examples too (`supervised_num_points` above 1), or,
            with `alpha` and `num_points` given, any `keras.Model` from inputs to
            logits.
        x_mean: Array of the shape of one example, the mean input of the training as
            the network sees it; see `means`.
        y_mean: Array of shape `(num_classes,)`, the mean label row.
        alpha: Positive float, or one for each point. Defaults to that of `model`.
        num_points: Integer of at least 1, where 1 corrects nothing. Defaults to that
            of `model`.

    Returns:
        A `keras_mixup.models.CorrectedModel`, not compiled, which shares its network
        with `model`.

    Raises:
        ValueError: If `alpha` or `num_points` is missing and `model` does not tell it,
            and for arguments out of range.

    Example:

    >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> model = keras_mixup.models.MixupModel(network, alpha=1.0)
    >>> x_mean, y_mean = np.zeros(4), np.full(3, 1 / 3)
    >>> corrected = keras_mixup.calibration.corrected(model, x_mean, y_mean)
    >>> float(corrected.mean_dominant_weight)
    0.75
    """
    # Models take their strength of mixing from here.
    from keras_mixup.models import CorrectedModel
    from keras_mixup.models.mixing_model import MixingModel

    if alpha is None or num_points is None:
        own_alpha, own_points = _strength_of(model)
        alpha = own_alpha if alpha is None else alpha
        num_points = own_points if num_points is None else num_points
    network = model.network if isinstance(model, MixingModel) else model
    theta = mean_dominant_weight(alpha, num_points)
    return CorrectedModel(network, x_mean, y_mean, theta)


def _strength_of(model):
    """The `alpha` and the K by which a model mixes labelled inputs and their labels."""
    from keras_mixup import models

    if isinstance(model, models.ApproximateMixupModel):
        return model.alpha, 2
    if isinstance(model, models.MixupModel):
        if model.mix_labels or model.num_points == 1:
            return model.alpha, model.num_points
    elif isinstance(model, models.ICTModel) and model.supervised_num_points > 1:
        return model.alpha, model.supervised_num_points
    raise ValueError(
        "The correction is for a model that mixes its labelled inputs together with "
        "their labels, as MixupModel does, or an ICTModel with supervised_num_points "
        "above 1. For any other network that was trained so, give `alpha` and "
        f"`num_points`. Received: a model of type {type(model).__name__}"
    )
