import json
import shutil

import pytest

from trainers.sweeps import records


@pytest.fixture
def folder(tmp_path, finished_folder):
    """A sweep of two variants and two seeds."""
    run = finished_folder("mixup")
    for variant in ("b", "a"):
        for seed in (10, 2):
            path = tmp_path / "sweep" / variant / f"seed{seed}"
            shutil.copytree(run, path)
            flags = (path / "flags.txt").read_text()
            (path / "flags.txt").write_text(
                "".join(
                    f"--seed={seed}\n" if line.startswith("--seed=") else f"{line}\n"
                    for line in flags.splitlines()
                )
            )
    return tmp_path / "sweep"


def test_folders_are_read_in_one_order(folder):
    found, complaints = records.read([str(folder)])
    assert complaints == []
    names = [(record.variant, record.seed) for record in found]
    assert names == [("a", 2), ("a", 10), ("b", 2), ("b", 10)]
    record = found[0]
    path = folder / "a" / "seed2"
    assert record.result == json.loads((path / "result.json").read_text())
    rows = (path / "metrics.jsonl").read_text().splitlines()
    assert record.history == [json.loads(row) for row in rows]
    assert (record.method, record.num_points, record.num_labels) == ("mixup", 2, None)
    assert "workdir" not in record.settings


def test_one_file_holds_the_same(folder, tmp_path):
    found, _ = records.read([str(folder)])
    path = tmp_path / "results.jsonl"
    records.write(str(path), found)
    assert records.read([str(path)]) == (found, [])
    first = path.read_bytes()
    records.write(str(path), records.read([str(path)])[0])
    assert path.read_bytes() == first


def test_what_is_no_finished_run_is_told_and_left_out(folder):
    a = folder / "a"
    (a / "seed2" / "result.json").write_text('{"accuracy": ')
    (folder / "b" / "seed2" / "flags.txt").write_text("--nonsense=1\n")
    (folder / "b" / "seed10" / "metrics.jsonl").write_text('{"step": 0}\n{"st')
    (a / "seed5").mkdir()  # Not finished: nothing to complain of.
    (a / "seed6").mkdir()
    (a / "seed6" / "result.json").write_text('{"hello": 1}')
    shutil.copy(a / "seed10" / "flags.txt", a / "seed6" / "flags.txt")
    (a / "seed6" / "metrics.jsonl").write_text("")
    (folder / "notes.txt").write_text("mine")
    (a / "seed7.log").write_text("mine")
    found, complaints = records.read([str(folder)])
    assert [(record.variant, record.seed) for record in found] == [("a", 10)]
    assert len(complaints) == 4
    for path, word in (
        ("a/seed2", "cannot be read"),
        ("a/seed6", "not the result of a run"),
        ("b/seed10", "cut short"),
        ("b/seed2", "nonsense"),
    ):
        (complaint,) = (text for text in complaints if f"{path} is left out" in text)
        assert word in complaint
        assert "\n" not in complaint


def test_damaged_files(folder, tmp_path):
    found, _ = records.read([str(folder)])
    path = tmp_path / "results.jsonl"
    records.write(str(path), found)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], '{"a": 1}', "[]", lines[1][:50], lines[2]]))
    kept, complaints = records.read([str(path)])
    assert kept == [found[0], found[2]]
    assert [text.split(" is ")[0] for text in complaints] == [
        f"line {number} of {path}" for number in (2, 3, 4)
    ]
    path.write_bytes(b"\x89PNG\r\n\xff\xfe")
    kept, complaints = records.read([str(path), str(tmp_path / "none.jsonl")])
    assert (kept, len(complaints)) == ([], 2)


def test_the_same_run_twice_is_told(folder):
    found, complaints = records.read([str(folder), str(folder)])
    assert len(found) == 4
    assert "a/seed2 is there twice." in complaints
