import pathlib

import pytest

from trainers.sweep import Sweep
from trainers.sweeps.grid import expand
from trainers.sweeps.tasks import tasks_of


@pytest.fixture
def tasks(tmp_path):
    """Trainings, then evaluations, of two recipes and three seeds."""
    grid = Sweep(
        recipes=("digits_erm", "digits_mixup"),
        seeds=("0-2",),
        workdir=str(tmp_path),
        evaluate=True,
    )
    return tasks_of(expand(grid), grid.evaluate, "digits_erm")


def test_the_next_seed_of_the_recipe_attacks(tasks, tmp_path):
    attackers = {
        task.name.split()[0]: [need.name for need in task.needs] for task in tasks[6:]
    }
    assert attackers == {
        f"digits_{method}/seed{seed}": [
            f"digits_{method}/seed{seed}",
            f"digits_erm/seed{(seed + 1) % 3}",
        ]
        for method in ("erm", "mixup")
        for seed in range(3)
    }
    assert f"--black_box={tmp_path}/digits_erm/seed1" in tasks[6].arguments


@pytest.mark.parametrize(
    ("contents", "done"),
    [
        ('{"black_box": "digits-50_erm_seed1"}', True),
        ('{"black_box": "digits-50_erm_seed2"}', False),
        ('{"black_box": null}', False),
        ('{"black_box": ', False),
    ],
)
def test_an_evaluation_under_another_attack_is_not_done(
    tasks, tmp_path, contents, done
):
    assert not tasks[6].is_done()
    path = pathlib.Path(tmp_path, "digits_erm", "seed0", "evaluation.json")
    path.parent.mkdir(parents=True)
    path.write_text(contents)
    assert tasks[6].is_done() == done
