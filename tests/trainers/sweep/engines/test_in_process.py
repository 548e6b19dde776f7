"""Tasks that are done in this process, one after another."""

import json

import keras
import pytest

from trainers.errors import RunFailure
from trainers.results import records
from trainers.sweep import command as sweep
from trainers.sweep.engines.in_process import InProcess, steps_at_once

SMALL = {
    "dataset": "iris",
    "num_validation": 15,
    "architecture": "mlp_6",
    "batch_size": 16,
    "steps": 4,
    "evaluate_every": 2,
    "linearity_points": 2,
    "linearity_examples": 8,
    "backend": keras.config.backend(),
}


class Task:
    """Writes a file, or does something else in its place."""

    size, kind, needs = 1, "task", ()

    def __init__(self, folder, name, does=None, needs=()):
        self.name, self.needs = name, needs
        self.path = folder / f"{name}.done"
        self._does = does

    def run(self):
        print(f"this is {self.name}")
        self.path.write_text("now") if self._does is None else self._does()

    def is_done(self):
        return self.path.exists()


def fail(error):
    def does():
        raise error

    return does


def do(folder, *tasks):
    engine = InProcess(list(tasks), str(folder))
    engine.run()
    return engine


def test_a_failure_stops_only_what_needs_it(tmp_path, capsys):
    bad = Task(tmp_path, "bad", fail(MemoryError("no\nroom")))
    empty = Task(tmp_path, "empty", lambda: None)
    after = Task(tmp_path, "after", needs=(bad,))
    exits = Task(tmp_path, "exits", fail(SystemExit(3)))
    good = Task(tmp_path, "good")
    engine = do(tmp_path, bad, empty, after, exits, good)
    assert engine.done == [good]
    assert {task.name: why for task, why in engine.failed.items()} == {
        "bad": "no room",
        "empty": f"left no result; see {tmp_path}/empty.log",
        "after": "needs bad",
        "exits": "sys.exit(3)",
    }
    assert (tmp_path / "bad.log").read_text() == "this is bad\nerror: no room\n"
    assert not any(capsys.readouterr())
    with pytest.raises(RunFailure, match=r"4 of 5 failed, .*again: bad \(no room\); e"):
        engine.check()


def test_one_line_tells_of_the_first_failures(tmp_path):
    engine = do(tmp_path, *(Task(tmp_path, f"t{i}", fail(OSError())) for i in range(7)))
    with pytest.raises(RunFailure, match=r"7 of 7 failed.*t4 \(OSError\); 2 more$"):
        engine.check()


def test_what_is_done_is_not_repeated_and_more_can_follow(tmp_path):
    first, second = Task(tmp_path, "first"), Task(tmp_path, "second")
    first.path.write_text("before")
    engine = do(tmp_path, first)
    engine.tasks.append(second)
    engine.run()
    assert engine.done == [first, second]
    assert (first.path.read_text(), second.path.read_text()) == ("before", "now")


def test_ctrl_c_ends_all(tmp_path):
    after = Task(tmp_path, "after")
    with pytest.raises(KeyboardInterrupt):
        do(tmp_path, Task(tmp_path, "first", fail(KeyboardInterrupt)), after)
    assert not after.is_done()


@pytest.mark.parametrize(
    ("steps", "most", "expected"), [(30, 100, 30), (10 * 1009, 100, 10), (7, 5, 1)]
)
def test_steps_at_once_divide_the_steps(steps, most, expected):
    assert steps_at_once(steps, "jax", most) == expected
    assert steps_at_once(steps, "torch", most) == 1


@pytest.fixture
def sweep_flags(tmp_path):
    recipe = tmp_path / "small.flags"
    lines = [f"--{name}={value}\n" for name, value in SMALL.items()]
    recipe.write_text("".join([*lines, "--method=mixup\n"]))
    return [f"--recipes={recipe}", f"--workdir={tmp_path}/sweep", "--in_process"]


def test_a_sweep_of_small_runs(tmp_path, sweep_flags, capsys, train_tiny):
    assert sweep.main(["sweep", *sweep_flags, "--seeds=0-1"]) == 0
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1] == "2 of 2 done"
    assert "small/seed1" in captured.out
    found = list(records.read_file(str(tmp_path / "sweep" / "results.jsonl")))
    assert [record.name for record in found] == ["small/seed0", "small/seed1"]
    # The second is as if there had been no first.
    alone = train_tiny(str(tmp_path / "alone"), **SMALL, method="mixup", seed=1)
    with open(f"{alone}/result.json") as file:
        assert json.load(file) == found[1].result
    log = (tmp_path / "sweep" / "logs" / "small_seed0.log").read_text()
    assert "4/4" in log


def test_what_one_process_cannot_do(sweep_flags, tmp_path, capsys):
    other = tmp_path / "other.flags"
    other.write_text("--backend=jax\n")
    tensorflow = tmp_path / "tensorflow.flags"
    tensorflow.write_text("--backend=tensorflow\n")
    for flags, message in (
        (["--evaluate"], "leave --evaluate out"),
        (["--jobs=2"], "leave --jobs out"),
        ([f"--recipes={other},{tensorflow}"], "recipes of jax and tensorflow. Add"),
    ):
        assert sweep.main(["sweep", *sweep_flags, *flags]) == 2
        assert message in capsys.readouterr().err
