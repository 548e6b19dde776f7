"""The former names of arguments, which are accepted for one release."""

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

from keras_mixup._callers import level_outside

_Function = TypeVar("_Function", bound=Callable[..., Any])

FORMER_NAMES = {"symmetrize": "dominant_first"}


def accepts_former_names(function: _Function) -> _Function:
    """Lets a function take the former names of its arguments, with a warning.

    Configurations that were saved under these names are read as well. Type checkers
    see the new names alone.
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        for former, name in FORMER_NAMES.items():
            if former in kwargs:
                if name in kwargs:
                    raise ValueError(
                        f"Expected `{name}` alone, as `{former}` is its former name: "
                        f"leave `{former}` out. Received: {former}={kwargs[former]!r}, "
                        f"{name}={kwargs[name]!r}"
                    )
                _warn(former, name)
                kwargs[name] = kwargs.pop(former)
        return function(*args, **kwargs)

    # Keras looks at the signature of what it finds, not of what is wrapped.
    call.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return cast(_Function, call)


def former_attribute(former: str) -> Any:
    """Returns the attribute of an argument under its former name.

    A setting that is changed under it counts, with a warning.
    """
    name = FORMER_NAMES[former]

    def change(self, value):
        _warn(former, name)
        setattr(self, name, value)

    # Read without a warning: Keras reads every attribute when it saves.
    return property(lambda self: getattr(self, name), change)


def _warn(former, name):
    warnings.warn(
        f"`{former}` is called `{name}`: use this name, as the next release refuses "
        "the former one. A file that holds it is mended by loading and saving it.",
        DeprecationWarning,
        stacklevel=level_outside(),
    )
