"""The mixing operation: weights and partners in, convex combinations out."""

from typing import Any

import keras
from keras import ops

from keras_mixup import _tf_data, random
from keras_mixup._renamed_arguments import accepts_former_names

__all__ = ["draw", "mix"]


def mix(x: Any, weights: Any, partners: Any) -> Any:
    """Mixes each example of a batch with its partners.

    Computes `sum_k weights[i, k] * x[partners[i, k]]` for every example `i`, equation 1
    of [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413).

    Args:
        x: Tensor of shape `(batch, ...)` and any rank, or a nested structure of such
            tensors or `None`. Integers and booleans are mixed in float32, floats in
            their own dtype.
        weights: Float tensor of shape `(batch, num_points)`, or `(num_points,)` for
            one vector a batch.
        partners: Integer tensor of shape `(batch, num_points)`.

    Returns:
        A tensor (or structure of tensors) of the shape of `x`.

    Raises:
        ValueError: If `weights` and `partners` are for different numbers of points.

    Example:

    >>> x = np.array([[0.0], [1.0]])
    >>> mixed = keras_mixup.mixing.mix(x, np.array([0.75, 0.25]), [[0, 1], [1, 0]])
    >>> [float(row[0]) for row in mixed]
    [0.25, 0.75]
    """
    partners = ops.convert_to_tensor(partners)
    weights = ops.convert_to_tensor(weights)
    if weights.shape[-1] not in (None, partners.shape[1]):
        raise ValueError(
            "`weights` must have one column for each column of `partners`, as `draw` "
            f"returns them. Received: weights of shape {tuple(weights.shape)}, "
            f"partners of shape {tuple(partners.shape)}"
        )
    return keras.tree.map_structure(
        # Optional inputs of a network may be `None`.
        lambda t: None if t is None else _mix_tensor(t, weights, partners),
        x,
    )


def mix_labels(
    rows: Any, sample_weight: Any, weights: Any, partners: Any
) -> tuple[Any, Any]:
    """Mixes labels whose examples, or elements, have weights.

    A mixture has the weight `w~ = sum_k lambda_k w_k` and the label
    `sum_k lambda_k w_k y_k / w~`: for a loss that is linear in the label, such as a
    cross-entropy, the mixture of the weighted losses. What has weight 0 has no say, not
    even with a label that is NaN; where all of a mixture has, the label is 0.

    Args:
        rows: Float tensor of labels, of shape `(batch, ..., num_classes)`, or
            `(batch, ...)` for numbers.
        sample_weight: Float tensor, not negative, of the shape of the labels without
            their last axes; axes of size 1 fit any size.
        weights: As for `mix`.
        partners: As for `mix`.

    Returns:
        Pair `(rows, sample_weight)` of the mixtures, of the same ranks.
    """
    rows, sample_weight = as_float(rows), as_float(sample_weight)
    missing = len(rows.shape) - len(sample_weight.shape)
    column = ops.reshape(sample_weight, (*ops.shape(sample_weight), *(1,) * missing))
    counted = ops.where(column > 0, rows, ops.zeros_like(rows)) * ops.cast(
        column, rows.dtype
    )
    mixed_weight = mix(sample_weight, weights, partners)
    mixed_column = ops.cast(mix(column, weights, partners), rows.dtype)
    positive = mixed_column > 0
    mixed = mix(counted, weights, partners) / ops.where(positive, mixed_column, 1.0)
    return mixed, mixed_weight


def mix_drawn(x: Any, weights: Any, partners: Any) -> Any:
    """Mixes one tensor as `mix` does, where gradients flow into it.

    Args:
        x: Tensor of shape `(batch, ...)`.
        weights: As for `mix`.
        partners: As `draw` returns them: first each example itself, then permutations.
    """
    x = as_float(x)
    orders = [partners[:, point] for point in range(1, partners.shape[1])]
    return _weighted_sum([x, *(_permuted(x, order) for order in orders)], weights)


def mix_forward(x: Any, weights: Any, partners: Any) -> Any:
    """Mixes one tensor as `mix` does, with fewer copies of it, where no gradients flow.

    Args:
        x: Tensor of shape `(batch, ...)`.
        weights: As for `mix`.
        partners: As `draw` returns them: first each example itself.
    """
    return _mix_first_and_others(as_float(x), weights, partners)


# Operation by operation, four points of 3 MB cost 1.6 times what two do; fused, 1.1.
@_tf_data.fused
def _mix_first_and_others(x, weights, partners):
    columns = [partners[:, point] for point in range(1, partners.shape[1])]
    others = [ops.take(x, column, axis=0) for column in columns]
    return _weighted_sum([x, *others], weights)


def _permuted(x, order):
    """The rows in another order, with a gradient that is put back in order.

    The gradient of `take` adds up rows that might be the same. On TensorFlow, on a CPU,
    manifold mixup took 1.13 plain steps with it and takes 1.06 with this.
    """
    back = ops.argsort(order)

    @ops.custom_gradient
    def permute(x):
        # TensorFlow gives the argument by position, other backends by name: PyTorch
        # after `x` by position.
        def gradient(*arguments, upstream=None):
            if upstream is None:
                (upstream,) = arguments
            return ops.take(upstream, back, axis=0)

        return ops.take(x, order, axis=0), gradient

    return permute(x)


def _mix_tensor(x, weights, partners):
    x = as_float(x)
    columns = [partners[:, point] for point in range(partners.shape[1])]
    return _weighted_sum([ops.take(x, column, axis=0) for column in columns], weights)


def _weighted_sum(points, weights):
    weights = ops.cast(weights, points[0].dtype)
    terms = [_column(weights, k, point) * point for k, point in enumerate(points)]
    mixed, *others = terms
    for term in others:
        mixed = mixed + term
    return mixed


def _column(weights, point, x):
    """The weights of one point, shaped to multiply `x`."""
    column = weights[..., point]
    if len(column.shape) == 0:
        return column
    return ops.reshape(column, (-1,) + (1,) * (len(x.shape) - 1))


def as_float(x: Any) -> Any:
    """Returns `x` as a tensor of a float dtype, float32 unless it has one."""
    x = ops.convert_to_tensor(x)
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(x.dtype)):
        x = ops.cast(x, "float32")
    return x


@accepts_former_names
def draw(
    batch_size: Any,
    num_points: int,
    alpha: Any,
    seed: random.Seed,
    per_example: bool = True,
    dominant_first: bool = False,
    probability: Any = 1.0,
) -> tuple[Any, Any]:
    """Draws the weights and the partners of one batch.

    Args:
        batch_size: Integer or scalar integer tensor.
        num_points: Integer of at least 1.
        alpha: Positive float, or one for each point.
        seed: Pair of integers or integer tensor of shape `(2,)`.
        per_example: Whether every example has its own vector of weights; otherwise
            the batch shares one.
        dominant_first: Whether each vector is sorted in descending order, so that an
            example weighs the most in its own mixture.
        probability: Float from 0 to 1, or a scalar tensor: how likely an example (with
            `per_example=False` the batch) is mixed, and not left alone.

    Returns:
        `(weights, partners)`, of shapes `(batch, num_points)` (or `(num_points,)`)
        and `(batch, num_points)`.

    Example:

    >>> weights, partners = keras_mixup.mixing.draw(4, 3, alpha=0.5, seed=(0, 1))
    >>> tuple(weights.shape), tuple(partners.shape)
    ((4, 3), (4, 3))
    """
    shape = (batch_size,) if per_example else ()
    weights = random.dirichlet(shape, alpha, num_points, random.fold_in(seed, 0))
    if dominant_first:
        weights = ops.flip(ops.sort(weights, axis=-1), axis=-1)
    if not (isinstance(probability, int | float) and probability == 1):
        uniform = random.uniform(shape, random.fold_in(seed, 2))
        # A number stays one: a tensor of it would be copied to the device.
        is_tensor = ops.is_tensor(probability)
        probability = ops.cast(probability, "float32") if is_tensor else probability
        is_mixed = ops.expand_dims(uniform < probability, -1)
        alone = ops.cast(ops.arange(num_points) == 0, weights.dtype)
        weights = ops.where(is_mixed, weights, alone)
    return weights, random.partners(batch_size, num_points, random.fold_in(seed, 1))
