"""Claims on how linear the layers are, with the floor and without: Linearity, fig. 1.

They are about a wide residual network, whose layer 0 is affine, and about NonLin as it
is published: from the input, of unit norm.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import POINTS, Comparison, Difference
from trainers.claims.evaluations import finding
from trainers.claims.evidence import Evidence
from trainers.claims.naming import method_name, name_of
from trainers.results.arms import Arm, values_of
from trainers.results.quantities import Quantity, nonlin
from trainers.results.record import Record
from trainers.results.settings import HOURS, MINUTES, Setting

_SOURCE = "Linearity, fig. 1"
# The first convolution, the three groups, the pooled features, the logits.
LAYERS = tuple(f"layer_{index}" for index in range(6))
_MIXUP = {"num_points": 2, "mixes_labels": True, "strength": None}
_MEASURED = {"label_noise": 0.0, "measures_linearity": True}


def _mean_nonlin(record: Record) -> float | None:
    values = [nonlin(layer)(record) for layer in LAYERS[1:]]
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if len(found) == len(values) else None


# The mean NonLin of all layers but the first.
mean_nonlin = Quantity(_mean_nonlin)


def compare_layers(
    names: str,
    first: Arm,
    second: Arm | None,
    claimed: Mapping[str, str],
    excess: bool = False,
) -> list[Difference]:
    """Returns a comparison for each layer.

    Args:
        names: of both, such as "mixup and ERM".
        first: `Arm`.
        second: `Arm`, or `None`.
        claimed: `{layer: "above" or "below"}`.
        excess: bool, whether the floor is taken off, which leaves nothing of layer 0.
    """
    return [
        Difference(
            f"{names}: {layer.replace('_', ' ')}",
            first.values(nonlin(layer, excess)),
            values_of(second, nonlin(layer, excess)),
            word,
            place="layer 0" if layer == LAYERS[0] else "",
        )
        for layer, word in claimed.items()
        if not (excess and layer == LAYERS[0])
    ]


def _mixup_against_erm(excess: bool) -> Finder:
    """Mixup below ERM at layers 0 and 5, above it at layers 2 to 4."""
    claimed = dict.fromkeys(LAYERS, "above") | dict.fromkeys(
        ("layer_0", "layer_5"), "below"
    )
    del claimed["layer_1"]

    def find(evidence: Evidence) -> list[Finding]:
        return [
            finding(
                setting,
                mixup,
                compare_layers(
                    "mixup and ERM",
                    mixup,
                    setting.counterpart(mixup, "erm", **_MEASURED),
                    claimed,
                    excess,
                ),
            )
            for setting in evidence.linear_settings
            for mixup in setting.select("mixup", **_MIXUP, **_MEASURED)
        ]

    return find


def _ict_against(method: str, excess: bool) -> Finder:
    """ICT below another method at every layer; above mixup at the first one."""
    claimed = dict.fromkeys(LAYERS, "below")
    if method == "mixup":
        claimed[LAYERS[0]] = "above"

    def compare(setting: Setting, group: list[Arm]) -> list[Difference]:
        comparisons = []
        for ict in group:
            other = setting.counterpart(ict, method, **_MEASURED)
            names = f"{name_of(ict)} and {method_name(method)}"
            comparisons += compare_layers(names, ict, other, claimed, excess)
        return comparisons

    return _of_each_family(compare)


def _four_points_against_two(excess: bool) -> Finder:
    """ICT[4] below ICT[2] at every layer."""

    def compare(setting: Setting, group: list[Arm]) -> list[Difference]:
        by_points = {arm.num_points: arm for arm in group}
        if not {2, 4} <= set(by_points):
            return []
        claimed = dict.fromkeys(LAYERS, "below")
        names = "ICT[4] and ICT[2]"
        return compare_layers(names, by_points[4], by_points[2], claimed, excess)

    return _of_each_family(compare)


def _of_each_family(
    compare: Callable[[Setting, list[Arm]], Sequence[Comparison]],
    method: str = "ict",
    **wanted: Any,
) -> Finder:
    """Returns a finder: `compare` on each group of arms of any number of points.

    Args:
        compare: function of a `Setting` and a list of `Arm` that returns comparisons.
        method: method of the arms.
        wanted: attributes of the arms.
    """

    def find(evidence: Evidence) -> list[Finding]:
        return [
            finding(setting, group[0], compare(setting, group))
            for setting in evidence.linear_settings
            for group in setting.families(method, **_MEASURED, **wanted)
        ]

    return find


def _share_of_the_floor(evidence: Evidence) -> list[Finding]:
    """The floor below one half of NonLin, at every layer but the first."""

    def share(layer: str) -> Quantity:
        def read(record: Record) -> float | None:
            found = record.result["linearity"].get(layer)
            # Of a layer that is 0 for every input nothing is a share.
            return found["floor"] / found["value"] if found and found["value"] else None

        return Quantity(read)

    def compare(setting: Setting, group: list[Arm]) -> list[Difference]:
        return [
            Difference(
                f"share and one half: {name_of(arm)}, {layer.replace('_', ' ')}",
                arm.values(share(layer)),
                0.5,
                "below",
                POINTS,
            )
            for arm in group
            for layer in LAYERS[1:]
        ]

    finders = (
        _of_each_family(compare, "erm"),
        _of_each_family(compare, "mixup", num_points=2, mixes_labels=True),
        _of_each_family(compare, "ict"),
    )
    return [finding for find in finders for finding in find(evidence)]


_TEXTS = {
    "L1": "Mixup is more linear than ERM at layers 0 and 5, less linear at layers 2 "
    "to 4",
    "L2 ERM": "ICT is more linear than ERM at every layer",
    "L2 mixup": "ICT is more linear than mixup at every layer but 0, where mixup is "
    "slightly more linear",
    "L3": "ICT[4] is more linear than ICT[2] at every layer",
}
_FINDERS: dict[str, Callable[[bool], Finder]] = {
    "L1": _mixup_against_erm,
    "L2 ERM": lambda excess: _ict_against("erm", excess),
    "L2 mixup": lambda excess: _ict_against("mixup", excess),
    "L3": _four_points_against_two,
}
_SCALES = dict.fromkeys(_FINDERS, (MINUTES, HOURS)) | {"L1": (HOURS,)}

CLAIMS = [
    Claim(
        *(
            name,
            _TEXTS[name],
            _SOURCE,
            "order only",
            _SCALES[name],
        ),
        find(False),
    )
    for name, find in _FINDERS.items()
]
OPEN = [
    Claim(
        "Q1 share",
        "Less than half of NonLin is its floor, at every layer but 0, which has "
        "nothing else",
        "open question",
        "none",
        (MINUTES, HOURS),
        _share_of_the_floor,
    ),
    *(
        Claim(
            f"Q1 {name}",
            f"{_TEXTS[name]}, when the floor of each layer is taken off (nothing is "
            "left of layer 0)",
            "open question",
            "none",
            _SCALES[name],
            find(True),
        )
        for name, find in _FINDERS.items()
    ),
]
