"""What a user's own module holds, by the text MODULE:NAME of a flag."""

import contextlib
import contextvars
import importlib
from collections.abc import Iterator
from typing import Any

from trainers.command_line import one_line
from trainers.errors import UsageError

_IMPORTS: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "_IMPORTS", default=True
)


@contextlib.contextmanager
def without_imports() -> Iterator[None]:
    """Experiments are read from results, so that no module is imported for them.

    Of what is not at hand, only the name is known.
    """
    token = _IMPORTS.set(False)
    try:
        yield
    finally:
        _IMPORTS.reset(token)


def imports_allowed() -> bool:
    """Whether a module may be imported that an experiment names."""
    return _IMPORTS.get()


def load(flag: str, text: str, what: str) -> Any:
    """Imports a module and returns what it holds under a name.

    Args:
        flag: the flag that names it, as "method".
        text: "MODULE:NAME".
        what: what is looked for, as "a row".

    Raises:
        UsageError: when there is no such module or name, or the module fails.
    """
    module, _, name = text.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    # A module may fail in any way while it is imported.
    except Exception as error:
        raise UsageError(
            f"--{flag}={text} must name {what} in a module that Python finds: "
            f"{type(error).__name__}: {one_line(error)}. Set PYTHONPATH to the "
            "module's folder."
        ) from error
