"""What is left of a sweep, as lines that a shell runs."""

import os
import pathlib
import shlex
import subprocess
import sys

import pytest

from trainers.results import records
from trainers.sweep import command as sweep
from trainers.sweep.shell_lines import lines_of

ROOT = pathlib.Path(__file__).resolve().parents[3]
SMALL = {
    "dataset": "iris",
    "num_validation": 15,
    "architecture": "mlp_6",
    "batch_size": 16,
    "steps": 4,
    "evaluate_every": 2,
    "linearity_points": 0,
    "backend": "jax",
}


class Task:
    def __init__(self, name, *needs, done=False):
        self.name, self.needs, self._done = name, needs, done
        self.arguments = ["-c", f"print({name!r})"]

    def is_done(self):
        return self._done


def test_what_needs_a_run_follows_it_and_what_needs_two_waits():
    done = Task("done", done=True)
    first, second = Task("it's $HOME"), Task("second")
    of_first, of_done = Task("of first", first), Task("of done", done)
    of_both, of_one = Task("of both", first, second), Task("of one", first, done)
    tasks = [done, first, second, of_first, of_done, of_both, of_one]
    lines, later = lines_of(tasks)
    assert later == [of_both]
    printed = [
        subprocess.run(["sh", "-c", line], capture_output=True, text=True).stdout
        for line in lines
    ]
    # Whatever is in a name, the shell hands it on as it is.
    assert printed == ["it's $HOME\nof first\nof one\n", "second\n", "of done\n"]
    assert all(line.startswith(shlex.quote(sys.executable)) for line in lines)


def test_an_evaluation_is_left_out_where_its_run_failed():
    run = Task("run")
    run.arguments = ["-c", "raise SystemExit(1)"]
    (line,), _ = lines_of([run, Task("evaluation", run)])
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")


@pytest.mark.slow
def test_lines_leave_what_a_sweep_leaves(tmp_path, capsys):
    recipe = tmp_path / "a recipe's.flags"
    recipe.write_text("".join(f"--{k}={v}\n" for k, v in SMALL.items()))
    grid = [f"--recipes={recipe}", "--seeds=0-1", "--evaluate"]
    grid += ["--evaluate_set=num_examples=20"]
    mine = [*grid, f"--workdir={tmp_path}/a sweep"]
    assert sweep.main(["sweep", *mine, "--commands"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert not (tmp_path / "a sweep").exists()
    subprocess.run(["sh", "-c", lines[1]], check=True, capture_output=True)
    # Half of it.
    assert sweep.main(["sweep", *mine, "--collect"]) == 1
    captured = capsys.readouterr()
    assert "a recipe's/seed1" in captured.out
    assert captured.err == (
        "error: 2 of 4 are not done: a recipe's/seed0 and 1 more. --commands prints "
        "what is left.\n"
    )
    assert sweep.main(["sweep", *mine, "--commands"]) == 0
    assert capsys.readouterr().out.splitlines() == lines[:1]
    subprocess.run(["sh", "-c", lines[0]], check=True, capture_output=True)
    assert sweep.main(["sweep", *mine, "--collect"]) == 0
    assert sweep.main(["sweep", *mine, "--commands"]) == 0
    # As many cores as a line has.
    whole = [*grid, "--jobs=1", f"--workdir={tmp_path}/whole"]
    assert sweep.main(["sweep", *whole]) == 0
    one, other = (tmp_path / name / "results.jsonl" for name in ("a sweep", "whole"))
    assert [r.name for r in records.read_file(str(one))] == [
        "a recipe's/seed0",
        "a recipe's/seed1",
    ]
    assert one.read_bytes() == other.read_bytes()


def test_the_array_of_the_documentation_does_its_line(tmp_path):
    script = ROOT / "docs" / "slurm_array.sh"
    subprocess.run(["bash", "-n", script], check=True)
    lines = lines_of([Task("first"), Task("it's second"), Task("third")])[0]
    file = tmp_path / "the runs.txt"
    file.write_text("".join(f"{line}\n" for line in lines))

    def job(number):
        return subprocess.run(
            ["bash", script, file],
            env={**os.environ, "SLURM_ARRAY_TASK_ID": number},
            capture_output=True,
            text=True,
        )

    assert job("2").stdout == "it's second\n"
    assert (job("4").returncode, job("4").stderr) == (
        2,
        f"error: {file} has no line 4\n",
    )
    assert job("").stderr.endswith("start this with sbatch --array\n")


def test_lines_and_results_exclude_each_other(capsys):
    flags = ["--recipes=digits_erm", "--commands", "--collect"]
    assert sweep.main(["sweep", *flags]) == 2
    assert "--commands and --collect exclude each other" in capsys.readouterr().err


def test_evaluations_that_need_two_runs_are_mentioned(tmp_path, capsys):
    flags = ["--recipes=digits_erm", "--seeds=0-1", f"--workdir={tmp_path}/sweep"]
    flags += ["--evaluate", "--black_box=digits_erm", "--commands"]
    assert sweep.main(["sweep", *flags]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert captured.err.startswith("2 evaluations need several of these runs.")
