"""How often predictions of each confidence are right, over all seeds together."""

import functools

from trainers.figures import panels
from trainers.figures.captions import setting_of
from trainers.figures.drawing import Drawing
from trainers.figures.groups import groups

# Each may come with its corrected prediction.
_MOST_LINES = 5


def drawings(records):
    """Returns a figure for each group of runs that were evaluated."""
    evaluated = [record for record in records if _bins(record, "plain")]
    return [_drawing(group) for group in groups(evaluated, most=_MOST_LINES, key=_form)]


def _bins(record, kind):
    """The bins of the test split, where that was evaluated."""
    by_split = (record.evaluation or {}).get("reliability", {}).get(kind)
    return by_split[_split(by_split)] if by_split else None


def _split(by_split):
    """Results may be stored in any order, so none is read from it."""
    return "test" if "test" in by_split else min(by_split)


def _form(record):
    """Bins of other bounds, splits or networks are not pooled."""
    split = _split(record.evaluation["reliability"]["plain"])
    bounds = tuple(one["low"] for one in _bins(record, "plain"))
    return split, bounds, record.evaluation.get("network", "student")


def _drawing(group):
    rows, lines = [], {}
    for line, records in group.lines.items():
        for kind, name in (("plain", line), ("corrected", f"{line}, corrected")):
            found = [bins for r in records if (bins := _bins(r, kind))]
            if found:
                rows += _pooled(name, found)
                lines[name] = records[0]
    split, bounds, network = _form(group.records[0])
    caption = (
        f"Reliability of the {network} on {split} examples: accuracy against "
        f"confidence in {len(bounds)} bins of equal width, and the share of the "
        f"examples in each, all seeds together: {setting_of(group)}. Bins that "
        "hold less than one example in a thousand are in the numbers alone. Corrected: "
        "the prediction with the shrinkage of mixup undone. Dashed: well calibrated."
    )
    name = f"reliability_{group.subject}"
    draw = functools.partial(_draw, rows=rows, styles=panels.styles_of(lines))
    return Drawing(name, caption, rows, draw, (1, 2), (3.8, 3.2))


def _pooled(line, found):
    """The bins of several runs as one."""
    total = sum(one["count"] for bins in found for one in bins)
    rows = []
    for runs in zip(*found):
        filled = [one for one in runs if one["count"]]
        count = sum(one["count"] for one in filled)
        rows.append(
            {
                "line": line,
                "low": runs[0]["low"],
                "high": runs[0]["high"],
                "count": count,
                "share": count / total if total else 0.0,
                "confidence": _mean(filled, "confidence", count),
                "accuracy": _mean(filled, "accuracy", count),
                "seeds": len(found),
            }
        )
    return rows


def _mean(filled, key, count):
    return sum(one["count"] * one[key] for one in filled) / count if count else None


def _draw(figure, axes, rows, styles):
    one, other = axes
    one.plot([0, 1], [0, 1], color="0.5", linestyle="--", lw=1)
    for name, style in styles.items():
        line = [row for row in rows if row["line"] == name]
        filled = [row for row in line if row["share"] >= 1e-3]
        confidence = [row["confidence"] for row in filled]
        one.plot(confidence, [row["accuracy"] for row in filled], **style)
        middles = [(row["low"] + row["high"]) / 2 for row in line]
        other.plot(middles, [100 * row["share"] for row in line], **style)
    one.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.02))
    other.set(xlabel="confidence", ylabel="share of examples, %", xlim=(0, 1.02))
    other.set_ylim(bottom=0)
    panels.legend(figure, styles)
