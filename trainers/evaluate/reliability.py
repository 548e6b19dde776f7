"""How often predictions of each confidence are right, as a table and a diagram."""

import keras
import numpy as np

from keras_mixup.metrics import ExpectedCalibrationError
from trainers import plots
from trainers.text_tables import table


def bins(logits, y, num_bins=15):
    """Returns the bins of a reliability diagram, from low to high confidence.

    Args:
        logits: array of shape `(examples, classes)`.
        y: class ids.
        num_bins: int, bins of equal width.

    Returns:
        A list of dictionaries: `low`, `high`, `count`, and the means `confidence` and
        `accuracy`, `None` in an empty bin.
    """
    metric = ExpectedCalibrationError(num_bins=num_bins)
    metric.update_state(y, logits)
    counts, confidence, accuracy = (
        keras.ops.convert_to_numpy(sums).tolist()
        for sums in (metric.weight, metric.confidence, metric.accuracy)
    )
    return [
        {
            "low": index / num_bins,
            "high": (index + 1) / num_bins,
            "count": int(counts[index]),
            "confidence": confidence[index] / counts[index] if counts[index] else None,
            "accuracy": accuracy[index] / counts[index] if counts[index] else None,
        }
        for index in range(num_bins)
    ]


def reliability_table(title, rows):
    """Returns the bins that are not empty as a table."""
    lines = [[title, "examples", "confidence", "accuracy"]]
    for row in rows:
        if row["count"]:
            means = (f"{row[key]:.4f}" for key in ("confidence", "accuracy"))
            name = f"{row['low']:.3f} to {row['high']:.3f}"
            lines.append([name, str(row["count"]), *means])
    return table(lines)


def draw(path, predictions, title):
    """Draws the reliability diagram.

    Args:
        path: path of the PNG.
        predictions: `{name: bins}`, one line each.
        title: string.
    """
    with plots.figure(path, columns=2, width=5, height=4.5) as (drawing, (one, other)):
        drawing.suptitle(title)
        one.plot([0, 1], [0, 1], color="0.5", linestyle="--", label="well calibrated")
        for index, (name, rows) in enumerate(predictions.items()):
            style = {"color": plots.COLORS[index], "marker": plots.MARKERS[index]}
            filled = [row for row in rows if row["count"]]
            confidence = [row["confidence"] for row in filled]
            one.plot(confidence, [r["accuracy"] for r in filled], label=name, **style)
            _draw_counts(other, rows, name, index, len(predictions))
        one.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.02))
        other.set(xlabel="confidence", ylabel="share of the examples", xlim=(0, 1))
        one.legend(frameon=False)
        if len(predictions) > 1:
            other.legend(frameon=False)


def _draw_counts(axes, rows, name, index, num_predictions):
    """Bars side by side within each bin."""
    counts = np.array([row["count"] for row in rows])
    width = (rows[0]["high"] - rows[0]["low"]) / num_predictions
    lows = np.array([row["low"] for row in rows])
    style = {"color": plots.COLORS[index], "edgecolor": "white", "linewidth": 0.5}
    left = lows + index * width
    axes.bar(left, counts / counts.sum(), width, align="edge", label=name, **style)
