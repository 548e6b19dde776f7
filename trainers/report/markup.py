"""HTML, put together from elements; text that goes into it is escaped."""

import base64
import dataclasses
import html
import re


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name, /, *children, **attributes):
    """Returns an element.

    Args:
        name: such as "p".
        children: strings, which are escaped, and `Markup`, which is not.
        attributes: text by name, `None` for one that is left out. Underscores become
            hyphens, or nothing at the end of a name, as of `class_`.
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in ("img", "meta"):
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{join(*children)}</{name}>")


def join(*parts, between=""):
    """Returns parts as one piece of markup; strings are escaped."""
    return Markup(between.join(map(_escaped, parts)))


def _escaped(part):
    if isinstance(part, Markup):
        return part
    # Names of files may hold bytes that are no text.
    return html.escape(part.encode("utf-8", "replace").decode())


def slug(text):
    """Returns a text as part of the name by which a link finds its place."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def link(id_, *children):
    """Returns a link to a place of the page."""
    return element("a", *children, href=f"#{id_}")


def download(name, text):
    """Returns a link that saves a text as a CSV file; the text is in the link."""
    content = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return element(
        "a", name, download=name, href=f"data:text/csv;charset=utf-8;base64,{content}"
    )


def details(summary, *children):
    """Returns what is shown when its summary is clicked on."""
    return element("details", element("summary", summary), *children)


def table(rows, caption=None, kind="numbers"):
    """Returns a table, wrapped in what scrolls where the table is too wide.

    Args:
        rows: list of lists of strings and `Markup`, the first of them the head.
        caption: string, or `None` for none.
        kind: "numbers", or "words" for cells that are flush left, and below each other
            on a narrow screen.
    """
    head, *body = rows
    parts = [] if caption is None else [element("caption", caption)]
    cells = [element("th", cell, scope="col") for cell in head]
    parts.append(element("thead", element("tr", *cells)))
    labels = head[1:] if kind == "words" else [None] * len(head[1:])
    lines = (
        element(
            "tr",
            element("th", first, scope="row"),
            *(element("td", cell, data_label=name) for cell, name in zip(rest, labels)),
        )
        for first, *rest in body
    )
    parts.append(element("tbody", join(*lines, between="\n")))
    return element("div", element("table", *parts, class_=kind), class_="wide")


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page that the contents name.

    Attributes:
        title: its heading.
        body: `Markup`.
        entries: list of `(id, words)`: places in it that the contents name too.
    """

    title: str
    body: Markup
    entries: list = dataclasses.field(default_factory=list)

    @property
    def id(self):
        """The name by which links find it."""
        return slug(self.title)
