"""Text that comes out of Markdown as it went in."""

import pytest
from markdown_it import MarkdownIt

from trainers.markdown import anchor, bullets, code_block, escaped, fold
from trainers.text_tables import markdown_table

HOSTILE = (
    "<script>alert(\"1\" & '2')</script>",
    "a|b `c` | *d* _e_ __f__ ~~g~~",
    "[text](javascript:1) ![x](y) [a]: b [c][d]",
    "&lt;b&gt; &#60; &amp",
    "\\* \\| \\",
    "# heading #",
    "> quote",
    "1. one",
    "- one",
    "+ one",
    "---",
    "===",
    "```",
    "<https://example.org>",
)
PLAIN = ("ICT[4]", "digits_ict_k4", "-3.0 points [-4.0, -2.0]", "50 %", "12.5", "a-b")


def html_of(text):
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


def text_of(text):
    """What a reader sees of a text, all of which must be text."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inline = [token for token in tokens if token.type == "inline"]
    children = [child for token in inline for child in token.children]
    assert {child.type for child in children} <= {"text"}
    return [token.type for token in tokens], [child.content for child in children]


@pytest.mark.parametrize("text", [*HOSTILE, *PLAIN])
def test_a_text_is_shown_as_it_is(text):
    paragraph = ["paragraph_open", "inline", "paragraph_close"]
    assert text_of(escaped(text)) == (paragraph, [text])
    kinds, shown = text_of(f"before {escaped(text)} after")
    assert (kinds, shown) == (paragraph, [f"before {text} after"])
    _, shown = text_of(markdown_table([["a", "b"], [escaped(text), escaped(text)]]))
    assert shown == ["a", "b", text, text]
    kinds, shown = text_of(bullets([escaped(text)]))
    assert kinds.count("list_item_open") == 1
    assert shown == [text]
    _, shown = text_of(f"### {escaped(text)}")
    assert shown == [text]


@pytest.mark.parametrize("text", PLAIN)
def test_what_needs_no_escape_stays_readable(text):
    assert escaped(text) == text


def test_a_text_is_one_line():
    assert escaped("a\n\n# b\tc") == "a \\# b c"


def test_bytes_that_are_no_text_can_be_written():
    name = b"\xff.csv".decode("utf-8", "surrogateescape")
    assert escaped(name).encode() == b"?.csv"


@pytest.mark.parametrize("text", ["a\nb", "```\n# c\n````", "<b>", "a\n\n~~~"])
def test_code_is_code(text):
    (token,) = MarkdownIt("commonmark").parse(code_block(text))
    assert (token.type, token.content, token.info) == ("fence", f"{text}\n", "sh")


def test_folds_hold_markdown():
    made = html_of(fold("more <b>", "*text*", "a"))
    assert made.startswith("<details><summary>more &lt;b&gt;</summary>\n<p><em>text")
    assert made.endswith("<p>a</p>\n</details>")


def test_anchors_are_those_of_github():
    assert anchor('Q1, "L2"/x of ICT[4] and a_b-c') == "q1-l2x-of-ict4-and-a_b-c"


def test_tables_of_numbers_are_flush_right():
    rows = [["a", "b"], ["1", "2"]]
    assert markdown_table(rows) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert markdown_table(rows, numbers=True).splitlines()[1] == "| --- | ---: |"
