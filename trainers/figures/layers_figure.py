"""NonLin by layer at the end of training: the claims of Linearity at a glance."""

import dataclasses
import functools

from trainers.claims.planned import OBJECTIVE
from trainers.figures import panels
from trainers.figures.captions import OVER_SEEDS, setting_of
from trainers.figures.drawing import Drawing
from trainers.figures.groups import groups, over_seeds
from trainers.results.arms import Arm, grouped
from trainers.results.quantities import accuracy_on_test, last_measurements
from trainers.results.roles import CURVES, LABELS, shared_settings

_EXCESS, _NONLIN = "NonLin without its floor", "NonLin with its floor"
_ACCURACY = "test accuracy, %"
_SHARED = (*LABELS, *CURVES)


def drawings(records):
    """Returns a figure for each setting in which ICT has the published objective.

    That of Linearity, equation 2, compares logits with a weight of 100. Plain training
    and mixup of two points with the alpha of ICT stand beside it.
    """
    measured = [
        record
        for record in records
        if record.settings["linearity_start"] == "input" and _layers(record)
    ]
    published = [record for record in measured if _is_published(record)]
    alphas = {
        setting: {record.settings["alpha"] for record in runs}
        for setting, runs in grouped(published, _setting).items()
    }
    beside = [r for r in measured if _is_beside(r, alphas.get(_setting(r), set()))]
    found = map(_of_common_seeds, groups([*beside, *published], _SHARED))
    return [
        _drawing(group) for group in found if any(map(_is_published, group.records))
    ]


def _setting(record):
    return tuple(shared_settings(record.settings, _SHARED).items())


def _layers(record):
    """The names of the layers whose floor was measured too, from first to last."""
    names = {name: None for row in record.history for name in row}
    start = "nonlin_floor/"
    return [name.removeprefix(start) for name in names if name.startswith(start)]


def _is_published(record):
    asked = all(record.settings[name] == text for name, text in OBJECTIVE.items())
    return asked and record.method == "ict"


def _is_beside(record, alphas):
    """Whether it is plain training or mixup where ICT has one of these alphas."""
    arm = Arm({record.seed: record})
    mixes = record.method == "mixup" and arm.mixes_labels and arm.is_unregularised
    asked = arm.strength is None and record.settings["alpha"] in alphas
    is_mixup = mixes and asked and record.num_points == 2
    return bool(alphas) and (arm.is_plain or is_mixup)


def _of_common_seeds(group):
    """The runs of the seeds that all lines have: these share labels and weights."""
    seeds = set.intersection(*({r.seed for r in runs} for runs in group.lines.values()))
    lines = {
        name: [record for record in runs if record.seed in seeds]
        for name, runs in group.lines.items()
    }
    return dataclasses.replace(group, lines=lines)


def _drawing(group):
    rows = _rows(group.lines)
    caption = (
        "NonLin of each layer, from the input, between test examples, as the mean of "
        "the last five measurements of a training, without its floor and with it, and "
        f"the test accuracy of the same networks: {setting_of(group)}. ICT compares "
        "logits, with a weight of 100; its targets come from averaged weights, a "
        "teacher, except where the teacher has no decay. Points and bars: "
        f"{OVER_SEEDS}. The floor is what an exactly linear layer with the same "
        "activations would score."
    )
    draw = functools.partial(_draw, rows=rows, styles=panels.styles_of(group.examples))
    return Drawing(f"layers_{group.subject}", caption, rows, draw, (1, 3))


def _rows(lines):
    rows = []
    for line, runs in lines.items():
        for shown, excess in ((_EXCESS, True), (_NONLIN, False)):
            # Runs of one training may measure some of the layers.
            for layer in dict.fromkeys(name for run in runs for name in _layers(run)):
                read = last_measurements(layer, excess)
                found = Arm({run.seed: run for run in runs}).values(read)
                values = over_seeds(list(found.values()))
                rows.append({"shown": shown, "layer": layer, "line": line, **values})
        values = over_seeds([100 * accuracy_on_test(record) for record in runs])
        rows.append({"shown": _ACCURACY, "layer": None, "line": line, **values})
    return rows


def _draw(figure, axes, rows, styles):
    layers = list(dict.fromkeys(row["layer"] for row in rows if row["layer"]))
    for place, (name, style) in enumerate(styles.items()):
        # Beside each other, for the bars to be seen.
        shift = 0.06 * (place - (len(styles) - 1) / 2)
        for one, shown in zip(axes, (_EXCESS, _NONLIN, _ACCURACY)):
            line = [r for r in rows if (r["line"], r["shown"]) == (name, shown)]
            places = [
                layers.index(row["layer"]) + shift for row in line if row["layer"]
            ]
            panels.points(one, places or [place], line, style)
            one.set_title(shown, fontsize=10)
    for one in axes[:2]:
        one.set_ylim(bottom=0)
        one.set_xticks(range(len(layers)), [n.removeprefix("layer_") for n in layers])
        one.set_xlabel("layer")
    axes[2].set_xticks([])
    axes[2].margins(x=0.2)
    panels.legend(figure, styles)
