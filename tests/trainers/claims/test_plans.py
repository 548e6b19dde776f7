"""The commands behind --run: they exist, parse, and go where they are looked for."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from trainers.claims import plans
from trainers.command_line import parse
from trainers.sweep import command as sweep
from trainers.sweep.grid import expand
from trainers.tabular import command as tabular
from trainers.toys import command as examples
from trainers.toys.problems import EXAMPLES

OPTIONS = {
    "trainers.sweep": sweep.Sweep,
    "trainers.toys": examples.Examples,
    "trainers.tabular": tabular.Tabular,
}


def parts(scales=("minutes", "hours"), **more):
    return plans.plan(scales, "work", **more)


def options_of(part):
    module, *flags = part.arguments
    return parse(OPTIONS[module], [module, *flags])


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_every_command_parses_and_has_a_folder_of_its_own(part):
    assert options_of(part).workdir == os.path.join("work", part.name)


def test_names_are_different():
    names = [part.name for part in parts()]
    assert len(set(names)) == len(names)
    assert {part.name for part in parts(("minutes",))} < set(names)
    assert parts(()) == []


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_every_grid_has_runs_of_several_seeds(part):
    options = options_of(part)
    if isinstance(options, sweep.Sweep):
        runs = expand(options)
        seeds = {run.experiment.seed for run in runs}
        assert len(seeds) >= 5
        assert len(runs) % len(seeds) == 0
        # Those that chose the settings are not among them.
        assert max(seeds) < 100


def test_every_example_is_run_ten_times_as_it_is_known():
    found = [options_of(part) for part in parts(("minutes",))]
    found = [one for one in found if isinstance(one, examples.Examples)]
    assert {one.example for one in found} == set(EXAMPLES)
    assert {(one.seeds, one.alpha, one.steps) for one in found} == {(10, (), None)}


def test_options_reach_their_commands():
    given = {"data_dir": "here", "tabular_dir": "there", "jobs": 3}
    for part in parts(**given):
        options = options_of(part)
        if isinstance(options, sweep.Sweep):
            assert (options.data_dir, options.jobs) == ("here", 3)
        if isinstance(options, tabular.Tabular):
            assert options.data_dir == "there"


@pytest.mark.parametrize("code", [0, 3])
def test_a_part_runs_as_a_module(code, tmp_path, monkeypatch):
    (tmp_path / "tiny.py").write_text("import sys; sys.exit(int(sys.argv[1]))")
    monkeypatch.chdir(tmp_path)
    assert plans.Part("tiny", ["tiny", str(code)]).run() == code


# Begins, and ends well a while after an interrupt.
PROGRAM = """
import os, pathlib, time
pathlib.Path("begun").write_text(str(os.getpid()))
try:
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.5)
    pathlib.Path("ended").write_text("well")
"""


@pytest.fixture
def running(tmp_path):
    """A process that runs such a part, and the number of the part's process."""
    (tmp_path / "tiny.py").write_text(PROGRAM)
    code = "from trainers.claims.plans import Part; Part('tiny', ['tiny']).run()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    begun = tmp_path / "begun"
    wait_for(lambda: begun.exists() and begun.read_text())
    yield process, int(begun.read_text())
    process.kill()
    process.wait()


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(number):
    with contextlib.suppress(OSError):
        # A zombie is there until its parent looks.
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{number}/status").read_text()
    return False


def test_ctrl_c_lets_a_part_end_well(running, tmp_path):
    process, number = running
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    assert (tmp_path / "ended").read_text() == "well"
    assert not is_alive(number)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it")
def test_a_part_dies_with_the_command(running):
    process, number = running
    assert is_alive(number)
    process.kill()
    process.wait()
    wait_for(lambda: not is_alive(number))
