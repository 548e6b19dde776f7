"""The non-linearity of a network's layers between examples, NonLin."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_mixup.linearity.probe import LinearityProbe, Nonlinearity


def nonlinearity(
    model: keras.Model,
    x: Any,
    layers: Sequence[str] | None = None,
    num_points: int = 2,
    alpha: float | Sequence[float] = 0.5,
    measure: str = "unit_norm",
    start: str = "input",
    seed: int = 0,
    y: Any = None,
    pairs: str = "any",
) -> dict[str, Nonlinearity]:
    """Measures how far the layers of a network are from linear between examples.

    Use it on any trained network, whether or not mixup trained it. To follow a network
    in training, use `keras_mixup.callbacks.LinearityCallback`; to measure one network
    often, keep a `LinearityProbe`, which compiles once.

    With `"unit_norm"`, equation 3 of
    [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413) as a mean:
    `mean || fh(Mix(x)) - Mix(fh(x)) ||`, where `fh = f / ||f||` is a layer's flattened
    activation, scaled to length 1. Since scaling is not linear, a linear layer does
    not score 0 but its floor, `mean || Mix(f)/||Mix(f)|| - Mix(fh) ||`. With
    `"relative"`, `mean ||f(Mix(x)) - Mix(f(x))|| / Mix(||f(x)||)`, which is 0 for a
    linear layer. In both, a large constant offset makes any layer look linear.

    Every example is mixed with `num_points - 1` others: the examples are put in a
    random order, cut into chunks of at most 256, and within its chunk each meets those
    that follow it, in a circle. So none meets itself (unless a chunk is smaller than
    `num_points`), and no chunk is larger in memory than one batch. With `pairs`, the
    others come from the example's own class or from other classes, wherever they stand
    in `x`. Order, partners and weights, one vector of weights per example, are drawn by
    NumPy from `seed` alone: every network, at any time and on either backend, is
    measured on the same mixtures.

    The network runs in inference mode, in float32 whatever its dtype policy, twice per
    example for all layers together (`num_points` times that where pairs go by class).
    Every variable is afterwards as before, bit for bit. A stateful network is measured
    from states of zero, in chunks of its batch size. No number depends on the scale of
    activations.

    Args:
        model: A functional or built Sequential `keras.Model`, or a model of
            `keras_mixup.models`, whose `.network` is measured.
        x: Array of examples, of shape `(examples, ...)`; for a network of several
            inputs, a list or dictionary of such arrays. Or a `tf.data.Dataset` or
            `keras.utils.PyDataset` that ends; it is read into memory without its
            labels, of `{"labeled": ...}` that part. A data set of unknown length may
            have a gigabyte, or 65,536 batches.
        layers: Names of layers, `"<model>/<layer>"` for those of a nested model, or
            patterns such as `"*_add"`. Defaults to `layer_0`, `layer_1`, ... where
            the network has layers of these names, as those of
            `keras_mixup.applications` have; else to all layers that have weights,
            where there are at most twelve; else to the ends of blocks: of the layers
            that every path from `start` goes through, the first and last with weights
            and, between them, those where paths come together, other than in a product
            with a gate (all with weights if paths never part), thinned evenly to
            twelve. A layer that is used more than once is measured at its first use.
        num_points: Integer of at least 2, the number of examples in a mixture.
            Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            Dirichlet weights. Defaults to `0.5`.
        measure: "unit_norm" or "relative". Examples (or, for "relative", mixtures)
            whose activations are all zero count as zero. Defaults to "unit_norm".
        start: "input" measures each layer as a function of the network's input,
            "previous" as a function of the layer that stands before it in `layers`,
            whose activations are then what is mixed (the first one still starts from
            the input). The name of a layer measures those after it as functions of
            its output, which is mixed in the place of the input: for words, behind
            their embedding. A mixture then has the union of its examples' masks,
            Keras' own or inputs of zeros and ones, and what stands at a masked step
            counts as zero. Defaults to "input".
        seed: Integer that is not negative. Defaults to `0`.
        y: Integer class ids of shape `(examples,)` or `(examples, 1)`, for `pairs` that
            go by class.
        pairs: "any"; "same_class", which mixes an example with others of its class
            alone; or "different_class", with none of its class. Defaults to "any".

    Returns:
        A dictionary from the name of each layer to its `Nonlinearity`.

    Raises:
        ValueError: If an argument is outside its range, a layer does not exist or does
            not depend on the previous one alone, the model is not of a kind above,
            there are fewer than two examples, inputs or activations are not finite,
            or inputs that are mixed are words, categories or masks; where pairs go by
            class, for no `y`, a class of a single example, or one class alone.

    Example:

    >>> network = keras_mixup.applications.MLP((4,), 3, hidden_units=(8,))
    >>> x = np.random.default_rng(0).normal(size=(20, 4))
    >>> result = keras_mixup.linearity.nonlinearity(network, x, measure="relative")
    >>> list(result)
    ['layer_0', 'layer_1']
    """
    probe = LinearityProbe(model, layers, num_points, alpha, measure, start)
    return probe(x, seed, y, pairs)
