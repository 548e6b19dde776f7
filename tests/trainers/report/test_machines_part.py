import re

from trainers.report.machines_part import made_on, section, summary
from trainers.results.reading import Results

VERSIONS = {
    "python": "3.12.1",
    "devices": ["cpu"],
    "cpu_threads": 2,
    "packages": {"keras-mixup": "0.1.0", "keras": "3.15.1"},
}


def text_of(made):
    _, note, rows = section(made).split("\n\n")
    return note, " ".join(rows.replace("|", " ").split())


def test_what_all_runs_share():
    note, rows = text_of([("a", VERSIONS), ("a", VERSIONS)])
    assert note == "The same for all."
    for name, value in (("CPU threads", "2"), ("keras", "3.15.1"), ("devices", "cpu")):
        assert f"{name} {value}" in rows
    expected = "keras_mixup 0.1.0, keras 3.15.1, Python 3.12.1, cpu"
    assert summary([("a", VERSIONS)]) == expected


def test_where_runs_differ():
    other = {**VERSIONS, "cpu_threads": 1, "packages": {"keras-mixup": "0.2.0"}}
    made = [("a", VERSIONS), ("a", other), ("b", other)]
    note, rows = text_of(made)
    assert note == "Not the same for all: CPU threads, keras_mixup, keras."
    assert "2: 1 run of a" in rows
    assert "1: 2 runs of a, b" in rows
    assert "not recorded: 2 runs of a, b" in rows
    expected = (
        "keras_mixup 0.1.0 or keras_mixup 0.2.0, keras 3.15.1, Python 3.12.1, cpu"
    )
    assert summary(made) == expected
    many = [(name, VERSIONS) for name in "abcd"] + [("e", other)]
    assert "2: 4 runs of a, b, c, ..." in text_of(many)[1]


def test_versions_that_are_missing_or_foreign():
    assert summary([("a", {})]) == ""
    odd = {"packages": ["keras"], "python": None, "<b>": {"a": 1}}
    made = section([("<i>", odd), ("b", {})])
    assert not re.search(r"(?<!\\)<", made)
    assert r"\<b>" in made
    assert "null" in made


def test_runs_and_examples_tell_what_they_were_made_on(record):
    examples = {"separable": {"versions": VERSIONS}}
    results = Results([record("a", versions={"python": "3"})], examples, None, [])
    assert made_on(results) == [("a", {"python": "3"}), ("separable", VERSIONS)]
