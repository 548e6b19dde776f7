"""The arguments that classes pass on to Keras, so that type checkers know them.

Behind `**kwargs: Any` they would not see a misspelt argument, such as `num_point=3`.
"""

from typing import Any, TypedDict


class LayerArguments(TypedDict, total=False):
    """Of `keras.Layer` and `keras.Model`."""

    name: str | None
    trainable: bool
    dtype: Any


class LossArguments(TypedDict, total=False):
    """Of `keras.losses.Loss`, next to its name."""

    reduction: str | None
    dtype: Any
