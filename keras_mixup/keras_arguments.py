"""The arguments that classes pass on to Keras, so that type checkers know them.

With `**kwargs: Any` a misspelt argument, such as `num_point=3`, would be none to them.
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
