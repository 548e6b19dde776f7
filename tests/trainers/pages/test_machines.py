import re

from trainers.pages.machines import section, summary

VERSIONS = {
    "python": "3.12.1",
    "devices": ["cpu"],
    "cpu_threads": 2,
    "packages": {"keras-mixup": "0.1.0", "keras": "3.15.1"},
}


def text_of(records):
    return re.sub(r"<[^>]+>", " ", section(records).body).split("\n", 1)


def test_what_all_runs_share(record):
    note, rows = text_of([record(versions=VERSIONS), record(versions=VERSIONS)])
    assert note.strip() == "The same for all runs."
    words = rows.split()
    for name, value in (("CPU threads", "2"), ("keras", "3.15.1"), ("devices", "cpu")):
        assert f"{name} {value}" in " ".join(words)
    expected = "keras_mixup 0.1.0, keras 3.15.1, Python 3.12.1, cpu"
    assert summary([record(versions=VERSIONS)]) == expected


def test_where_runs_differ(record):
    other = {**VERSIONS, "cpu_threads": 1, "packages": {"keras-mixup": "0.1.0"}}
    records = [
        record("a", 0, versions=VERSIONS),
        record("a", 1, versions=other),
        record("b", 0, versions=other),
    ]
    note, rows = text_of(records)
    assert note.strip() == "Not the same for all runs: CPU threads, keras."
    assert "2: 1 run of a" in rows
    assert "1: 2 runs of a, b" in rows
    assert "not recorded: 2 runs of a, b" in rows
    assert summary(records) == "keras_mixup 0.1.0, keras 3.15.1, Python 3.12.1, cpu"


def test_versions_that_are_missing_or_foreign(record):
    assert summary([record(versions={})]) == ""
    odd = {"packages": ["keras"], "python": None, "<b>": {"a": 1}}
    made = section([record(versions=odd)]).body
    assert "<b>" not in made
    assert "null" in made
