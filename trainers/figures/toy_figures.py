"""The examples of when mixup fails: boundaries, and what was measured on the way."""

import functools

from trainers.figures import toy_panels
from trainers.figures.captions import OVER_SEEDS, seeds
from trainers.figures.drawing import Drawing
from trainers.figures.groups import over_seeds
from trainers.toys.problems import EXAMPLES, name_of

# What is drawn against the steps, by its key, and what is set of its axes.
_FROM_ZERO, _PROBABILITY = {"ylim": (0, None)}, {"ylim": (-0.05, 1.05)}
_CURVES = {
    "counterexample": {
        "training_error": _FROM_ZERO,
        "probability": _PROBABILITY,
    },
    "two_moons": {},
    "separable": {"angle": {"yscale": "log"}, "margin": {}},
    # Logarithmic growth is a straight line then.
    "separable_longer": {"norm": {"xscale": "log"}},
    "collinear_free": {"training_error": _FROM_ZERO, "test_error": _FROM_ZERO},
    "margin": {"training_error": _FROM_ZERO, "margin_error": _FROM_ZERO},
}


def drawings(examples):
    """Returns the figures of the examples, `{name: contents of results.json}`.

    One whose results are of before its networks' predictions were kept is left out,
    where its figure needs them.
    """
    return [
        drawing_of(content)
        for name, content in examples.items()
        if _CURVES[name] or content.get("picture")
    ]


def drawing_of(content):
    """Returns the figure of one example."""
    name = content["options"]["example"]
    make = _boundaries if name == "two_moons" else _curves
    return make(name, content)


def _caption(name, content):
    settings = content["settings"]
    units = " and ".join(map(str, settings["hidden_units"]))
    network = f"a network of {units} ReLU units" if units else "a linear model"
    batch = settings["batch_size"]
    return (
        f"{EXAMPLES[name].question} Data {settings['dataset']}, {network}, "
        f"{settings['steps']} steps of {'all' if batch is None else batch} examples, "
        f"{seeds(run['seed'] for run in content['runs'])}."
    )


def _boundaries(name, content):
    """The regions of the two classes, a panel for each setting."""
    picture = content["picture"]
    fields = picture["probability"]
    errors = {
        run["alpha"]: run["measured"][-1]["training_error"]
        for run in reversed(content["runs"])
        if run["seed"] == fields[0]["seed"]
    }
    titles = [
        f"{name_of(one['alpha'])}\ntraining error {errors[one['alpha']]:.1%}"
        for one in fields
    ]
    caption = (
        f"{_caption(name, content)} Regions of the two classes by the network of seed "
        f"{fields[0]['seed']}, the boundary at P(y=1) = 1/2, and the training points."
    )
    draw = functools.partial(
        toy_panels.boundaries, picture=picture, fields=fields, titles=titles
    )
    rows = _field_rows(picture, fields)
    return Drawing(name, caption, rows, draw, (1, len(fields)), (3.2, 2.7))


def _field_rows(picture, fields):
    """The training points with their labels, then P(y=1) of each setting."""
    settings = [name_of(one["alpha"]) for one in fields]
    empty = dict.fromkeys(settings)
    rows = [
        {"x1": x1, "x2": x2, "label": label, **empty}
        for (x1, x2), label in zip(picture["points"], picture["labels"])
    ]
    across, along = picture["places"]
    places = [(x1, x2) for x2 in along for x1 in across]
    for (x1, x2), *values in zip(places, *(one["values"] for one in fields)):
        known = dict(zip(settings, values))
        rows.append({"x1": x1, "x2": x2, "label": None, **known})
    return rows


def _curves(name, content):
    """What was measured against the steps, after P(y=1) along the line if there is."""
    columns = {column.key: column for column in EXAMPLES[name].columns}
    picture = content.get("picture")
    rows = _line_rows(picture) if picture else []
    along = {"xlabel": "x", "ylabel": "P(y = 1)", **_PROBABILITY}
    parts = {"line": along} if picture else {}
    for key, more in _CURVES[name].items():
        rows += _curve_rows(content["runs"], columns[key])
        labels = {"xlabel": "training step", "ylabel": columns[key].heading}
        parts[key] = {**labels, **more}
    caption = f"{_caption(name, content)} Lines and bands: {OVER_SEEDS}."
    if picture:
        caption += " Left: after training, with the training points; dotted: 1/3."
    draw = functools.partial(toy_panels.curves, rows=rows, parts=parts, picture=picture)
    return Drawing(name, caption, rows, draw, (1, len(parts)), (3.6, 3))


def _line_rows(picture):
    (places,) = picture["places"]
    return _rows("line", picture["probability"], places, lambda one: one["values"])


def _curve_rows(runs, column):
    steps = [row["step"] for row in runs[0]["measured"]]
    return _rows(
        column.key,
        runs,
        steps,
        lambda run: [column.scale * row[column.key] for row in run["measured"]],
    )


def _rows(panel, runs, places, values_of):
    rows = []
    for alpha in dict.fromkeys(run["alpha"] for run in runs):
        own = [values_of(run) for run in runs if run["alpha"] == alpha]
        for place, values in zip(places, zip(*own)):
            row = {"panel": panel, "line": name_of(alpha), "x": place}
            rows.append({**row, **over_seeds(values)})
    return rows
