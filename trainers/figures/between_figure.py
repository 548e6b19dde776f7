"""What networks do between two test examples: Zhang et al., 2018, figure 2."""

import functools

from trainers.figures import panels
from trainers.figures.captions import OVER_SEEDS, setting_of
from trainers.figures.drawing import Drawing
from trainers.figures.groups import groups, over_seeds

_PANELS = {
    "misses": (100, "misses, %"),
    "gradient_norms": (1, "gradient norm of the loss"),
}


def drawings(records):
    """Returns a figure for each group of runs that were evaluated between pairs."""
    walked = [record for record in records if _found(record)]
    return [_drawing(group) for group in groups(walked, key=_way)]


def _found(record):
    found = (record.evaluation or {}).get("between")
    whole = found and {"weights", *_PANELS} <= set(found)
    return found if whole and record.walked_split == "test" else None


def _way(record):
    """Other weights, networks or numbers of pairs are not drawn together."""
    evaluation = record.evaluation
    pairs = evaluation["options"].get("num_pairs")
    return tuple(_found(record)["weights"]), evaluation.get("network"), str(pairs)


def _drawing(group):
    rows = []
    for key, (scale, _) in _PANELS.items():
        for line, records in group.lines.items():
            found = [_found(record) for record in records]
            for place, weight in enumerate(found[0]["weights"]):
                values = [scale * one[key][place] for one in found]
                row = {"measure": key, "line": line, "weight": weight}
                rows.append({**row, **over_seeds(values)})
    network = group.records[0].evaluation.get("network", "student")
    caption = (
        "Between two test examples, at w x1 + (1 - w) x2: how often the prediction of "
        f"the {network} is neither of their labels, and the mean norm of the gradient "
        "of the loss at the mixed label with respect to the input: "
        f"{setting_of(group)}. Lines and bands: {OVER_SEEDS}."
    )
    draw = functools.partial(_draw, rows=rows, styles=panels.styles_of(group.examples))
    return Drawing(f"between_{group.subject}", caption, rows, draw, (1, 2), (3.8, 3))


def _draw(figure, axes, rows, styles):
    for one, (key, (_, label)) in zip(axes, _PANELS.items()):
        own = [row for row in rows if row["measure"] == key]
        panels.lines(one, own, "weight", styles)
        one.set_xlabel("weight w of the first example")
        one.set_ylabel(label)
    panels.legend(figure, styles)
