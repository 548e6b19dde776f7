"""Tables as CSV."""

import csv
import io

import pytest

from trainers.text_tables import csv_text


@pytest.mark.parametrize("cell", ["=1+1", "+x", "-x", "@x", "\t=x", " =x", "=", "-"])
def test_no_cell_is_a_formula(cell):
    rows = [{"a": cell, "b": 1}, {"a": f"x{cell}"}]
    read = list(csv.DictReader(io.StringIO(csv_text(("a", "b"), rows), newline="")))
    assert read == [{"a": f"'{cell}", "b": "1"}, {"a": f"x{cell}", "b": ""}]


def test_no_cell_ends_the_row():
    text = csv_text("ab", [{"a": "x\ry", "b": "x\ny"}, {"a": "\r=x"}])
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert read == [{"a": "x y", "b": "x\ny"}, {"a": "' =x", "b": ""}]


def test_numbers_stay_numbers():
    rows = [{"a": -1.5, "b": "-1.5", "c": "+2", "d": "-inf", "e": "", "f": None}]
    assert csv_text("abcdef", rows) == "a,b,c,d,e,f\n-1.5,-1.5,+2,-inf,,\n"
