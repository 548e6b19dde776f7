"""All that results are read from, whole, damaged and foreign."""

import json
import math
import os
import shutil
import subprocess
import sys

import pytest

from trainers.results import records
from trainers.results.reading import read
from trainers.toys.problems import EXAMPLES

TABLES = {"iris": {"erm": {"settings": {}, "candidates": [], "errors": [4.0, 5.0]}}}


def example(name="separable", value=0.5):
    """What `trainers.toys` writes, as far as it is relied on."""
    keys = [column.key for column in EXAMPLES[name].columns]
    return {
        "options": {"example": name},
        "settings": {"steps": 4},
        "versions": {"packages": {"keras-mixup": "0.1.0"}},
        "summary": [{"alpha": None, **{key: {"mean": value} for key in keys}}],
        "runs": [
            {
                "alpha": None,
                "seed": 0,
                "measured": [{"step": 4, **dict.fromkeys(keys, value)}],
            }
        ],
    }


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.fixture
def sweep(tmp_path, finished_folder):
    """A sweep of one variant and two seeds, with all that a sweep leaves."""
    run = finished_folder("mixup")
    folder = tmp_path / "all" / "sweep"
    for seed in (0, 3):
        path = folder / "mixup" / f"seed{seed}"
        shutil.copytree(run, path)
        flags = (path / "flags.txt").read_text().splitlines()
        kept = [line for line in flags if not line.startswith("--seed=")]
        write(path / "flags.txt", "\n".join([*kept, f"--seed={seed}\n"]))
    write(folder / "mixup" / "seed3.log", "an epoch")
    write(folder / "mixup" / "seed4" / "flags.txt", "--seed=4")
    write(folder / "logs" / "mixup_seed0", "an epoch")
    write(folder / ".lock", "")
    results = read([str(folder)])
    assert (len(results.records), results.complaints) == (2, [])
    found = results.records
    records.write(str(folder / "results.jsonl"), found)
    return folder


@pytest.fixture
def everything(sweep):
    """A folder of all kinds of results, with what is left beside them."""
    folder = sweep.parent
    write(folder / "examples" / "separable" / "results.json", example())
    write(folder / "examples" / "separable" / "table.md", "| a |")
    write(folder / "examples" / "separable" / "figure.png", "a picture")
    write(folder / "moons.json", example("two_moons"))
    write(folder / "tabular" / "results.json", TABLES)
    trial = {"error": 4.0, "accuracy": 0.96, "flags": {}}
    write(folder / "tabular" / "test" / "iris" / "erm_seed0.json", trial)
    write(folder / "benchmark.json", {"options": {}, "versions": {}, "ratios": []})
    write(
        folder / "safe.json", {"dataset": "digits", "num_mixtures": 9, "num_flipped": 0}
    )
    return folder


def test_a_folder_of_everything(everything, sweep):
    results = read([everything])
    assert results.complaints == []
    assert results.records == read([str(sweep)]).records
    assert [one.name for one in results.records] == ["mixup/seed0", "mixup/seed3"]
    assert results.examples == {
        "separable": example(),
        "two_moons": example("two_moons"),
    }
    assert list(results.examples) == ["separable", "two_moons"]
    assert results.tables == TABLES


@pytest.mark.parametrize(
    "path",
    [
        "sweep",
        "sweep/mixup",
        "sweep/results.jsonl",
        "sweep/../sweep/",
        "sweep.jsonl.gz",
        "link",
    ],
)
def test_a_sweep_by_each_of_its_paths(sweep, path):
    expected = read([str(sweep)]).records
    records.write(str(sweep.parent / "sweep.jsonl.gz"), expected)
    (sweep.parent / "link").symlink_to(sweep)
    results = read([str(sweep.parent / path)])
    assert (results.records, results.complaints) == (expected, [])
    assert (results.examples, results.tables) == ({}, None)


def test_one_run_is_part_of_its_sweep(sweep, monkeypatch):
    monkeypatch.chdir(sweep / "mixup" / "seed3")
    (record,) = read(["."]).records
    assert record.name == "mixup/seed3"


@pytest.mark.parametrize("path", ["moons.json", "tabular", "tabular/results.json"])
def test_files_and_folders_of_their_own(everything, path):
    results = read([everything / path])
    assert (results.records, results.complaints) == ([], [])
    assert (list(results.examples), results.tables) in (
        (["two_moons"], None),
        ([], TABLES),
    )


def test_a_summary_is_read_where_the_runs_are_gone(sweep):
    before = read([sweep])
    shutil.rmtree(sweep / "mixup")
    assert read([sweep]) == before


def test_damaged_and_foreign_files_are_told_and_left_out(everything):
    whole = read([everything])
    text = json.dumps(example("counterexample"))
    foreign = {
        "cut/results.json": text[: len(text) // 2],
        "list.json": "[1, 2]",
        "mine.json": {"hello": {"you": 1}},
        "numbers.json": {"hello": 1},
        "empty.json": {},
        "photograph.jpg": "a cat",
        "log.jsonl": '{"level": "info"}\n',
        "sweep/mixup/seed5/result.json": '{"accu',
        "sweep/mixup/seed6/result.json": {"hello": 1},
    }
    for name, content in foreign.items():
        write(everything / name, content)
    results = read([everything])
    assert results.records == whole.records
    assert (results.examples, results.tables) == (whole.examples, whole.tables)
    assert len(results.complaints) == len(foreign)
    for name in foreign:
        path = everything / name.removesuffix("/result.json")
        (complaint,) = (text for text in results.complaints if f"{path} is" in text)
        assert "left out: " in complaint
        assert "\n" not in complaint


def test_a_folder_of_noise_makes_no_crash(tmp_path):
    write(tmp_path / "results.json", "{}")
    (tmp_path / "results.jsonl").write_bytes(b"\x89PNG\r\n\xff\xfe")
    (tmp_path / "x.jsonl.gz").write_bytes(b"no gzip")
    (tmp_path / "y.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    results = read([tmp_path, tmp_path / "none", tmp_path / "none.json"])
    assert (results.records, results.examples, results.tables) == ([], {}, None)
    assert len(results.complaints) == 7


def damaged(content, change):
    change(content)
    return content


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda one: one["options"].update(example="pie"),
            "options.example is none of ",
        ),
        (lambda one: one["runs"].clear(), "summary, runs or runs.measured is empty"),
        (
            lambda one: one["runs"][0]["measured"].clear(),
            "summary, runs or runs.measured is empty",
        ),
        (
            lambda one: one["runs"][0]["measured"][0].pop("angle"),
            "runs.measured.angle is not a number",
        ),
        (
            lambda one: one["runs"][0]["measured"][0].update(angle="wide"),
            "runs.0.measured.0.angle is not a number",
        ),
        (
            lambda one: one["runs"][0].update(seed="first"),
            "runs.0.seed is not an integer",
        ),
        (
            lambda one: one["summary"][0].update(alpha="much"),
            "summary.alpha is not a number",
        ),
        (lambda one: one["summary"][0].pop("angle"), "summary.angle is not an object"),
        (lambda one: one.update(summary={}), "summary is not a list"),
        (lambda one: one.pop("versions"), "versions is missing"),
        (
            lambda one: one["settings"].update(steps=None),
            "settings.steps is not an integer",
        ),
    ],
)
def test_examples_of_another_form_are_named_and_left_out(tmp_path, change, why):
    path = write(tmp_path / "results.json", damaged(example(), change))
    results = read([path])
    assert results.examples == {}
    (complaint,) = results.complaints
    start = f"{path} is left out: it holds no results of this project: "
    assert complaint.startswith(start + why)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda one: one["erm"].pop("errors"), "iris.erm.errors is missing"),
        (
            lambda one: one["erm"].update(errors=["few"]),
            "iris.erm.errors is not a list of numbers",
        ),
        (
            lambda one: one["erm"].update(settings=3),
            "iris.erm.settings is not an object",
        ),
        (lambda one: one.update(mixup=[]), "iris.mixup is not an object"),
    ],
)
def test_tables_of_another_form_are_named_and_left_out(tmp_path, change, why):
    content = json.loads(json.dumps(TABLES))
    change(content["iris"])
    results = read([write(tmp_path / "results.json", content)])
    assert results.tables is None
    (complaint,) = results.complaints
    assert complaint.endswith(f"it holds no results of this project: {why}.")


def test_what_is_there_twice_counts_once(everything, sweep, tmp_path):
    summary = sweep / "results.jsonl"
    other = write(tmp_path / "other.json", example(value=0.7))
    same = write(tmp_path / "same.json", example())
    results = read([everything, summary, other, same])
    whole = read([everything])
    assert results.records == whole.records
    assert results.examples["separable"] == example()
    first = everything / "examples" / "separable" / "results.json"
    assert results.complaints == [
        f"{other} is left out: the example separable is in {first} already, with other "
        "results.",
        f"{same} is left out: the example separable is in {first} already, with the "
        "same.",
        f"2 runs of {summary}: in {sweep} too, and counted once.",
    ]


def test_the_order_of_the_disk_does_not_matter(everything, tmp_path, monkeypatch):
    write(everything / "a.json", example(value=0.7))
    before = read([everything])
    names = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: sorted(names(path))[::-1])
    assert read([everything]) == before
    assert before.examples["separable"] == example(value=0.7)


def test_where_it_is_read_does_not_matter(sweep, monkeypatch):
    before = read([str(sweep)])
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert read([str(sweep)]) == before
    assert len(before.records) == 2


def test_diverged_runs_that_are_there_twice(sweep, tmp_path):
    (whole, *_) = (sweep / "results.jsonl").read_text().splitlines()
    content = json.loads(whole)

    def file(name, loss, digits=6):
        content["history"][-1]["loss"] = loss
        # Packed: rounded.
        content["result"]["accuracy"]["test"] = round(2 / 3, digits)
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return path

    first, same = file("a.jsonl", math.nan), file("b.jsonl", math.nan, digits=9)
    other = file("c.jsonl", 3.0)
    for pair in ([first, other], [other, first]):
        assert "with other results" in read(pair).complaints[0]
    assert read([first, same]).complaints == [
        f"1 run of {same}: in {first} too, and counted once."
    ]


def test_reading_needs_neither_keras_nor_a_backend():
    code = (
        "import sys, trainers.results.reading as reading; reading.read(['none']); "
        "sys.exit(bool({'keras', 'tensorflow', 'jax', 'matplotlib'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_run_by_itself_is_told(everything, sweep):
    alone = everything / "digits-50_mixup2_seed0"
    shutil.copytree(sweep / "mixup" / "seed0", alone)
    # What looks like a run and holds a sweep is a sweep.
    write(sweep / "flags.txt", "--alpha=1")
    results = read([everything])
    assert len(results.records) == 2
    assert results.complaints == [
        f"{alone} is left out: it is a run by itself; those of a sweep are in "
        "VARIANT/seedN."
    ]


def test_a_folder_that_cannot_be_listed_costs_itself_alone(
    everything, sweep, monkeypatch
):
    before, names = read([everything]), os.listdir
    closed = [str(everything / "aaa"), str(sweep / "mixup" / "seed99")]
    for path in closed:
        os.mkdir(path)

    def listdir(path="."):
        if str(path) in closed:
            raise PermissionError(13, "Permission denied", path)
        return names(path)

    monkeypatch.setattr(os, "listdir", listdir)
    results = read([everything])
    assert results.records == before.records
    assert results.examples == before.examples
    assert results.complaints == [
        f"{path} is left out: the folder cannot be listed." for path in closed
    ]
