"""Every recipe in trainers/configs."""

import dataclasses
import glob
import math
import os
import re

import keras
import pytest

from keras_mixup.models import ICTModel
from trainers import command_line
from trainers.run import command as run
from trainers.run.experiment import Experiment
from trainers.run.methods import METHODS
from trainers.run.networks import build_network

FOLDER = os.path.dirname(run.DEFAULT_RECIPE)
PATHS = sorted(glob.glob(os.path.join(FOLDER, "*.flags")))
NAMES = [os.path.splitext(os.path.basename(path))[0] for path in PATHS]


def read(path):
    return command_line.parse(Experiment, ["program", f"--flagfile={path}"])


def test_recipes_of_every_data_set_and_method():
    wanted = {"digits_ict4", "cifar10_ict_mixmatch_code", "cifar10_ict_verma"}
    for data in ("digits", "cifar10", "cifar100", "svhn", "cifar10_small"):
        wanted |= {f"{data}_{method}" for method in ("erm", "mixup", "ict")}
    assert wanted <= set(NAMES)


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_header_says_command_result_and_time(path):
    with open(path) as file:
        lines = file.read().splitlines()
    header = [line for line in lines if line.startswith("#")]
    assert lines[: len(header)] == header
    name = os.path.basename(path)
    command = f"python -m trainers.run --flagfile=trainers/configs/{name}"
    text = "\n".join(header)
    assert command in text
    assert re.search("^# Expected: ", text, re.MULTILINE)
    assert re.search("^# Run time: .*(core|GPU)", text, re.MULTILINE)


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_builds_what_it_names(path):
    experiment = read(path)
    if experiment.architecture.startswith("wide_resnet"):
        # As small as the architecture's family allows.
        experiment = dataclasses.replace(experiment, architecture="wide_resnet_10_1")
    network = build_network(experiment, (8, 8, 1), 10)
    model = METHODS[experiment.method].build(experiment, network)
    assert isinstance(model, keras.Model)
    assert network.output_shape == (None, 10)


def test_the_papers_settings():
    linearity = read(os.path.join(FOLDER, "cifar10_ict.flags"))
    assert linearity.architecture == "wide_resnet_28_2_mixmatch"
    assert (linearity.num_labels, linearity.negative_slope) == (250, 0.1)
    assert (linearity.optimizer, linearity.learning_rate) == ("adam", 2e-3)
    assert (linearity.batch_size, linearity.unlabeled_batch_size) == (128, 128)
    assert (linearity.consistency_weight, linearity.ramp_fraction) == (100.0, 0.4)
    assert (linearity.ramp_shape, linearity.alpha) == ("linear", 0.5)
    assert read(os.path.join(FOLDER, "svhn_ict.flags")).alpha == 0.1


def test_the_code_of_mixmatch():
    for name in ("cifar10_mixmatch", "cifar10_ict_mixmatch_code"):
        experiment = read(os.path.join(FOLDER, f"{name}.flags"))
        assert experiment.architecture == "wide_resnet_28_2_mixmatch"
        assert experiment.teacher_statistics == "copied"
        model = METHODS[experiment.method].build(
            dataclasses.replace(experiment, steps=10),
            build_network(experiment, (32, 32, 3), 10),
        )
        assert model.teacher_statistics == "copied"
        trained = sum(math.prod(w.shape) for w in model.network.trainable_weights)
        assert trained == 1_469_642


def test_without_a_recipe_the_default_one_runs():
    argv = run.with_default_recipe(["program", "--seed=1"])
    experiment = command_line.parse(Experiment, argv)
    assert experiment == dataclasses.replace(read(run.DEFAULT_RECIPE), seed=1)
    assert (experiment.method, experiment.num_labels) == ("ict", 50)


@pytest.mark.parametrize("argument", ["--flagfile=x", "--dataset=x", "-dataset", "x"])
def test_a_recipe_or_data_of_ones_own_replace_it(argument):
    argv = ["program", "--seed=1", argument]
    default = run.with_default_recipe(argv)
    assert (default == argv) == (argument != "x")


def test_the_recipe_of_class_defaults_has_them():
    experiment = read(os.path.join(FOLDER, "digits_ict_defaults.flags"))
    network = build_network(experiment, (8, 8, 1), 10)
    model = METHODS["ict"].build(experiment, network)
    defaults = ICTModel(network, seed=model.seed)
    received = model.settings()
    # The recipe gives the ramp of the class as a schedule.
    ramp = received["consistency_weight"].get_config()
    expected = defaults.settings()
    assert ramp["end_learning_rate"] == expected["consistency_weight"]
    assert ramp["initial_learning_rate"] == 0
    assert ramp["decay_steps"] == expected["ramp"] * experiment.steps
    for key in set(expected) - {"consistency_weight", "ramp"}:
        assert received[key] == expected[key]
