"""The loss on clean training and on test examples, over the course of training."""

import functools

from trainers.figures import panels
from trainers.figures.captions import OVER_SEEDS, setting_of
from trainers.figures.drawing import Drawing
from trainers.figures.groups import groups, over_seeds
from trainers.results.roles import LABELS, SCORES

_SPLITS = {"train": "training examples", "test": "test examples"}


def drawings(records):
    """Returns a figure for each group of runs that scored examples on the way.

    Reference: [Zou et al., 2023](https://arxiv.org/abs/2212.13381), whose figure shows
    the loss of training and test examples by epoch.
    """
    scored = [record for record in records if _curve(record, "test")]
    return [_drawing(group) for group in groups(scored, (*LABELS, *SCORES))]


def _drawing(group):
    rows = []
    for split in _SPLITS:
        for line, records in group.lines.items():
            curves = [_curve(record, split) for record in records]
            for step in sorted({step for curve in curves for step in curve}):
                values = [curve[step] for curve in curves if step in curve]
                row = {"split": split, "line": line, "step": step}
                rows.append({**row, **over_seeds(values)})
    caption = (
        "Cross-entropy of the student on labelled training examples as they are, "
        "neither mixed nor augmented, and on test examples, the first "
        f"{group.shared['scored_examples']} where there are as many: "
        f"{setting_of(group)}. Lines and bands: {OVER_SEEDS}."
    )
    draw = functools.partial(_draw, rows=rows, styles=panels.styles_of(group.examples))
    return Drawing(f"losses_{group.subject}", caption, rows, draw, (1, 2), (3.8, 3))


def _curve(record, split):
    """`{step: cross-entropy}`."""
    name = f"loss/{split}_student"
    return {row["step"]: row[name] for row in record.history if name in row}


def _draw(figure, axes, rows, styles):
    for one, (split, title) in zip(axes, _SPLITS.items()):
        own = [row for row in rows if row["split"] == split]
        panels.lines(one, own, "step", styles)
        # Most of the course is near the end of it; and a band may reach below 0.
        means = [row["mean"] for row in own if row["mean"] > 0]
        if means:
            one.set_yscale("log", nonpositive="clip")
            one.set_ylim(min(means) / 1.5, max(means) * 1.5)
        one.set_title(title, fontsize=10)
        one.set_xlabel("training step")
    axes[0].set_ylabel("cross-entropy, nats")
    panels.legend(figure, styles)
