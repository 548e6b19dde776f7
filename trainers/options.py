"""How the fields of a dataclass say what a command line needs to know of them."""

import dataclasses

# The names that options had, which are read for one release: on command lines, in files
# of flags and in recorded settings.
FORMER_NAMES = {"symmetrize": "dominant_first"}


def option(default, text, group, *, choices=None, low=None, above=None, **more):
    """Declares an option: its default, its help, its group and its bounds.

    Args:
        default: the default value, or a function that makes it.
        text: the help text.
        group: the heading under which `--help` shows the option.
        choices: tuple of the only values that are allowed, or `None`.
        low: the smallest value that is allowed.
        above: the option must be greater than this.
        more: `high` and `below`, bounds from above; `none`, the word that stands for
            `None` on the command line; `besides`, how a value is written that is none
            of the choices, with a colon in it; `identity=False` for an option that can
            differ when a run is resumed.
    """
    metadata = {"help": text, "group": group, "choices": choices}
    metadata.update(low=low, above=above, **more)
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def is_choice(field, value):
    """Returns whether the choices of an option, if it has any, allow `value`."""
    choices, besides = field.metadata["choices"], field.metadata.get("besides")
    return not choices or value in choices or bool(besides and ":" in value)


def choices_in_words(field):
    """Returns the words for the choices of an option."""
    choices, besides = field.metadata["choices"], field.metadata.get("besides")
    return ", ".join(choices) + (f" or {besides}" if besides else "")


def to_text(field, value):
    """Returns the text by which the command line writes `value`."""
    if value is None:
        return field.metadata["none"]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


def to_flags(options, identity_only=False):
    """Returns `{name: text}` of every option, as the command line writes them."""
    return {
        field.name: to_text(field, getattr(options, field.name))
        for field in dataclasses.fields(options)
        if field.metadata.get("identity", True) or not identity_only
    }


def under_present_names(settings: dict[str, str]) -> dict[str, str]:
    """Returns recorded settings, `{flag: text}`, under the names of this version."""
    return {FORMER_NAMES.get(name, name): text for name, text in settings.items()}
