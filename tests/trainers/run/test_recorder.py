"""Tests of what a run records on its way."""

import json

import numpy as np
import pytest

from keras_mixup import data
from trainers.errors import UsageError
from trainers.run.finished import FinishedRun
from trainers.run.scores import named_measure

NUM_LABELS, SCORED = 21, 15


@pytest.fixture(scope="module")
def scored_run(image_file, train_tiny, tmp_path_factory):
    folder = train_tiny(
        str(tmp_path_factory.mktemp("scored") / "run"),
        dataset=image_file,
        method="mixup",
        num_labels=NUM_LABELS,
        label_noise=0.5,
        scored_examples=SCORED,
        steps=4,
        evaluate_every=3,
    )
    with open(f"{folder}/metrics.jsonl") as lines:
        return FinishedRun(folder), [json.loads(line) for line in lines]


def test_each_evaluation_scores_training_and_test_examples(scored_run):
    _, rows = scored_run
    assert [row["step"] for row in rows] == [3, 4]
    for row in rows:
        for split in ("train", "validation", "test"):
            assert np.isfinite(row[f"loss/{split}_student"])
            assert 0 <= row[f"accuracy/{split}_student"] <= 1


def test_the_scores_are_those_of_the_unmixed_examples_with_their_true_labels(
    scored_run,
):
    run, rows = scored_run
    source = run.source
    y = source.train[1]
    chosen = data.choose_labeled(y, NUM_LABELS, source.num_classes, seed=0)[:SCORED]
    splits = {
        "train": (source.standardized("train")[0][chosen], y[chosen]),
        "test": [part[:SCORED] for part in source.standardized("test")],
    }
    for split, (inputs, labels) in splits.items():
        logits = run.networks["student"].predict(inputs, verbose=0).astype("float64")
        likelihoods = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        loss = -np.log(likelihoods[np.arange(SCORED), labels]).mean()
        accuracy = (logits.argmax(-1) == labels).mean()
        assert rows[-1][f"loss/{split}_student"] == pytest.approx(loss, rel=1e-4)
        assert rows[-1][f"accuracy/{split}_student"] == pytest.approx(accuracy)


def first_weight(network, source):
    """What the run below measures at each evaluation."""
    x, _ = source.standardized("test")
    return {"first_weight": network.get_weights()[0][0, 0], "examples": len(x)}


def test_extra_measures_are_of_the_evaluated_network_and_its_data(
    image_file, train_tiny, tmp_path
):
    folder = train_tiny(
        str(tmp_path / "run"),
        dataset=image_file,
        method="ict",
        evaluated_network="teacher",
        steps=4,
        evaluate_every=2,
        extra_measure=f"{__name__}:first_weight",
    )
    run = FinishedRun(folder)
    with open(f"{folder}/metrics.jsonl") as lines:
        rows = [json.loads(line) for line in lines]
    assert [row["step"] for row in rows] == [2, 4]
    expected = {
        name: float(network.get_weights()[0][0, 0])
        for name, network in run.networks.items()
    }
    assert rows[0]["first_weight"] != rows[1]["first_weight"] == expected["teacher"]
    assert expected["teacher"] != expected["student"]
    assert rows[1]["examples"] == len(run.source.test.y)


@pytest.mark.parametrize(
    "name", ["no_such_module:f", f"{__name__}:no_such_function", ":f", "math", "math:"]
)
def test_an_extra_measure_that_cannot_be_imported(name):
    with pytest.raises(UsageError, match="--extra_measure must name a function that"):
        named_measure(name)


def test_by_default_nothing_but_validation_examples_is_scored(finished_folder):
    with open(f"{finished_folder('mixup')}/metrics.jsonl") as lines:
        row = json.loads(next(lines))
    scored = {name.split("/")[1] for name in row if name.startswith("accuracy/")}
    assert scored == {"train", "validation_student"}
