import os
import subprocess

import pytest

from trainers.command_line import parse
from trainers.options import to_flags
from trainers.report import commands_part
from trainers.results.arms import Arm, arms_of
from trainers.results.reading import Results
from trainers.results.record import Record
from trainers.results.settings import settings_of
from trainers.run.experiment import Experiment
from trainers.sweep import grid
from trainers.sweep.command import Sweep

# Prints the arguments of each command, a line each, with an empty line at the end.
_SHOW = 'python() { printf "%s\\n" "$@" ""; }\n'


def run_in_shell(text):
    """The arguments of each Python that a shell starts, after -m and the module."""
    done = subprocess.run(
        ["bash", "-euc", _SHOW + text], capture_output=True, text=True, check=True
    )
    calls = [call.splitlines() for call in done.stdout.split("\n\n") if call]
    return [(call[1], call[2:]) for call in calls]


def test_commands_train_the_very_same_runs(record):
    options = {"num_points": 4, "mixing_layers": ("input",), "num_labels": None}
    (arm,) = arms_of([record("ict", s, method="ict", **options) for s in (3, 5)])
    calls = run_in_shell(commands_part.run_command(arm, arm.any.variant))
    assert [module for module, _ in calls] == ["trainers.run"] * 2
    for one, (_, arguments) in zip(arm.records.values(), calls):
        experiment = parse(Experiment, ["", *arguments])
        assert to_flags(experiment, identity_only=True) == one.settings
        assert experiment.workdir == f"runs/again/ict/seed{one.seed}"


def test_only_what_is_not_the_default_is_told(record):
    (arm,) = arms_of([record(alpha=0.25)])
    (call,) = run_in_shell(commands_part.run_command(arm, arm.any.variant))
    names = [argument.split("=")[0] for argument in call[1]]
    assert names == [
        "--method",
        "--alpha",
        "--num_labels",
        "--steps",
        "--backend",
        "--seed",
        "--workdir",
    ]


@pytest.mark.parametrize("name", ["a b", "$(exit 3)", "'; exit 3; '", "`exit 3`"])
def test_names_and_settings_are_quoted(record, name):
    one = record(name, 0, dataset=f"{name}.npz")
    ((module, arguments),) = run_in_shell(
        commands_part.run_command(Arm({0: one}), name)
    )
    assert module == "trainers.run"
    assert f"--dataset={name}.npz" in arguments
    assert f"--workdir=runs/again/{name}/seed0" in arguments


def test_evaluations_are_repeated_too(record):
    evaluation = {
        "black_box": "digits_erm_seed1\nexit 3",
        "options": {
            "network": None,
            "split": ["validation", "test"],
            "fgsm": ["0.5"],
            "corrected": False,
            "deformations": True,
            "num_pairs": 1000,
            "backend": "jax",
        },
    }
    arm = Arm({2: record("a", 2, evaluation=evaluation)})
    text = commands_part.run_command(arm, arm.any.variant)
    _, (module, arguments) = run_in_shell(text)
    assert module == "trainers.evaluate"
    assert arguments == [
        "--fgsm=0.5",
        "--corrected=false",
        "--backend=jax",
        "--workdir=runs/again/a/seed2",
    ]
    assert "# with --black_box=FOLDER" in text


def records_of(name, *changes):
    """Records of the runs of a grid of this project, without their results."""
    path = os.path.join(grid.GRIDS, f"{name}.flags")
    options = parse(Sweep, ["", f"--flagfile={path}", *changes])
    return [
        Record(run.variant, to_flags(run.experiment, True), {}, [], None, {})
        for run in grid.expand(options)
    ]


def found_commands(records):
    found = commands_part.sweep_commands(records)
    return [(" ".join(text.replace("\\\n", "").split()), n) for text, n in found]


def test_the_grid_that_makes_the_runs_is_found(record, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    command = (
        "KERAS_BACKEND=jax python -m trainers.sweep "
        "--flagfile=trainers/grids/digits_noise.flags"
    )
    every = records_of("digits_noise")
    assert found_commands([*every, record()]) == [(command, len(every))]
    some = records_of("digits_noise", "--seeds=3,0")
    assert found_commands(some[:1]) == [(f"{command} --seeds=3", 1)]
    assert found_commands(some) == [(f"{command} --seeds=0,3", len(some))]


def test_runs_of_no_grid(record):
    # One setting more, and it is another run.
    assert found_commands(records_of("digits_noise", "--set=dropout=0.3")) == []
    assert found_commands([record()]) == []


def test_commands_of_examples_and_tables():
    options = {"example": "separable", "alpha": [1.0, "erm"], "steps": None}
    options |= {"seeds": 3, "backend": "jax", "workdir": "/mine"}
    examples = {"separable": {"options": options}}
    text = commands_part.section(
        [], Results([], examples, {"iris": {}}, []), ["a", "b c"]
    )
    assert [line for line in text.splitlines() if "python" in line] == [
        "python -m trainers.toys --example=separable --alpha=1.0,erm --seeds=3 \\",
        "python -m trainers.tabular",
        *(
            f"python -m trainers.{name} '--results=a,b c'"
            for name in ("figures", "claims", "report")
        ),
    ]
    assert "    --backend=jax" in text.splitlines()


def test_arms_of_one_name_go_to_folders_of_two(record):
    records = [record("a", steps=steps) for steps in (40, 50)]
    found = settings_of(records)
    text = commands_part.section(found, Results(records, {}, None, []), ["a"])
    calls = [line for line in text.splitlines() if "--workdir=" in line]
    folders = [call.split("--workdir=")[1] for call in calls]
    assert folders == ["runs/again/a/seed$seed", "'runs/again/a (2)'/seed$seed"]
    assert "\nmixup, 50 labels, digits" in text
