"""Finds the row of a method, of this project or of a user's module."""

from typing import Any

from trainers.errors import UsageError
from trainers.run import user_modules
from trainers.run.method import Method, from_description
from trainers.run.methods import METHODS

# The rows of users' modules that were loaded, by the text of `--method`.
_LOADED: dict[str, Method] = {}


def imports_modules(text: str) -> bool:
    """Whether the row of a method is to be imported from a user's module."""
    return text not in METHODS and user_modules.imports_allowed()


def method_named(text: str) -> Method:
    """Returns the row of a method, from the user's module where `text` names one.

    Args:
        text: a name in `METHODS`, or "MODULE:ROW", such as "my_methods:SHARP_MIXUP":
            a `Method` in a module that Python finds. The module is imported.

    Raises:
        UsageError: when there is no such row.
    """
    if not imports_modules(text):
        return known_method(text)
    if text not in _LOADED:
        _LOADED[text] = _load(text)
    return _LOADED[text]


def method_of(record: Any) -> Method:
    """Returns the row of the method of a finished run; no module is imported.

    Args:
        record: a `Record`. Of a method of the user's own, result.json describes the
            row.
    """
    return known_method(record.method, record.result.get("method"))


def known_method(name: str, description: Any = None) -> Method:
    """Returns the row of a method without importing a module.

    Args:
        name: the text of `--method`.
        description: what is recorded of a row that is not at hand, or `None`.
    """
    found = METHODS.get(name) or _LOADED.get(name)
    return found or from_description(name, description)


def _load(text: str) -> Method:
    found = user_modules.load("method", text, "a row")
    if not isinstance(found, Method):
        raise UsageError(
            f"--method={text} must be a trainers.run.method.Method; received a "
            f"{type(found).__name__}."
        )
    return found
