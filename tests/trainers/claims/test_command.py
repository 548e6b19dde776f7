"""The command: what it reads, prints and writes, and how it fails."""

import csv
import json
import os
import shutil
import subprocess
import sys

import pytest

from trainers.claims import command as claims
from trainers.claims import plans, rule
from trainers.claims.introduction import RULE
from trainers.options import to_flags
from trainers.results import reading, records
from trainers.run.experiment import Experiment
from trainers.toys.problems import EXAMPLES

LAYERS = [f"layer_{index}" for index in range(6)]


def write_run(sweep, method, seed, gain, **settings):
    """The folder of a finished run, whose accuracy and linearity are made up."""
    folder = sweep / method / f"seed{seed}"
    folder.mkdir(parents=True)
    experiment = Experiment(method=method, seed=seed, num_labels=50, **settings)
    flags = (f"--{name}={text}" for name, text in to_flags(experiment).items())
    (folder / "flags.txt").write_text("\n".join(flags))
    wiggle = 0.01 * ((3 * seed + sum(map(ord, method))) % 5)
    linearity = {
        # In the order of the network, which is not that of the alphabet.
        name: {"value": 0.3 - gain / 2 + wiggle, "floor": 0.1}
        for name in LAYERS[::-1]
    }
    result = {
        "steps": experiment.steps,
        "accuracy": {"validation": 0.9 - gain, "test": 0.5 + gain + wiggle},
        "student": {},
        "linearity": linearity,
    }
    (folder / "result.json").write_text(json.dumps(result))
    (folder / "metrics.jsonl").write_text(json.dumps({"step": 1, "loss": 1.0}) + "\n")
    return folder


def write_example(folder, name="separable"):
    keys = [column.key for column in EXAMPLES[name].columns]
    runs = [
        {
            "alpha": alpha,
            "seed": seed,
            "measured": [{"step": 4, **dict.fromkeys(keys, 0.1 + seed / 100)}],
        }
        for alpha in EXAMPLES[name].alphas
        for seed in range(6)
    ]
    content = {
        "options": {"example": name},
        "settings": {"steps": 4},
        "versions": {"packages": {"keras-mixup": "0.1.0"}},
        "summary": [{"alpha": None, **{key: {"mean": 0.1} for key in keys}}],
        "runs": runs,
    }
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(content))


@pytest.fixture
def results(tmp_path):
    """A folder of a sweep and an example."""
    folder = tmp_path / "results"
    for method, gain in (("erm", 0.0), ("mixup", 0.1), ("ict", 0.2)):
        for seed in range(6):
            write_run(folder / "sweep", method, seed, gain)
    write_example(folder / "separable")
    return folder


def run(*arguments):
    return claims.main(["claims", *map(str, arguments)])


def written(folder):
    paths = [folder / "claims.md", folder / "claims.csv"]
    paths += sorted((folder / "claims").iterdir())
    return {path.name: path.read_text().splitlines() for path in paths}


def judge(paths, folder):
    assert run(f"--results={','.join(map(str, paths))}", f"--workdir={folder}") == 0
    return written(folder)


def test_prints_and_writes(results, tmp_path, capsys):
    folder = tmp_path / "claims"
    found = judge([results], folder)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert (
        "L2 ERM: ICT is more linear than ERM at every layer from 1 on." in printed.out
    )
    assert (
        "* supported in digits, wide_resnet_10_1, 1500 steps, 50 labels" in printed.out
    )
    assert f"Written to {folder}/claims.md, {folder}/claims.csv, {folder}/claims/" in (
        printed.out
    )
    assert "## A1" in found["accuracy.md"]
    assert any("(claims/accuracy.md#a1)" in line for line in found["claims.md"])
    with open(folder / "claims.csv") as file:
        rows = list(csv.DictReader(file))
    verdicts = {row["claim"]: row["verdict"] for row in rows}
    assert verdicts["L2 ERM"] == verdicts["A1"] == verdicts["D3"] == "supported"
    assert verdicts["L1"] == "did not carry over"
    assert {row["seeds"] for row in rows if row["claim"] == "A1"} == {"6"}


def test_the_rule_is_worded_once_for_the_page_and_the_terminal(
    results, tmp_path, capsys
):
    page = "\n".join(judge([results], tmp_path / "claims")["claims.md"])
    assert page.count(RULE) == 1
    assert capsys.readouterr().out.count(RULE.replace("**", "")) == 1
    for verdict in rule.VERDICTS:
        assert RULE.count(f"* **{verdict}** ") == 1


def test_the_page_where_it_was_asked_for(results, tmp_path):
    path = tmp_path / "there" / "page.md"
    path.parent.mkdir()
    arguments = [f"--results={results}", f"--workdir={tmp_path / 'claims'}"]
    assert run(*arguments, f"--page={path}") == 0
    assert sorted(one.name for one in path.parent.iterdir()) == [
        "page",
        "page.csv",
        "page.md",
    ]
    assert f"--page={path}" in path.read_text()
    assert "(page.csv)" in path.read_text()
    assert "(page/accuracy.md#a1)" in path.read_text()
    assert "(../page.md)" in (path.parent / "page" / "accuracy.md").read_text()


def but_for_the_command(found):
    lines = found["claims.md"]
    # It names what was read.
    (place,) = (i for i, line in enumerate(lines) if line.startswith("python -m"))
    return {**found, "claims.md": lines[:place] + lines[place + 1 :]}


def test_the_same_results_make_the_same_bytes(results, tmp_path):
    whole = judge([results], tmp_path / "whole")
    assert judge([results], tmp_path / "again") == whole
    parts = [results / "sweep", results / "separable"]
    one = judge(parts, tmp_path / "one")
    assert judge(parts[::-1], tmp_path / "other") == one
    assert but_for_the_command(one) == but_for_the_command(whole)


def test_folders_and_their_summary_make_the_same_bytes(results, tmp_path):
    whole = judge([results], tmp_path / "whole")
    found = reading.read([str(results / "sweep")]).records
    assert found
    for name in ("runs.jsonl", "runs.jsonl.gz"):
        path = tmp_path / name
        records.write(str(path), found)
        summary = judge([path, results / "separable"], tmp_path / "summary")
        assert but_for_the_command(summary) == but_for_the_command(whole)


def test_runs_in_two_files_make_the_same_bytes(results, tmp_path):
    whole = judge([results / "sweep"], tmp_path / "whole")
    found = reading.read([str(results / "sweep")]).records
    paths = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    records.write(str(paths[0]), found[::2])
    records.write(str(paths[1]), found[1::2])
    parts = judge(paths, tmp_path / "parts")
    assert but_for_the_command(parts) == but_for_the_command(whole)
    assert judge(paths[::-1], tmp_path / "turned") == parts


def test_damaged_and_foreign_files_are_told_and_skipped(results, tmp_path, capsys):
    before = judge([results], tmp_path / "claims")
    capsys.readouterr()
    (results / "cut.json").write_text('{"options": {"exam')
    (results / "photograph.jpg").write_text("a cat")
    shutil.copytree(results / "sweep/erm/seed0", results / "sweep/erm/seed7")
    (results / "sweep/erm/seed7/result.json").write_text('{"accu')
    assert judge([results], tmp_path / "claims") == before
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == 3
    assert all(line.startswith("warning: ") for line in warnings)
    for name in ("cut.json", "photograph.jpg", "seed7"):
        assert sum(name in line for line in warnings) == 1


def test_some_of_the_claims(results, tmp_path):
    folder = tmp_path / "claims"
    arguments = [f"--results={results}", f"--workdir={folder}"]
    assert run(*arguments, "--claims=L2 ERM,A") == 0
    found = written(folder)
    headings = {
        name: [line for line in lines if line.startswith("## ")]
        for name, lines in found.items()
        if not name.startswith("claims")
    }
    names = ["A1", "A1 teacher", "A2 growth", "A2 slope", "A2 convergence", "A3"]
    assert headings == {
        "linearity.md": ["## L2 ERM", "## Settings"],
        "layer_0.md": ["## L2 ERM layer 0", "## Settings"],
        "accuracy.md": [*(f"## {name}" for name in names), "## Settings"],
    }
    found = found["claims.md"]
    assert f"python -m trainers.claims --results={results} '--claims=L2 ERM,A'" in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--results must name folders or files of results"),
        (["--run=GPU"], "--run takes minutes, hours or both; received 'GPU'"),
        (["--run=S,C"], "received 'S,C'. S is called minutes now and C hours"),
        (["--results=none"], "No results were found in none."),
        (
            ["--results=none", "--claims=L,ERM"],
            "none begins with 'ERM'. There are L1, ",
        ),
        (["--results=none", "--page=no/such/page.md"], "--page must be a file"),
        (["--results=none", "--page=page.csv"], "--page must end with .md"),
        (["--results=none", "--page=page"], "received 'page': name the page .md"),
        (["--results=none", "--jobs=0"], "--jobs must be at least 1"),
        (["--results=none", "--pages=1"], "Unknown command line flag 'pages'"),
        (["none"], "Unexpected argument 'none'"),
    ],
)
def test_mistakes(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    *warnings, error = capsys.readouterr().err.splitlines()
    assert all(line.startswith("warning: none is left out") for line in warnings)
    assert error.startswith("error: ")
    assert message in error


def test_help(capsys):
    assert run("--help") == 0
    printed = capsys.readouterr().out
    for name in ("--results", "--run", "--claims", "--page", "--jobs", "Exit codes"):
        assert name in printed


def tiny_plan(tmp_path, *codes):
    """A plan of programs that end with these codes, the first after writing a run."""
    program = tmp_path / "tiny_part.py"
    program.write_text(
        "import shutil, sys\n"
        "code, workdir, *source = sys.argv[1:]\n"
        "if source: shutil.copytree(source[0], workdir)\n"
        "sys.exit(int(code))\n"
    )

    def plan(scales, workdir, data_dir, tabular_dir, jobs):
        assert (scales, data_dir, tabular_dir, jobs) == (
            ("minutes",),
            None,
            "openml",
            2,
        )
        return [
            plans.Part(
                f"part{index}",
                [
                    "tiny_part",
                    str(code),
                    os.path.join(workdir, f"part{index}"),
                    *([str(tmp_path / "results" / "sweep")] if code == 0 else []),
                ],
            )
            for index, code in enumerate(codes)
        ]

    return plan


def test_running_first(results, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plans, "plan", tiny_plan(tmp_path, 0))
    folder = tmp_path / "claims"
    assert run("--run=minutes", "--jobs=2", f"--workdir={folder}") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("1 of 1: part0\n")
    assert "* supported in digits" in printed
    assert f"--results={folder}" in (folder / "claims.md").read_text()


def test_a_part_that_fails_is_named_and_the_rest_is_judged(
    results, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plans, "plan", tiny_plan(tmp_path, 3, 0, 1))
    folder = tmp_path / "claims"
    assert run("--run=minutes", "--jobs=2", f"--workdir={folder}") == 1
    captured = capsys.readouterr()
    assert captured.err == (
        "error: These failed, which the same command tries again: part0, part2.\n"
    )
    assert "* supported in digits" in captured.out
    assert (folder / "claims.md").exists()


def test_when_everything_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plans, "plan", tiny_plan(tmp_path, 3))
    assert run("--run=minutes", "--jobs=2", f"--workdir={tmp_path / 'claims'}") == 1
    assert "part0" in capsys.readouterr().err


def test_judging_needs_neither_keras_nor_a_backend(results, tmp_path):
    flags = ["", f"--results={results}", f"--workdir={tmp_path / 'claims'}"]
    code = (
        "import sys; from trainers.claims import command as claims; "
        f"assert claims.main({flags}) == 0; "
        "sys.exit(bool({'keras', 'tensorflow', 'jax', 'matplotlib'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
