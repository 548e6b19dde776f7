"""The page as a whole."""

import os

from trainers.report.markup import Markup, element, join, link

STYLE = os.path.join(os.path.dirname(__file__), "style.css")
# Nothing is loaded from anywhere, whatever the page holds.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_TEMPLATE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{meta}
{title}
<style>
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def document(title, date, head, sections):
    """Returns the text of the page.

    Args:
        title: string.
        date: string, or `None` for none. It has a line of its own.
        head: `Markup` of what stands above the contents.
        sections: list of `trainers.report.markup.Section`.
    """
    meta = [
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
    ]
    top = [element("h1", title)]
    if date is not None:
        top.append(element("p", f"Written on {date}.", class_="date"))
    body = [
        element("header", join(*top, head, between="\n")),
        _contents(sections),
        element("main", join(*map(_section, sections), between="\n")),
    ]
    with open(STYLE, encoding="utf-8") as file:
        style = file.read()
    return _TEMPLATE.format(
        meta=join(*meta, between="\n"),
        title=element("title", title),
        style=style,
        body=join(*body, between="\n"),
    )


def _contents(sections):
    return element(
        "nav",
        element("h2", "Contents"),
        element("ul", join(*map(_entry, sections), between="\n")),
        aria_label="Contents",
    )


def _entry(section):
    inner = [element("li", link(id_, words)) for id_, words in section.entries]
    below = element("ul", *inner) if inner else Markup("")
    return element("li", link(section.id, section.title), below)


def _section(section):
    heading = element("h2", section.title)
    return element("section", heading, Markup("\n"), section.body, id=section.id)
