"""Claims on how linear the layers are, with the floor and without: Linearity, fig. 1."""

from trainers.verdicts.claim import Claim, Finding
from trainers.verdicts.comparisons import Difference
from trainers.verdicts.lines import benches, details, labels_of, name_of

_SOURCE = "Linearity, fig. 1"


def nonlin(layer, excess):
    """Returns the function from a record to the layer's NonLin, or `None`.

    Args:
        layer: name of the layer.
        excess: bool, whether its floor is taken off.
    """

    def read(record):
        found = record.result["linearity"].get(layer)
        if found is None:
            return None
        return found["value"] - (found["floor"] if excess else 0.0)

    return read


def mean_nonlin(record):
    """Returns the mean NonLin of all layers but the first, which is affine."""
    layers = list(record.result["linearity"].values())[1:]
    return sum(layer["value"] for layer in layers) / len(layers) if layers else None


def layers_of(line, excess):
    """Returns the names of the layers that a line has measured.

    Without the floor nothing is left of the first one.
    """
    return list(line.any.result["linearity"])[1 if excess else 0 :]


def compare_layers(first, second, claimed, excess=False, prefix=""):
    """Returns a comparison for each layer that both lines have measured.

    Args:
        first: `Line`.
        second: `Line`.
        claimed: `{layer: "above" or "below"}`, or one word for all layers.
        excess: bool, whether the floor is taken off.
        prefix: words before the name of the layer.
    """
    return [
        Difference(
            f"{prefix}{layer}",
            first.values(nonlin(layer, excess)),
            second.values(nonlin(layer, excess)),
            claimed if isinstance(claimed, str) else claimed[layer],
        )
        for layer in layers_of(first, excess)
        if layer in second.any.result["linearity"]
        and (isinstance(claimed, str) or layer in claimed)
    ]


def _mixup_against_erm(excess):
    """Mixup below ERM at layers 0 and 5, above it at layers 2 to 4."""
    claimed = dict.fromkeys(("layer_0", "layer_5"), "below")
    claimed |= dict.fromkeys(("layer_2", "layer_3", "layer_4"), "above")

    def find(results):
        return [
            _finding(bench, mixup, compare_layers(mixup, erm, claimed, excess))
            for bench in benches(results.records)
            for erm in bench.select("erm", measures_linearity=True)
            if (mixup := bench.beside(erm, "mixup", measures_linearity=True))
        ]

    return find


def _ict_against(method, excess):
    """ICT below another method at every layer; above mixup at the first one."""

    def compare(bench, group):
        comparisons = []
        for ict in group:
            other = bench.beside(ict, method, measures_linearity=True)
            if other is None:
                continue
            claimed = dict.fromkeys(layers_of(ict, excess=False), "below")
            if method == "mixup":
                claimed[layers_of(ict, excess=False)[0]] = "above"
            comparisons += compare_layers(
                ict, other, claimed, excess, prefix=f"{name_of(ict)}, "
            )
        return comparisons

    return _of_each_family(compare)


def _four_points_against_two(excess):
    """ICT[4] below ICT[2] at every layer."""

    def compare(bench, group):
        by_points = {line.num_points: line for line in group}
        if not {2, 4} <= set(by_points):
            return []
        return compare_layers(by_points[4], by_points[2], "below", excess)

    return _of_each_family(compare)


def _share_of_the_floor(results):
    """The floor below one half of NonLin, at every layer but the first."""

    def compare(bench, group):
        known = [bench.beside(group[0], method) for method in ("erm", "mixup")]
        return [
            Difference(
                f"{name_of(line)}, {layer}",
                line.values(
                    lambda r, layer=layer: (
                        r.result["linearity"][layer]["floor"]
                        / r.result["linearity"][layer]["value"]
                    )
                ),
                0.5,
                "below",
            )
            for line in [*known, *group]
            if line is not None and line.measures_linearity
            for layer in layers_of(line, excess=True)
        ]

    return _of_each_family(compare)(results)


def _of_each_family(compare):
    """Returns a finder: `compare` on each group of ICT lines of any number of points.

    Args:
        compare: function of a `Bench` and a list of `Line` that returns comparisons.
    """

    def find(results):
        findings = [
            _finding(bench, group[0], compare(bench, group))
            for bench in benches(results.records)
            for group in bench.families("ict", measures_linearity=True)
        ]
        return [finding for finding in findings if finding.comparisons]

    return find


def _finding(bench, line, comparisons):
    setting = f"{bench.name}, {labels_of(line)}; {details(line)}"
    return Finding(bench.scale, setting, comparisons, "NonLin")


def _scale(name):
    return "C" if name == "L1" else "S, C"


_TEXTS = {
    "L1": "Mixup is more linear than ERM at layers 0 and 5, less linear at layers 2 "
    "to 4",
    "L2, ERM": "ICT is more linear than ERM at every layer",
    "L2, mixup": "ICT is more linear than mixup at every layer but 0, where mixup is "
    "slightly more linear",
    "L3": "ICT[4] is more linear than ICT[2] at every layer",
}
_FINDERS = {
    "L1": _mixup_against_erm,
    "L2, ERM": lambda excess: _ict_against("erm", excess),
    "L2, mixup": lambda excess: _ict_against("mixup", excess),
    "L3": _four_points_against_two,
}

CLAIMS = [
    Claim(name, _TEXTS[name], _SOURCE, "order only", _scale(name), find(False))
    for name, find in _FINDERS.items()
]
OPEN = [
    Claim(
        "Q1, share",
        "Less than half of NonLin is its floor, at every layer but 0, which is nothing "
        "else",
        "open question",
        "none",
        "S, C",
        _share_of_the_floor,
    ),
    *(
        Claim(
            f"Q1, {name}",
            f"{_TEXTS[name]}, when the floor of each layer is taken off (nothing is "
            "left of layer 0)",
            "open question",
            "none",
            _scale(name),
            find(True),
        )
        for name, find in _FINDERS.items()
    ),
]
