import re

import pytest

from trainers.report import timings_part
from trainers.report.summary_part import section
from trainers.report.timings_part import Timing
from trainers.results.reading import Results


def lines(records, times=(), **more):
    results = Results(records, more.get("examples", {}), None, more.get("left", []))
    text = section(results, dict(times), [], [])
    pairs = re.findall(r"^- \*\*(.*?)\*\*: (.*)$", text, re.MULTILINE)
    return {name: re.sub(r"\[(.*?)\]\(#.*?\)", r"\1", words) for name, words in pairs}


def test_what_was_run_in_the_order_of_numbers(record):
    records = [
        record("a", seed, num_labels=labels, num_points=points)
        for seed, labels, points in ((0, 200, 2), (1, 50, 3), (2, None, 4), (5, 50, 7))
    ]
    found = lines([*records, record("b", 9, method="erm", num_points=2)])
    assert found["labels"] == "50, 200, all"
    assert found["points K"] == "2 to 4, 7"
    assert found["seeds"] == "0 to 2, 5, 9"
    assert found["method"] == "erm, mixup"
    assert found["runs"] == "5 of 2 variants"
    assert found["claims"] == "none judged"


def test_methods_without_points(record):
    assert "points K" not in lines([record(method="erm")])
    odd = record()
    odd.settings["method"] = "of another version"
    assert lines([odd])["method"] == "of another version"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, None),
        ({("a", 0): Timing(40, 60), ("a", 1): Timing(40, 61)}, "2 min in all"),
        ({("a", 0): Timing(40, 60)}, "1 min in all, of 1 run"),
        (
            {("a", 0): Timing(40, 60), ("a", 1): Timing(1, 60)},
            "2 min in all; of 1 resumed, the time since then",
        ),
    ],
)
def test_the_time_that_it_took(record, times, expected):
    records = [record("a", 0), record("a", 1)]
    found = lines(records, timings_part.of_records(records, times))
    assert found.get("training time") == expected


def test_examples_alone():
    versions = {"python": "3.12"}
    found = lines([], examples={"separable": {"versions": versions}}, left=["a", "b"])
    assert found == {
        "examples": "separable",
        "made with": "Python 3.12",
        "claims": "none judged",
        "left out": "2 files or parts of files",
    }
