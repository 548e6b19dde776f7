"""A dataclass of options as a command line: flags, `--help` and exit codes."""

import contextlib
import dataclasses
import sys
import textwrap
import threading
import types
import typing
import warnings

from absl import flags

from trainers import flag_files, startup
from trainers.errors import RunFailure, UsageError
from trainers.options import FORMER_NAMES, choices_in_words, is_choice, to_text

SUCCESS, FAILURE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def run_command(command, options_class, usage, argv):
    """Parses `argv`, runs `command(options)` and returns the exit code.

    Args:
        command: function of an object of `options_class`.
        options_class: dataclass whose fields were made by `options.option`.
        usage: text that `--help` shows above the flags.
        argv: list of strings, the program's name first.

    Returns:
        0, also after `--help`; 2 for bad input; 1 for a failure; 130 after Ctrl-C.
        Everything but 0 comes with one line on stderr.
    """
    try:
        with startup.interruptible():
            _run(command, options_class, usage, argv)
            startup.flush_output()
    except UsageError as error:
        return _complain(error, BAD_INPUT)
    except RunFailure as error:
        return _complain(error, FAILURE)
    except (OSError, MemoryError) as error:
        # A full disk, a folder that went away: nothing that a traceback would explain.
        return _complain(f"{type(error).__name__}: {one_line(error)}", FAILURE)
    except KeyboardInterrupt as interrupt:
        return _complain(str(interrupt) or "interrupted", INTERRUPTED)
    return SUCCESS


def _run(command, options_class, usage, argv):
    with _one_line_messages():
        options = parse(options_class, argv)
        if options is None:
            print(help_text(options_class, usage))
        else:
            command(options)


def one_line(error):
    """Returns the message of `error` on one line."""
    return " ".join(str(error).split()) or type(error).__name__


@contextlib.contextmanager
def _one_line_messages():
    """Keeps warnings to a line, and what a thread failed to write to none.

    The thread of TensorBoard's writer hands its error to the next call of the writer.
    """
    before = warnings.formatwarning, threading.excepthook

    def one_line_warning(message, *where, **more):
        return f"warning: {one_line(message)}\n"

    def of_thread(failure):
        if not issubclass(failure.exc_type, OSError):
            before[1](failure)

    warnings.formatwarning, threading.excepthook = one_line_warning, of_thread
    try:
        yield
    finally:
        warnings.formatwarning, threading.excepthook = before


def _complain(error, code):
    print(f"error: {one_line(error)}", file=sys.stderr, flush=True)
    return code


def parse(options_class, argv, recorded=False):
    """Returns the options that `argv` describes, or `None` where it asks for help.

    Args:
        options_class: dataclass whose fields were made by `options.option`.
        argv: list of strings, the program's name first.
        recorded: whether a run wrote `argv`, not the user; then a former name is read
            without a warning.
    """
    values = _define_flags(options_class)
    try:
        arguments = flag_files.expand(argv[1:])
        _check_names(arguments)
        rest = values([argv[0], *arguments])[1:]
    except UsageError:
        raise
    except (flags.Error, ValueError) as error:
        # A switch such as --noname=value is none of absl's own errors.
        message = one_line(error).rstrip(" ?.")
        raise UsageError(f"{message}. --help lists the flags.") from error
    if values["help"].value:
        return None
    if rest:
        raise UsageError(
            f"Unexpected argument {rest[0]!r}: every option is written --name=value. "
            "--help lists them."
        )
    if not recorded:
        _mention_former_names(values)
    names = [field.name for field in dataclasses.fields(options_class)]
    return options_class(**{name: values[name].value for name in names})


def _check_names(arguments):
    """Refuses a flag of absl, by which a misspelt one would be passed over."""
    for argument in arguments:
        if argument.partition("=")[0] in ("-undefok", "--undefok"):
            raise UsageError(
                f"Every flag must be known; received {argument!r}. --help lists the "
                "flags."
            )


def _mention_former_names(values):
    for former, name in FORMER_NAMES.items():
        if former in values and values[former].present:
            warnings.warn(
                f"--{former} is called --{name}: use this name, as the next release "
                "refuses the former one",
                FutureWarning,
                stacklevel=3,
            )


def read_flags(options_class, path):
    """Returns the options that a file of flags describes, of a run or of this project.

    Raises:
        UsageError: when it describes none.
    """
    options = parse(options_class, ["", f"--flagfile={path}"], recorded=True)
    if options is None:
        raise UsageError(f"{path} asks for --help.")
    return options


def help_text(options_class, usage):
    """Returns the text of `--help`: the usage, then the flags by group."""
    groups = {}
    for field in dataclasses.fields(options_class):
        groups.setdefault(field.metadata["group"], []).append(_describe(field))
    lines = [usage.strip()]
    for group, descriptions in groups.items():
        lines += ["", f"{group}:", *descriptions]
    return "\n".join(lines)


def as_recorded(field, text):
    """Returns the text of an option as flags.txt has it, such as 1.0 for 1.

    Args:
        field: field that was made by `options.option`.
        text: what stands behind `--name=`.

    Raises:
        ValueError: for a text that no command line takes.
    """
    is_switch = _kind(field.type) is bool
    value = (_BooleanParser() if is_switch else _Parser(field)).parse(text)
    if value is not None and not is_choice(field, value):
        raise ValueError(
            f"expected one of {choices_in_words(field)}, received {text!r}"
        )
    return to_text(field, value)


def _describe(field):
    choices = field.metadata["choices"]
    word = "|".join(choices) if choices else _kind(field.type).__name__.upper()
    if field.metadata.get("besides"):
        word = f"{word}|{field.metadata['besides']}"
    if _kind(field.type) is bool:
        word = "true|false"
    if field.metadata.get("none"):
        word = f"{word}|{field.metadata['none']}"
    default = to_text(field, _default(field)) or '""'
    text = f"{field.metadata['help']} (default: {default})"
    indent = " " * 6
    wrapped = textwrap.fill(text, 79, initial_indent=indent, subsequent_indent=indent)
    words = "INT,INT" if _item(field.type) is int else "NAME,NAME"
    return f"  --{field.name}={word.replace('TUPLE', words)}\n{wrapped}"


def _default(field):
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _kind(annotation):
    """Returns `int` for `int | None`, `tuple` for `tuple[str, ...]`."""
    if isinstance(annotation, types.UnionType):
        annotation = annotation.__args__[0]
    return typing.get_origin(annotation) or annotation


def _item(annotation):
    """Returns `int` for `tuple[int, ...]`."""
    return (typing.get_args(annotation) or (str,))[0]


def _define_flags(options_class):
    values = flags.FlagValues()
    flags.DEFINE_bool("help", False, "", short_name="h", flag_values=values)
    for field in dataclasses.fields(options_class):
        parser = _Parser(field)
        if _kind(field.type) is bool:
            flag = flags.BooleanFlag(field.name, field.default, "")
            flag.parser = _BooleanParser()
            flags.DEFINE_flag(flag, flag_values=values)
        else:
            flags.DEFINE(parser, field.name, _default(field), "", flag_values=values)
    for former, name in FORMER_NAMES.items():
        if name in values:
            flags.DEFINE_alias(former, name, flag_values=values)
    return values


class _BooleanParser(flags.BooleanParser):
    """Reads the text of a switch."""

    def parse(self, argument):
        try:
            return super().parse(argument)
        except ValueError:
            raise ValueError(f"expected true or false, received {argument!r}") from None


class _Parser(flags.ArgumentParser):
    """Reads the text of one option."""

    def __init__(self, field):
        self._kind = _kind(field.type)
        self._item = _item(field.type)
        self._none = field.metadata.get("none")

    def parse(self, argument):
        if not isinstance(argument, str):
            return argument
        if self._none and argument == self._none:
            return None
        if self._kind is tuple:
            words = (word.strip() for word in argument.split(","))
            return tuple(self._parse(self._item, word) for word in words if word)
        return self._parse(self._kind, argument)

    def _parse(self, kind, text):
        try:
            return kind(text)
        except ValueError:
            also = f" or {self._none}" if self._none else ""
            raise ValueError(
                f"expected {kind.__name__}{also}, received {text!r}."
            ) from None

    def flag_type(self):
        return self._kind.__name__
