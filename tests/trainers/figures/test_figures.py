"""`python -m trainers.figures` on made-up results."""

import csv
import json
import subprocess
import sys

import pytest

from trainers.figures import command as figures
from trainers.markdown import escaped
from trainers.results import records


@pytest.fixture
def results(record, tmp_path):
    """A folder of runs that were scored and evaluated."""
    rows = [
        {"low": low, "high": low + 0.5, "count": 3, "confidence": low, "accuracy": 0.5}
        for low in (0.0, 0.5)
    ]
    walked = {"weights": [0.0, 1.0], "misses": [0.1, 0.2], "gradient_norms": [1.0, 2.0]}
    evaluation = {
        "options": {"split": ["test"]},
        "reliability": {"plain": {"test": rows}},
        "between": walked,
    }
    found = [
        record(
            f"{variant}_{n}labels",
            seed,
            value=0.1 * seed,
            num_labels=str(n),
            evaluation=evaluation,
        )
        for variant in "abc"
        for n in (20, 50)
        for seed in range(3)
    ]
    for one in found:
        scores = {"loss/train_student": 0.5, "loss/test_student": 0.1 * one.seed}
        one.history.append({"step": 40, **scores})
    folder = tmp_path / "results"
    folder.mkdir()
    records.write(str(folder / "sweep.jsonl.gz"), found)
    return folder


def test_the_index_comes_last(results, tmp_path, monkeypatch):
    folder = tmp_path / "figures"
    command = [f"--results={results}", f"--workdir={folder}"]
    assert run(*command) == 0
    assert (folder / "index.md").exists()

    def kill(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(figures.drawing, "write_picture", kill)
    assert run(*command) == 130
    assert not (folder / "index.md").exists()


def test_names_in_the_results_are_no_html_and_no_links(record, tmp_path):
    name = "<img src=x onerror=alert(1)> & [x](javascript:y)\n\n# =1+1"
    found = [record(v, seed, dataset=name) for v in "ab" for seed in range(2)]
    records.write(str(tmp_path / "sweep.jsonl.gz"), found)
    assert run(f"--results={tmp_path}", f"--workdir={tmp_path}/figures") == 0
    index = (tmp_path / "figures" / "index.md").read_text()
    assert escaped(name) in index
    assert index.count("<") == index.count("\\<") > 0
    assert index.count("\n#") == 0


def run(*arguments):
    return figures.main(["figures", *map(str, arguments)])


def test_every_file_is_written_and_the_same_each_time(results, tmp_path, capsys):
    contents = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        assert run(f"--results={results}", f"--workdir={folder}") == 0
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert contents[0] == contents[1]
    subject = "blobs_mlp_8_40steps"
    names = [f"accuracy_{subject}"] + [
        f"{kind}_{subject}_{labels}labels"
        for kind in ("linearity", "losses", "reliability", "between")
        for labels in (20, 50)
    ]
    assert set(contents[0]) == {
        "index.md",
        *(f"{name}.{kind}" for name in names for kind in ("csv", "txt", "svg", "png")),
    }
    index = contents[0]["index.md"].decode()
    assert [line for line in index.splitlines() if line.startswith("!")] == [
        f"![{name}]({name}.png)" for name in names[1:3] + names[:1] + names[3:]
    ]
    assert f"python -m trainers.figures --results={results}\n" in index
    printed, errors = capsys.readouterr()
    assert errors == ""
    assert "examples: the results hold nothing to draw." in printed
    for name in names:
        caption = contents[0][f"{name}.txt"].decode().strip()
        assert caption in printed
        for word in ("blobs", "mlp_8", "40 steps", "seeds 0 to 2"):
            assert word in caption
        assert contents[0][f"{name}.png"].startswith(b"\x89PNG")
        assert b"dc:date" not in contents[0][f"{name}.svg"]
    with open(tmp_path / "one" / f"accuracy_{subject}.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 2
    assert float(rows[0]["mean"]) == 50.0


def test_only_the_figures_that_were_asked_for(results, tmp_path, capsys):
    folder = tmp_path / "figures"
    flags = [f"--results={results}", f"--workdir={folder}"]
    assert run(*flags, "--figures=labels") == 0
    assert {path.stem for path in folder.iterdir()} == {
        "accuracy_blobs_mlp_8_40steps",
        "index",
    }


def test_no_figure_takes_the_place_of_another(record, tmp_path, capsys):
    path = str(tmp_path / "results.jsonl")
    records.write(path, [record("a", 0), record("b", 0, dataset="other/blobs.npz")])
    folder = tmp_path / "figures"
    assert run(f"--results={path}", f"--workdir={folder}") == 0
    name = "linearity_blobs_mlp_8_40steps_50labels"
    assert {one.stem for one in folder.iterdir()} == {name, f"{name}_2", "index"}


def test_tables_alone_have_no_figure(tmp_path, capsys):
    tables = {"iris": {"erm": {"settings": {}, "candidates": [], "errors": [4.0]}}}
    (tmp_path / "results.json").write_text(json.dumps(tables))
    assert run(f"--results={tmp_path}", f"--workdir={tmp_path / 'figures'}") == 2
    assert "nothing to draw was found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--results must name a folder or file"),
        (["--results=none"], "nothing to draw was found"),
        (["--results=none", "--figures=pie"], "--figures must name some of linearity"),
    ],
)
def test_mistakes(arguments, message, capsys):
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err


def test_foreign_files_are_told_and_skipped(results, tmp_path, capsys):
    (results / "other.jsonl").write_text('{"variant": "cut')
    (results / "cat.jpg").write_text("a cat")
    flags = [f"--results={results}", f"--workdir={tmp_path / 'figures'}"]
    assert run(*flags, "--figures=labels") == 0
    errors = capsys.readouterr().err.splitlines()
    assert [line.split(" is left out")[0] for line in errors] == [
        f"warning: {results / 'cat.jpg'}",
        f"warning: line 1 of {results / 'other.jsonl'}",
    ]


def test_no_backend_is_started(results, tmp_path):
    code = (
        "import sys; from trainers.figures import command as figures; "
        f"figures.main(['', '--results={results}', '--workdir={tmp_path / 'out'}', "
        "'--figures=labels']); "
        "sys.exit(bool({'keras', 'tensorflow', 'jax'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
