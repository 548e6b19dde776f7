"""Markdown from text that may hold anything."""

import html
import re

# What Markdown reads in the middle of a line, and what it reads where one begins. The
# name of a run, such as ICT[4] or digits_erm, stays as it is.
_INLINE = re.compile(
    r"[\\`*<|~#]|\](?=[(\[:])|!(?=\[)|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])"
    r"|^[>=]|^[-+](?=[\s-]|$)"
)
_NUMBERED = re.compile(r"^(\d+)(?=[.)](?:\s|$))")


def escaped(text):
    """Returns a text on one line that Markdown shows as it is."""
    # Names of files may hold bytes that are no text.
    line = " ".join(str(text).encode("utf-8", "replace").decode().split())
    return _NUMBERED.sub(r"\1\\", _INLINE.sub(r"\\\g<0>", line))


def code_block(text, language="sh"):
    """Returns a text as a block of code."""
    runs = re.findall("`+", text)
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return f"{fence}{language}\n{text}\n{fence}"


def bullets(items):
    """Returns a list, of items that are Markdown."""
    return "\n".join(f"- {item}" for item in items)


def fold(summary, *blocks):
    """Returns blocks that are shown when their summary is clicked on."""
    head = f"<details><summary>{html.escape(summary)}</summary>"
    return "\n\n".join([head, *blocks, "</details>"])


def anchor(heading):
    """Returns the name by which a heading is linked to, as on GitHub."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
