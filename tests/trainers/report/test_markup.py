import base64
from html.parser import HTMLParser

import pytest

from trainers.report.markup import (
    Markup,
    Section,
    details,
    download,
    element,
    join,
    link,
    slug,
    table,
)

HOSTILE = "</td><script>alert(\"1\" & '2')</script>"


class Reader(HTMLParser):
    """What a browser makes of a piece: tags, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = [], {}, ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= dict(attrs)

    def handle_data(self, data):
        self.text += data


def test_text_and_attributes_come_back_as_they_were():
    read = Reader(element("p", HOSTILE, element("b", HOSTILE), title=HOSTILE))
    assert (read.tags, read.text) == (["p", "b"], 2 * HOSTILE)
    assert read.attributes == {"title": HOSTILE}


def test_bytes_that_are_no_text_can_be_written():
    name = b"\xff.csv".decode("utf-8", "surrogateescape")
    page = join(name, element("p", title=name), download(name, name))
    assert page.encode().count(b"?.csv") == 4


def test_names_of_attributes():
    made = element("p", class_="a", aria_label="b", name="c", id=None)
    assert made == '<p class="a" aria-label="b" name="c"></p>'
    assert element("img", alt="") == '<img alt="">'


def test_parts_are_joined():
    assert join("<", Markup("<br>"), between="&") == "&lt;&<br>"
    assert isinstance(join(), Markup)


def test_downloads_hold_their_text():
    text = "a,b\n1,ü\n"
    read = Reader(download("numbers.csv", text))
    kind, content = read.attributes["href"].split(",")
    assert kind == "data:text/csv;charset=utf-8;base64"
    assert base64.b64decode(content).decode() == text
    assert (read.attributes["download"], read.text) == ("numbers.csv", "numbers.csv")


@pytest.mark.parametrize("caption", [None, HOSTILE])
def test_tables(caption):
    read = Reader(table([["a", HOSTILE], ["1", link("x", "2")]], caption))
    assert read.text.replace("\n", "") == f"{caption or ''}a{HOSTILE}12"
    assert read.tags.count("th") == 3
    assert read.tags.count("td") == 1
    assert read.attributes["href"] == "#x"


def test_details_and_sections():
    read = Reader(details("more", element("p", "text")))
    assert (read.tags, read.text) == (["details", "summary", "p"], "moretext")
    assert Section("Left out", Markup()).id == "left-out"
    assert slug('Q1, "L2"/x') == "q1-l2-x"
