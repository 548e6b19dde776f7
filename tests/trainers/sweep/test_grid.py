import glob
import os

import pytest

import trainers
from trainers import command_line
from trainers.errors import UsageError
from trainers.sweep import grid
from trainers.sweep.command import Sweep
from trainers.sweep.grid import expand, numbers

RECIPES = ("digits_erm", "digits_mixup", "digits_ict")


def test_recipes_points_labels_and_seeds_are_crossed():
    runs = expand(
        Sweep(
            recipes=RECIPES,
            num_points=("2-3",),
            num_labels=("20", "all"),
            seeds=("0", "7-8"),
            set=("steps=7", "linearity_layers=layer_1"),
            workdir="here",
        )
    )
    # Plain training has no points: it is there once for each number of labels.
    variants = [
        "digits_erm_20labels",
        "digits_erm_alllabels",
        *(
            f"digits_{method}_k{k}_{labels}labels"
            for method in ("mixup", "ict")
            for k in (2, 3)
            for labels in (20, "all")
        ),
    ]
    assert [run.name for run in runs] == [
        f"{variant}/seed{seed}" for variant in variants for seed in (0, 7, 8)
    ]
    for run in runs:
        experiment = run.experiment
        assert experiment.folder == f"here/{run.name}"
        assert (experiment.steps, experiment.linearity_layers) == (7, ("layer_1",))
        assert f"seed{experiment.seed}" in run.name
        labels = "all" if experiment.num_labels is None else experiment.num_labels
        assert f"{labels}labels" in run.variant
        if experiment.method != "erm":
            assert f"_k{experiment.num_points}_" in run.variant


GRIDS = glob.glob(os.path.join(os.path.dirname(trainers.__file__), "grids", "*"))


@pytest.mark.parametrize("path", GRIDS, ids=os.path.basename)
def test_the_grids_that_come_with_it(path):
    options = command_line.parse(Sweep, ["", f"--flagfile={path}"])
    runs = expand(options)
    with open(path) as file:
        text = file.read()
    assert f"Run time: {len(runs)} runs" in text
    assert f"--flagfile=trainers/grids/{os.path.basename(path)}" in text


def test_what_is_not_named_is_the_recipes():
    (run,) = expand(Sweep(recipes=("digits_ict4",), seeds=("3",)))
    assert run.name == "digits_ict4/seed3"
    assert (run.experiment.num_points, run.experiment.num_labels) == (4, 50)


def test_more_points_at_equal_strength(tmp_path):
    recipe = tmp_path / "equal.flags"
    recipe.write_text("--method=mixup\n--mean_dominant_weight=0.75\n")
    two, three = expand(
        Sweep(recipes=(str(recipe),), num_points=("2", "3"), seeds=("0",))
    )
    assert two.experiment.concentration == pytest.approx(1.0)
    assert three.experiment.concentration < 1.0


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("3",), [3]),
        (("0-3", "2", "9"), [0, 1, 2, 3, 9]),
        ((), []),
    ],
)
def test_numbers(words, values):
    assert numbers("seeds", words) == values


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipes": ()}, "--recipes must name at least one"),
        ({"recipes": ("digits_none",)}, "no recipe 'digits_none'"),
        ({"seeds": ("one",)}, "--seeds takes numbers and ranges.*'one'"),
        ({"seeds": ("-1",)}, "--seeds takes numbers and ranges.*'-1'"),
        ({"seeds": ("4-3",)}, "--seeds takes numbers and ranges.*'4-3'"),
        ({"seeds": ("²",)}, "--seeds takes numbers and ranges.*'²'"),
        ({"seeds": ("0-99999999999",)}, "--seeds takes at most 10000 numbers; rec"),
        ({"set": ("h",)}, "a run cannot be asked for --help"),
        ({"seeds": ()}, "--seeds must name at least one seed"),
        ({"recipes": ("digits_ict:4-2",)}, "--recipes takes numbers.*'4-2'"),
        ({"vary": ("seed=0:1",)}, "--vary=seed=... is of no use: --seeds of the sweep"),
        ({"set": ("workdir=a",)}, "--set=workdir=... is of no use: --workdir of the"),
        ({"set": ("data_dir=a",)}, "--set=data_dir=... is of no use: --data_dir of"),
        ({"set": ("num_points=4",)}, "--set=num_points=... is of no use: --num_points"),
        ({"vary": ("num_labels=20:50",)}, "--vary=num_labels=... is of no use"),
        ({"set": ("help",)}, "--set takes settings; received 'help'"),
        ({"vary": ("flagfile=a",)}, "--vary takes settings; received 'flagfile'"),
        ({"num_points": ("1",)}, "digits_ict.flags --num_points=1.*at least 2"),
        ({"num_labels": ("0",)}, "--num_labels=0.*--num_labels must be at least 1"),
        ({"set": ("stepps=1",)}, "Unknown command line flag 'stepps'"),
        ({"recipes": ("digits_ict", "digits_ict")}, "names digits_ict/seed0 twice"),
        ({"black_box": "digits_erm"}, "--black_box=digits_erm .* add --evaluate"),
        ({"jobs": 0}, "--jobs must be at least 1"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(UsageError, match=message):
        expand(Sweep(**{"recipes": ("digits_ict",), **options}))


def test_runs_are_counted(monkeypatch):
    monkeypatch.setattr(grid, "MOST_RUNS", 5)
    with pytest.raises(UsageError, match="A grid has at most 5 runs"):
        expand(Sweep(recipes=("digits_ict",), seeds=("0-3",), num_labels=("20", "50")))


def test_a_recipe_may_have_points_of_its_own():
    runs = expand(
        Sweep(
            recipes=("digits_mixup", "digits_ict:3-4", "digits_erm"),
            num_points=("2",),
            seeds=("0",),
        )
    )
    assert [run.variant for run in runs] == [
        "digits_mixup_k2",
        "digits_ict_k3",
        "digits_ict_k4",
        "digits_erm",
    ]
    with pytest.raises(UsageError, match="takes no number of points; leave :2 out"):
        expand(Sweep(recipes=("digits_erm:2",)))
    with pytest.raises(UsageError, match="--recipes takes numbers"):
        expand(Sweep(recipes=("digits_ict:two",)))


def test_other_settings_may_be_varied():
    runs = expand(
        Sweep(
            recipes=("digits_noise_mixup",),
            num_points=("2-3",),
            vary=("label_noise=0.2:0.8", "dropout=0.5"),
            num_labels=("50",),
            seeds=("0",),
        )
    )
    assert [
        (run.variant, run.experiment.num_points, run.experiment.label_noise)
        for run in runs
    ] == [
        (f"digits_noise_mixup_k{k}_label_noise{noise}_dropout0.5_50labels", k, noise)
        for k in (2, 3)
        for noise in (0.2, 0.8)
    ]
    assert {run.experiment.dropout for run in runs} == {0.5}


@pytest.mark.parametrize("word", ["label_noise", "label_noise=", "=1", "dropout=0::1"])
def test_a_varied_setting_needs_values(word):
    with pytest.raises(UsageError, match="--vary takes settings and values"):
        expand(Sweep(recipes=("digits_erm",), vary=(word,)))


def test_variants_are_named_by_what_flags_txt_will_hold():
    runs = expand(
        Sweep(recipes=("digits_mixup",), vary=("alpha=1:1.0:1e-3",), seeds=("0",))
    )
    assert [run.variant for run in runs] == [
        "digits_mixup_alpha1.0",
        "digits_mixup_alpha0.001",
    ]


def test_what_is_varied_need_not_suit_the_recipe_without_its_points():
    # Below 1/2, which is the least for the two points of the recipe itself.
    runs = expand(
        Sweep(
            recipes=("digits_ict:4",), vary=("mean_dominant_weight=0.4",), seeds=("0",)
        )
    )
    assert [run.variant for run in runs] == ["digits_ict_k4_mean_dominant_weight0.4"]
    with pytest.raises(UsageError, match="greater than 1/2"):
        expand(Sweep(recipes=("digits_ict:2",), vary=("mean_dominant_weight=0.4",)))
    with pytest.raises(UsageError, match="Unknown command line flag 'alpa'"):
        expand(Sweep(recipes=("digits_ict",), vary=("alpa=1:2",)))


def test_what_is_set_need_not_suit_the_recipe_without_its_points():
    runs = expand(
        Sweep(
            recipes=("digits_ict:4",), set=("mean_dominant_weight=0.4",), seeds=("0",)
        )
    )
    assert [run.variant for run in runs] == ["digits_ict_k4"]
