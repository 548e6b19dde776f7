import json

import keras
import numpy as np
import pytest

from trainers.benchmark import data_pipeline

pytestmark = pytest.mark.tensorflow


def test_the_command_prints_and_writes_ratios(tmp_path, capsys):
    output = tmp_path / "figures.json"
    code = data_pipeline.main(
        [
            "benchmark_pipeline",
            "--dataset=digits",
            "--rounds=2",
            "--batches_per_round=2",
            "--mix_batch_size=4",
            f"--output={output}",
        ]
    )
    assert code == 0
    printed = capsys.readouterr().out
    assert "pipeline / usual chain" in printed
    assert "two points / keras MixUp" in printed
    ratios = json.loads(output.read_text())["ratios"]
    assert [ratio["name"] for ratio in ratios] == [
        *("pipeline", "unaugmented"),
        *("two points", "two, mapped", "four points"),
    ]
    assert all(ratio["median"] > 0 for ratio in ratios)


def test_an_unknown_set_is_a_mistake(tmp_path, capsys):
    arguments = ["benchmark_pipeline", "--dataset=none.npz"]
    assert data_pipeline.main(arguments) == 2
    assert "error: Expected a data file at none.npz" in capsys.readouterr().err


def test_both_chains_prepare_examples_alike():
    from keras_mixup import data

    source = data.load("digits")
    options = data_pipeline.PipelineBenchmark(batch_size=source.num_train)
    usual = data_pipeline._usual(source, options.batch_size, "none")
    x, y = (np.asarray(part) for part in next(iter(usual)))
    plan = data.plan(source, None, source.num_train, augmentation="none")
    ours, _ = plan.batches()[0]
    np.testing.assert_array_equal(
        np.sort(x.reshape(len(y), -1), 0), np.sort(ours.reshape(len(y), -1), 0)
    )
    cropped = data_pipeline._usual(source, 8, "auto")
    assert keras.tree.map_structure(lambda s: s.shape, cropped.element_spec)[0] == (
        None,
        8,
        8,
        1,
    )
