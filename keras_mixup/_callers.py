"""Where a warning points: at the code that called this package."""

import sys


def level_outside() -> int:
    """Returns the `stacklevel` of a warning that the calling function gives.

    Frames of this package, of Keras and of the backends, whose models set attributes,
    are passed over: each base class adds one, and so does loading a file. Python shows
    a `DeprecationWarning` only where it points at the user's own code.
    """
    frame, level = sys._getframe(1), 1
    inside = ("keras_mixup.", "keras.", "tensorflow.", "torch.")
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(inside):
        frame, level = frame.f_back, level + 1
    return level
