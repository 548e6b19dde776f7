"""Derivatives of a function along one direction, on every backend."""

from collections.abc import Callable
from typing import Any

import keras

from keras_mixup import _moments

__all__ = ["jvp"]


def jvp(function: Callable[[Any], Any], x: Any, tangent: Any) -> tuple[Any, Any]:
    """Computes a function and its Jacobian-vector product.

    The product is exact up to rounding, and can itself be differentiated, by weights
    that the function uses too: eagerly, in a graph and under XLA. On JAX it comes from
    forward differentiation, on TensorFlow and PyTorch from two backward passes.

    Args:
        function: Function of one tensor, or of one nested structure of tensors, that
            returns a tensor. It is called once. On TensorFlow and PyTorch its
            operations need second derivatives; on JAX nothing that depends on `x` may
            be assigned to a variable.
        x: Float tensor or nested structure of float tensors, where the derivative is
            taken.
        tangent: The direction, of the structure, shapes and dtypes of `x`.

    Returns:
        `(value, product)`: `function(x)`, and `J tangent` of the same shape and dtype,
        where `J` is the Jacobian of `function` at `x`.

    Raises:
        ValueError: If `tangent` and `x` differ in structure, shape or dtype, or are no
            floats.

    Example:

    >>> square = lambda x: keras.ops.square(x)
    >>> value, product = keras_mixup.differentiation.jvp(
    ...     square, np.array([1.0, 3.0]), np.array([1.0, 0.5])
    ... )
    >>> [keras.ops.convert_to_numpy(t).tolist() for t in (value, product)]
    [[1.0, 9.0], [2.0, 3.0]]
    """
    x, tangent = (
        keras.tree.map_structure(keras.ops.convert_to_tensor, t) for t in (x, tangent)
    )
    _check_alike(x, tangent)
    return _JVPS[keras.config.backend()](function, x, tangent)


def _forward_on_jax(function, x, tangent):
    import jax

    return jax.jvp(function, (x,), (tangent,))


def _double_backward_on_tensorflow(function, x, tangent):
    """The derivative of `v -> v^T J` along the tangent, which is `J tangent`.

    TensorFlow's own forward differentiation wraps each operation in a function, and a
    step that draws random numbers is then compiled again by XLA every time.
    """
    import tensorflow as tf

    options = {"unconnected_gradients": tf.UnconnectedGradients.ZERO}
    points, directions = keras.tree.flatten(x), keras.tree.flatten(tangent)
    with tf.GradientTape(watch_accessed_variables=False) as outer:
        with tf.GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(points)
            with _moments.with_second_derivatives():
                value = function(x)
        # The product is linear in it, so that any value will do.
        cotangent = tf.ones_like(value)
        outer.watch(cotangent)
        pulled_back = inner.gradient(value, points, cotangent, **options)
        # The gradient of taking rows is a list of them, which has no derivative.
        pulled_back = [tf.convert_to_tensor(t) for t in pulled_back]
    product = outer.gradient(pulled_back, cotangent, directions, **options)
    return value, product


def _double_backward_on_torch(function, x, tangent):
    """The same. Forward differentiation lacks what Keras defines the gradient of."""
    import torch

    is_recorded = torch.is_grad_enabled()
    with torch.enable_grad():
        # Another name for each tensor, which the function cannot hold already.
        points = keras.tree.map_structure(_differentiable, x)
        value = function(points)
        cotangent = torch.zeros_like(value, requires_grad=True)
        pulled_back = _gradients([value], points, [cotangent])
        (product,) = _gradients(pulled_back, [cotangent], keras.tree.flatten(tangent))
    if is_recorded:
        return value, product
    return value.detach(), product.detach()


def _differentiable(tensor):
    if tensor.requires_grad:
        return tensor.view_as(tensor)
    return tensor.detach().requires_grad_()


def _gradients(outputs, inputs, weights):
    """The derivatives of weighted outputs, zero where they do not depend on inputs."""
    import torch

    inputs = keras.tree.flatten(inputs)
    dependent = [pair for pair in zip(outputs, weights) if pair[0].requires_grad]
    if not dependent:
        return [torch.zeros_like(t) for t in inputs]
    outputs, weights = zip(*dependent)
    return torch.autograd.grad(
        outputs, inputs, weights, create_graph=True, materialize_grads=True
    )


_JVPS = {
    "jax": _forward_on_jax,
    "tensorflow": _double_backward_on_tensorflow,
    "torch": _double_backward_on_torch,
}


def _check_alike(x, tangent):
    there, here = (
        keras.tree.map_structure(lambda t: f"{t.dtype} {tuple(t.shape)}", value)
        for value in (x, tangent)
    )
    if there != here:
        raise ValueError(
            "A tangent must have the structure, shapes and dtypes of `x`. Expected: "
            f"{there}. Received: {here}"
        )
    dtypes = [keras.backend.standardize_dtype(t.dtype) for t in keras.tree.flatten(x)]
    if not all(keras.backend.is_float_dtype(dtype) for dtype in dtypes):
        raise ValueError(
            "Derivatives are taken at floats: cast `x` and `tangent`. Received: `x` of "
            f"dtypes {dtypes}"
        )
