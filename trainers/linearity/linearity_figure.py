"""The linearity of several networks in one figure, as wide as a column of a paper."""

import os

from trainers import files, plots

WIDTH = 3.3  # inches
_LABELS = {"unit_norm": "NonLin", "relative": "relative measure"}
_LETTERS = {"titlesize": 8, "labelsize": 7}


def short_names(paths):
    """Returns a name for each path: the parts in which the paths differ.

    Args:
        paths: list of different paths.
    """
    if len(paths) == 1:
        return [os.path.basename(paths[0])]
    parts = [os.path.abspath(path).split(os.sep) for path in paths]
    shortest = min(map(len, parts)) - 1
    same = [len({p[i] for p in parts}) == 1 for i in range(shortest)]
    begin = same.index(False) if False in same else shortest
    same = [len({p[-1 - i] for p in parts}) == 1 for i in range(shortest - begin)]
    end = same.index(False) if False in same else len(same)
    names = ["/".join(p[begin : len(p) - end]) for p in parts]
    return [name.removesuffix(".keras") for name in names]


def draw(stem, results):
    """Draws all measures over all pairs, a line with error bars for each network.

    The bars are 1.96 standard errors long on either side. Networks whose layers have
    other names are drawn over the depth, from the first layer measured to the last.

    Args:
        stem: path of the figure without its ending.
        results: `{name: {pairs: {measure: {layer: Nonlinearity}}}}`.

    Returns:
        The paths of the PNG, the SVG and the PDF.
    """
    png, svg, pdf = (f"{stem}.{ending}" for ending in ("png", "svg", "pdf"))
    by_name = {name: by_pairs["any"] for name, by_pairs in results.items()}
    measures = list(next(iter(by_name.values())))
    layers = _common_layers(by_name, measures[0])
    height = 1.9 + 0.05 * max(map(len, layers)) if layers else 1.9
    with plots.figure(png, len(measures), 1, WIDTH, height, svg) as (drawing, axes):
        for one, measure in zip(axes, measures):
            networks = {name: by[measure] for name, by in by_name.items()}
            has_floor = _draw_lines(one, networks, layers)
            one.set_ylabel(_LABELS[measure], fontsize=_LETTERS["titlesize"])
            one.set_ylim(bottom=0)
            _label(one, layers)
            if has_floor:
                one.plot([], [], color="0.4", linestyle=":", linewidth=1, label="floor")
        handles, labels = axes[0].get_legend_handles_labels()
        drawing.legend(
            handles,
            labels,
            frameon=False,
            fontsize=_LETTERS["labelsize"],
            loc="outside upper center",
            ncols=1 if max(map(len, labels)) > 24 else 2,
        )
        with files.replacing(pdf) as temporary:
            # The date would make each file another one.
            drawing.savefig(temporary, format="pdf", metadata={"CreationDate": None})
    return png, svg, pdf


def _common_layers(by_name, measure):
    """The names of the layers where all networks have the same, else none."""
    names = [list(by_measure[measure]) for by_measure in by_name.values()]
    return names[0] if all(other == names[0] for other in names) else []


def _draw_lines(axes, networks, layers):
    has_floor = False
    # Side by side, so that no error bar hides another.
    middle = (len(networks) - 1) / 2
    styles = plots.styles(plots.distinct(len(networks)))
    for index, ((name, results), style) in enumerate(zip(networks.items(), styles)):
        values = list(results.values())
        if layers:
            places = [p + 0.08 * (index - middle) for p in range(len(values))]
        else:
            places = [p / max(1, len(values) - 1) for p in range(len(values))]
        heights = [layer.value for layer in values]
        errors = [1.96 * layer.standard_error for layer in values]
        axes.errorbar(places, heights, errors, label=name, capsize=1.5, **style)
        floors = [layer.floor for layer in values]
        if any(floors):
            has_floor = True
            color = style["color"]
            axes.plot(places, floors, color=color, linestyle=":", linewidth=1)
    return has_floor


def _label(axes, layers):
    axes.tick_params(labelsize=_LETTERS["labelsize"])
    if not layers:
        axes.set_xlabel("depth, first to last layer", fontsize=_LETTERS["titlesize"])
        return
    shown = range(0, len(layers), -(-len(layers) // 20))
    axes.set_xticks(shown, [layers[index] for index in shown])
    upright = sum(map(len, layers)) > 30
    axes.tick_params("x", rotation=90 if upright else 0)
