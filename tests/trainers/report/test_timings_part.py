import json

import pytest

from trainers.report import timings_part
from trainers.report.timings_part import Timing


@pytest.fixture
def write(tmp_path):
    """A function that writes the folder of a run with a timing."""

    def write(run, content):
        folder = tmp_path / run
        folder.mkdir(parents=True)
        (folder / "flags.txt").write_text("")
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / "timing.json").write_text(text)
        return str(folder / "timing.json")

    return write


def test_timings_by_run(write, tmp_path):
    write("sweep/mixup/seed0", {"steps": 4, "seconds": 1.5})
    write("sweep/mixup/seed12", {"steps": 3, "seconds": 2})
    write("sweep/erm/seed0", {"steps": 4, "seconds": 0.5})
    expected = {
        ("mixup", 0): Timing(4, 1.5),
        ("mixup", 12): Timing(3, 2),
        ("erm", 0): Timing(4, 0.5),
    }
    sweep = tmp_path / "sweep"
    assert timings_part.read([sweep]) == (expected, [])
    assert timings_part.read([sweep, sweep / "erm", str(sweep)]) == (expected, [])


def test_a_name_that_two_folders_have_is_left_out(write, tmp_path):
    write("a/mixup/seed0", {"steps": 4, "seconds": 1.5})
    write("b/mixup/seed0", {"steps": 4, "seconds": 2.5})
    write("c/mixup/seed0", {"steps": 4, "seconds": 3.5})
    write("b/erm/seed0", {"steps": 4, "seconds": 2.5})
    assert timings_part.read([tmp_path]) == ({("erm", 0): Timing(4, 2.5)}, [])


@pytest.mark.parametrize(
    "content", ["{", "[]", {"steps": 4}, {"steps": "4", "seconds": 1}]
)
def test_what_is_damaged_is_told(write, tmp_path, content):
    path = write("sweep/mixup/seed0", content)
    found, (complaint,) = timings_part.read([tmp_path / "sweep"])
    assert found == {}
    assert complaint == f"{path} is left out: it holds no steps and seconds."


def test_where_there_are_none(tmp_path):
    (tmp_path / "mixup" / "seed0").mkdir(parents=True)
    (tmp_path / "mixup" / "seed0" / "flags.txt").write_text("")
    (tmp_path / "results.jsonl").write_text("")
    for paths in ([tmp_path], [tmp_path / "results.jsonl"], ["none"], []):
        assert timings_part.read(paths) == ({}, [])


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3569, "59 min"),
        (3590, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_words(seconds, expected):
    assert timings_part.words(seconds) == expected


def test_a_name_that_two_records_have_has_no_time(record):
    twice = [record("a", 0), record("a", 0, batch_size=8)]
    times = {("a", 0): Timing(40, 60.0), ("b", 1): Timing(40, 1.0)}
    known = record("b", 1)
    assert timings_part.of_records([*twice, known], times) == {
        known.key: Timing(40, 1.0)
    }
