"""The page as HTML: the Markdown of a report, in one template."""

import base64
import collections
import gzip
import html
import io
import itertools
import os
import re
import urllib.parse

from trainers.claims.rule import VERDICTS
from trainers.errors import RunFailure
from trainers.markdown import anchor

_HERE = os.path.dirname(__file__)
# All HTML that a report has; whatever else looks like it is text.
_FOLD = re.compile(r"(<details><summary>[^<>]*</summary>|</details>)\n?")
# Enough for lines, their bands and the smooth edges of letters.
_COLORS = 48


def page(text, folder):
    """Returns a report as one page of HTML, which needs no other file.

    Args:
        text: the report in Markdown.
        folder: where the pictures and tables are that it links to; they become parts
            of the page.

    Raises:
        RunFailure: when a library is missing.
    """
    try:
        import jinja2
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise RunFailure(
            f"The page needs {error.name}, which is not installed: pip install "
            '"keras-mixup[trainers]", and give the command again.'
        ) from error
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE), autoescape=True, trim_blocks=True
    )
    parser = MarkdownIt("commonmark", {"xhtmlOut": False}).enable("table")
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    tokens = parser.parse(text)
    headings = _name_headings(tokens)
    _mark_tables(tokens)
    _mark_words(tokens, folder)
    with open(os.path.join(_HERE, "style.css"), encoding="utf-8") as style:
        return templates.get_template("page.html.j2").render(
            style=style.read(),
            title=headings[0][1],
            sections=[(id_, words) for tag, words, id_ in headings if tag == "h2"],
            body=parser.renderer.render(tokens, parser.options, {}),
        )


def _html(renderer, tokens, index, options, env):
    content = tokens[index].content
    return content if _FOLD.fullmatch(content) else html.escape(content)


def _table(renderer, tokens, index, options, env):
    """A table that scrolls where it is too wide."""
    own = renderer.renderToken(tokens, index, options, env)
    return (
        f'<div class="wide">{own}' if tokens[index].nesting == 1 else f"{own}</div>\n"
    )


_RULES = {
    "html_block": _html,
    "html_inline": _html,
    "table_open": _table,
    "table_close": _table,
}


def _words(inline):
    """The text of a heading or cell, without its markup."""
    return "".join(child.content for child in inline.children)


def _name_headings(tokens):
    """Gives each heading the name by which links find it.

    Returns:
        List of `(tag, words, id)`.
    """
    counts, found = collections.Counter(), []
    for token, inline in itertools.pairwise(tokens):
        if token.type == "heading_open":
            id_ = anchor(_words(inline))
            number = counts[id_]
            counts[id_] += 1
            token.attrSet("id", f"{id_}-{number}" if number else id_)
            found.append((token.tag, _words(inline), token.attrs["id"]))
    return found


def _mark_tables(tokens):
    """Tells tables of numbers, and names each cell of the others by its column.

    On a narrow screen the cells of these stand below each other.
    """
    for token, inline in itertools.pairwise(tokens):
        if token.type == "table_open":
            table, head = token, []
            table.attrSet("class", "words")
        elif token.type == "tr_open":
            column = 0
        elif token.type in ("th_open", "td_open"):
            if token.attrs.pop("style", None):
                table.attrSet("class", "numbers")
            if token.type == "th_open":
                head.append(_words(inline))
                token.attrSet("scope", "col")
            elif column == 0:
                token.tag = "th"
                token.attrSet("scope", "row")
            elif table.attrs["class"] == "words":
                token.attrSet("data-label", head[column])
        elif token.type in ("th_close", "td_close"):
            token.tag = "td" if column else "th"
            token.tag = "th" if token.type == "th_close" else token.tag
            column += 1


def _mark_words(tokens, folder):
    """Colours the verdicts, and puts the files that are linked to into the links."""
    for paragraph, token in itertools.pairwise(tokens):
        children = token.children or []
        for child, after in zip(children, [*children[1:], None]):
            if child.type == "strong_open":
                if after.content in VERDICTS:
                    name = after.content.replace(" ", "_")
                    child.attrSet("class", f"verdict {name}")
            elif child.type == "image":
                child.attrSet("src", _picture(_path(folder, child.attrs["src"])))
                paragraph.attrSet("class", "picture")
            elif child.type == "link_open" and child.attrs["href"].endswith(".csv"):
                path = _path(folder, child.attrs["href"])
                child.attrSet("href", _compressed(path))
                child.attrSet("download", f"{os.path.basename(path)}.gz")


def _path(folder, target):
    return os.path.join(folder, urllib.parse.unquote(target))


def _picture(path):
    """A picture in few colours, as a link. As PNG it would be a fifth larger."""
    from PIL import Image

    content = io.BytesIO()
    with Image.open(path) as picture:
        # The default would give thin lines of two methods one colour.
        method = Image.Quantize.FASTOCTREE
        few = picture.convert("RGB").quantize(_COLORS, method)
        few.convert("RGB").save(content, "WEBP", lossless=True)
    return _link("image/webp", content.getvalue())


def _compressed(path):
    """A file of text, compressed, as a link."""
    with open(path, "rb") as file:
        return _link("application/gzip", gzip.compress(file.read(), mtime=0))


def _link(kind, content):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
