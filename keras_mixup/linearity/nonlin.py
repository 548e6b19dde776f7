"""The numbers of NonLin, from the activations of examples and of their mixtures.

No number depends on the scale of the activations: float32 has no squares of 1e20 and
1e-30, so all are taken of rows whose largest entry is 1.
"""

from typing import Any

from keras import ops

from keras_mixup import mixing

__all__ = ["relative", "unit_norm"]


def unit_norm(f: Any, g: Any, weights: Any, partners: Any) -> tuple[Any, Any]:
    """Value and floor of NonLin, `(examples,)` each; NaN where a row is not finite.

    Args:
        f: Activations of the examples, `(examples, features)`.
        g: Activations of the mixtures, of the same shape.
        weights: `(examples, num_points)`.
        partners: `(examples, num_points)`.
    """
    known = _are_finite(f, g, partners)
    rows, scales = _scaled(f)
    mixed_units = mixing.mix(_unit(rows), weights, partners)
    value = _norm(_unit(_scaled(g)[0]) - mixed_units)
    mixed, _ = _mixed(rows, scales, weights, partners)
    floor = _norm(_unit(_scaled(mixed)[0]) - mixed_units)
    return _or_nan(value, known), _or_nan(floor, known)


def relative(f: Any, g: Any, weights: Any, partners: Any) -> tuple[Any, Any]:
    """Value of the relative measure and its floor of 0, as `unit_norm` has them."""
    known = _are_finite(f, g, partners)
    rows, scales = _scaled(f)
    mixed, mixed_scale = _mixed(rows, scales, weights, partners)
    norms, _ = _mixed(_norm(rows)[:, None], scales, weights, partners)
    others, other_scale = _scaled(g)
    # A mixture of zeros has no scale, beside which what is small would vanish.
    is_zero = ops.max(ops.abs(others), axis=1) == 0
    other_scale = ops.where(is_zero, mixed_scale, other_scale)
    common = ops.maximum(mixed_scale, other_scale)
    mixed, others = (
        mixed / (common / mixed_scale)[:, None],
        others / (common / other_scale)[:, None],
    )
    gap, norms = _norm(others - mixed), norms[:, 0]
    # At least 1, so that nothing vanishes on the way.
    ratio = common / mixed_scale
    value = ops.where(norms > 0, ratio * gap / ops.where(norms > 0, norms, 1.0), 0.0)
    return _or_nan(value, known), _or_nan(ops.zeros_like(value), known)


def _scaled(rows):
    """Rows whose largest entry is 1, and what they were divided by."""
    scale = ops.max(ops.abs(rows), axis=1)
    scale = ops.where(scale > 0, scale, ops.ones_like(scale))
    return rows / scale[:, None], scale


def _mixed(rows, scales, weights, partners):
    """The mixtures of rows that were scaled, and what they are to be multiplied by."""
    taken = ops.take(scales, partners, axis=0)
    # The scale of a row of zeros says nothing.
    counts = ops.take(ops.max(ops.abs(rows), axis=1) > 0, partners, axis=0)
    taken = ops.where(counts, taken, ops.zeros_like(taken))
    largest = ops.max(taken, axis=1)
    largest = ops.where(largest > 0, largest, ops.ones_like(largest))
    return mixing.mix(rows, weights * (taken / largest[:, None]), partners), largest


def _norm(rows):
    return ops.sqrt(ops.sum(ops.square(rows), axis=1))


def _unit(rows):
    norms = _norm(rows)
    return rows / ops.where(norms > 0, norms, 1.0)[:, None]


def _are_finite(f, g, partners):
    """For each mixture, whether it and its examples have finite activations."""
    finite = ops.all(ops.isfinite(f), axis=1)
    return ops.all(ops.take(finite, partners, axis=0), axis=1) & ops.all(
        ops.isfinite(g), axis=1
    )


def _or_nan(values, known):
    return ops.where(known, values, float("nan"))
