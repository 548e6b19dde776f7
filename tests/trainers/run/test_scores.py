import keras
import numpy as np
import pytest
from scipy import special, stats

from trainers.evaluate import reliability
from trainers.run import scores


def predictions(count=400, classes=4):
    generator = np.random.default_rng(0)
    y = generator.integers(0, classes, count)
    logits = generator.normal(size=(count, classes)) + 2 * np.eye(classes)[y]
    return (1.5 * logits).astype("float32"), y


def test_scores_against_scipy():
    logits, y = predictions()
    probabilities = special.softmax(logits.astype("float64"), axis=1)
    found = scores.score_logits(logits, y)
    assert found["accuracy"] == np.mean(logits.argmax(1) == y)
    log_likelihood = np.log(probabilities[np.arange(len(y)), y]).mean()
    assert found["cross_entropy"] == pytest.approx(-log_likelihood)
    entropy = stats.entropy(probabilities, axis=1).mean()
    assert found["predictive_entropy"] == pytest.approx(entropy)


def test_certain_predictions_have_no_entropy():
    logits = np.array([[1e4, 0], [0, 1e4]], "float32")
    found = scores.score_logits(logits, np.array([0, 1]))
    assert found == {
        "accuracy": 1.0,
        "cross_entropy": 0.0,
        "expected_calibration_error": 0.0,
        "predictive_entropy": 0.0,
    }


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_outputs_that_are_not_finite_have_no_score(value):
    logits, y = predictions(20)
    logits[7, 2] = value
    assert np.isnan(list(scores.score_logits(logits, y).values())).all()
    assert set(scores.score_logits(logits, y)) == set(scores.SCORES)


def test_the_largest_outputs_have_finite_scores():
    logits = np.array([[3e38, -3e38], [-3e38, 3e38]], "float32")
    found = scores.score_logits(logits, np.array([0, 0]))
    assert np.isfinite(list(found.values())).all()


def test_score_of_a_network_is_that_of_its_logits():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    x = np.random.default_rng(0).normal(size=(50, 4)).astype("float32")
    y = np.arange(50) % 3
    logits = scores.predict(network, x, 16)
    np.testing.assert_allclose(logits, x @ network.get_weights()[0], atol=1e-6)
    assert scores.score(network, (x, y), 16) == scores.score_logits(logits, y)


def test_bins_of_the_reliability_diagram():
    logits, y = predictions()
    rows = reliability.bins(logits, y, num_bins=10)
    probabilities = special.softmax(logits.astype("float64"), axis=1)
    confidence, right = probabilities.max(1), logits.argmax(1) == y
    index = np.ceil(confidence * 10).astype(int) - 1
    assert sum(row["count"] for row in rows) == 400
    for number, row in enumerate(rows):
        chosen = index == number
        assert row["count"] == chosen.sum()
        assert (row["low"], row["high"]) == (number / 10, (number + 1) / 10)
        if not row["count"]:
            assert row["accuracy"] is row["confidence"] is None
            continue
        assert row["confidence"] == pytest.approx(confidence[chosen].mean(), abs=1e-5)
        assert row["accuracy"] == pytest.approx(right[chosen].mean(), abs=1e-6)
    gaps = [
        r["count"] * abs(r["accuracy"] - r["confidence"]) for r in rows if r["count"]
    ]
    expected = scores.score_logits(logits, y)["expected_calibration_error"]
    found = sum(gaps) / 400
    # There of 15 bins, here of 10.
    assert found == pytest.approx(expected, abs=0.05)


def test_table_leaves_empty_bins_out():
    logits = np.array([[5, 0], [0, 0.1]], "float32")
    rows = reliability.bins(logits, np.array([0, 0]), num_bins=4)
    lines = reliability.reliability_table("confidence", rows).splitlines()
    assert [line.split()[:4] for line in lines[1:]] == [
        ["0.500", "to", "0.750", "1"],
        ["0.750", "to", "1.000", "1"],
    ]
    assert "1.0000" in lines[2]


def test_diagram_is_a_picture(tmp_path):
    rows = reliability.bins(*predictions())
    path = tmp_path / "reliability.png"
    reliability.draw(str(path), {"plain": rows, "corrected": rows}, "both")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["reliability.png"]


def test_the_bins_of_the_calibration_error():
    logits, y = predictions()
    found = scores.score_logits(logits, y, num_bins=1)["expected_calibration_error"]
    confidence = special.softmax(logits.astype("float64"), axis=1).max(1).mean()
    accuracy = np.mean(logits.argmax(1) == y)
    assert found == pytest.approx(abs(confidence - accuracy), abs=1e-6)
