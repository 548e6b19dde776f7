"""Files of flags: a flag a line, with comments, and other such files."""

import os

from trainers.errors import UsageError


def expand(arguments, above=()):
    """Puts the lines of each file in the place of its `--flagfile`.

    The files are UTF-8, whatever the locale, with or without a byte order mark. A line
    that begins with `#` or `//` is a comment.

    Args:
        arguments: list of strings, without the program's name.
        above: paths of the files that these come from.

    Raises:
        UsageError: for a file that cannot be read, or that includes itself.
    """
    rest, expanded = list(arguments), []
    while rest:
        argument = rest.pop(0)
        name, equals, path = argument.partition("=")
        if name not in ("-flagfile", "--flagfile"):
            expanded.append(argument)
            continue
        if not equals and rest:
            path = rest.pop(0)
        if not path:
            raise UsageError(f"--flagfile must name a file; received {argument!r}.")
        path = os.path.expanduser(path)
        if path in above:
            raise UsageError(
                f"--flagfile must not include itself; received {path!r} within "
                f"{above[-1]!r}."
            )
        expanded += expand(_lines(path), (*above, path))
    return expanded


def _lines(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = [line.strip() for line in file]
    except UnicodeDecodeError as error:
        raise UsageError(
            f"--flagfile cannot be read: {path!r} is no text in UTF-8."
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"--flagfile cannot be read: {error}.") from error
    return [line for line in lines if line and not line.startswith(("#", "//"))]
