"""A run's folder: whose it is, and who is in it."""

import os
from pathlib import Path

import pytest

from trainers import command_line, files
from trainers.errors import UsageError
from trainers.run.checkpoint import Checkpoints
from trainers.run.experiment import Experiment
from trainers.run.run_folder import RunFolder


@pytest.fixture
def workdir(tmp_path):
    return str(tmp_path / "run")


def enter(work=False, **options):
    with RunFolder(Experiment(**options)) as folder:
        if work:
            Checkpoints(folder.file("checkpoints")).save(1, [])
        return folder


def test_flags_are_those_of_the_experiment(workdir):
    experiment = Experiment(
        workdir=workdir, alpha=1 / 3, num_labels=7, per_example=False, backend="jax"
    )
    with RunFolder(experiment) as folder:
        argv = ["program", f"--flagfile={folder.file('flags.txt')}"]
    assert command_line.parse(Experiment, argv) == experiment


def test_enters_its_own_folder_again(workdir):
    enter(workdir=workdir, seed=3, work=True)
    assert enter(workdir=workdir, seed=3).result is None
    # Where the data lie does not make another experiment.
    enter(workdir=workdir, seed=3, data_dir="elsewhere")


def test_enters_a_folder_whose_flags_have_former_names(workdir):
    folder = enter(workdir=workdir, dominant_first=True, work=True)
    path = Path(folder.file("flags.txt"))
    flags = path.read_text()
    path.write_text(flags.replace("--dominant_first=true", "--symmetrize=true"))
    # A warning would fail: the name is the run's, not one that the user typed.
    enter(workdir=workdir, dominant_first=True)
    assert path.read_text() == flags
    assert "--dominant_first=true" in flags


def test_refuses_the_folder_of_another_experiment(workdir):
    enter(workdir=workdir, num_labels=50, work=True)
    with pytest.raises(UsageError) as error:
        enter(workdir=workdir, seed=1)
    assert "--num_labels=50 there, --num_labels=all here" in str(error.value)
    assert "--seed=0 there, --seed=1 here" in str(error.value)
    assert "alpha" not in str(error.value)
    assert f"as with --workdir={workdir}_2, or" in str(error.value)


def test_refuses_flags_that_it_cannot_read(workdir):
    folder = enter(workdir=workdir, work=True)
    with open(folder.file("flags.txt"), "a") as file:
        file.write("--beta=1\n")
    with pytest.raises(
        UsageError, match=r"flags\.txt' does not describe an experiment"
    ):
        enter(workdir=workdir)


def test_mistaken_flags_can_be_mended_before_there_is_work_to_lose(workdir):
    enter(workdir=workdir, dataset="digist")
    folder = enter(workdir=workdir, dataset="digits", work=True)
    with open(folder.file("flags.txt")) as file:
        assert "--dataset=digits\n" in file.read()


@pytest.mark.parametrize("work", [False, True])
@pytest.mark.parametrize("name", ["evaluation.json", "metrics.jsonl"])
def test_what_was_measured_does_not_outlive_its_run(workdir, work, name):
    folder = enter(workdir=workdir, work=work)
    path = folder.file(name)
    files.write_json(path, {"step": 0})
    enter(workdir=workdir)
    assert (files.read_json(path) is not None) == work


def test_refuses_a_folder_that_is_no_runs(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match=r"has no flags.txt but holds 'thesis.tex'"):
        enter(workdir=str(tmp_path))
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_leaves_nothing_in_a_folder_that_it_refuses(workdir):
    folder = enter(workdir=workdir, work=True)
    os.remove(folder.file(".lock"))
    before = sorted(os.listdir(workdir))
    with pytest.raises(UsageError, match="the folder of another experiment"):
        enter(workdir=workdir, seed=1)
    assert sorted(os.listdir(workdir)) == before


def test_refuses_a_folder_in_use(workdir):
    in_use = pytest.raises(UsageError, match="Another process is running in")
    with RunFolder(Experiment(workdir=workdir)), in_use:
        enter(workdir=workdir)
    enter(workdir=workdir)


@pytest.mark.parametrize("workdir", ["/dev/null/run", "/proc/run"])
def test_refuses_what_cannot_be_written(workdir):
    with pytest.raises(
        UsageError, match=r"cannot be written: .*Choose another --workd"
    ):
        enter(workdir=workdir)
