"""Claims on how linear the layers are, with the floor and without: Linearity, fig. 1.

They are about a wide residual network, whose layer 0 is affine, and about NonLin as it
is published: from the input, of unit norm.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import POINTS, Comparison, Difference, Somewhere
from trainers.claims.evaluations import compare, finding
from trainers.claims.evidence import Evidence
from trainers.claims.naming import method_name, name_of
from trainers.results.arms import Arm
from trainers.results.quantities import Quantity, last_measurements, nonlin
from trainers.results.record import Record
from trainers.results.settings import HOURS, MINUTES, Setting

# From a layer to "above" or "below".
Claimed = Mapping[str, str]

_SOURCE = "Linearity, fig. 1"
# The first convolution, the three groups, the pooled features, the logits.
LAYERS = tuple(f"layer_{index}" for index in range(6))
_OFF = ", floor off"
# A convolution is affine.
AFFINE = LAYERS[0]
_MIXUP = {"num_points": 2, "mixes_labels": True, "strength": None}
_MEASURED = {"label_noise": 0.0, "measures_linearity": True}


def _mean_nonlin(record: Record) -> float | None:
    values = [nonlin(layer)(record) for layer in LAYERS[1:]]
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if len(found) == len(values) else None


# The mean NonLin of all layers but the first.
mean_nonlin = Quantity(_mean_nonlin)


def compare_layers(
    names: str, first: Arm, second: Arm | None, claimed: Claimed
) -> list[Difference]:
    """Returns a comparison for each layer, and for each with its floor taken off.

    Layer 0 is affine: it is nothing but its floor, and has one comparison.

    Args:
        names: of both, such as "mixup and ERM".
        first: `Arm`.
        second: `Arm`, or `None`.
        claimed: `{layer: "above" or "below"}`.
    """
    return [
        compare(
            *(
                first,
                second,
                f"{names}: {kind}",
                last_measurements(layer, excess),
                word,
            ),
            kind=kind,
        )
        for excess in (False, True)
        for layer, word in claimed.items()
        if not excess or layer != AFFINE
        for kind in [layer.replace("_", " ") + (", floor off" if excess else "")]
    ]


def _mixup_against_erm(claimed: Claimed, somewhere: bool = False) -> Finder:
    """Mixup against ERM, at each layer or somewhere among them."""

    def compare_arm(setting: Setting, mixup: Arm) -> Sequence[Comparison]:
        erm = setting.counterpart(mixup, "erm", **_MEASURED)
        of_layers = compare_layers("mixup and ERM", mixup, erm, claimed)
        if not somewhere:
            return of_layers
        return [
            Somewhere(f"mixup and ERM: a layer{_OFF if excess else ''}", parts)
            for excess in (False, True)
            for parts in [[o for o in of_layers if o.kind.endswith(_OFF) == excess]]
        ]

    def find(evidence: Evidence) -> list[Finding]:
        return [
            finding(setting, mixup, compare_arm(setting, mixup))
            for setting in evidence.linear_settings
            for mixup in setting.select("mixup", **_MIXUP, **_MEASURED)
        ]

    return find


def _ict_against(method: str, claimed: Claimed) -> Finder:
    """ICT, of each number of points, against another method."""

    def compare_family(setting: Setting, group: list[Arm]) -> list[Difference]:
        comparisons = []
        for ict in group:
            other = setting.counterpart(ict, method, **_MEASURED)
            names = f"{name_of(ict)} and {method_name(method)}"
            comparisons += compare_layers(names, ict, other, claimed)
        return comparisons

    return _of_each_family(compare_family)


def _four_points_against_two(claimed: Claimed) -> Finder:
    """ICT[4] against ICT[2]."""

    def compare_family(setting: Setting, group: list[Arm]) -> list[Difference]:
        by_points = {arm.num_points: arm for arm in group}
        if not {2, 4} <= set(by_points):
            return []
        return compare_layers("ICT[4] and ICT[2]", by_points[4], by_points[2], claimed)

    return _of_each_family(compare_family)


def _of_each_family(
    compare_family: Callable[[Setting, list[Arm]], Sequence[Comparison]],
    method: str = "ict",
    **wanted: Any,
) -> Finder:
    """Returns a finder: `compare_family` on each group of arms of any number of points.

    Args:
        compare_family: function of a `Setting` and a list of `Arm` that returns
            comparisons.
        method: method of the arms.
        wanted: attributes of the arms.
    """

    def find(evidence: Evidence) -> list[Finding]:
        return [
            finding(setting, group[0], compare_family(setting, group))
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

    def compare_family(setting: Setting, group: list[Arm]) -> list[Difference]:
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
        _of_each_family(compare_family, "erm"),
        _of_each_family(compare_family, "mixup", num_points=2, mixes_labels=True),
        _of_each_family(compare_family, "ict"),
    )
    return [finding for find in finders for finding in find(evidence)]


_FINDERS: dict[str, Callable[[Claimed], Finder]] = {
    "L1": _mixup_against_erm,
    "L2 ERM": lambda claimed: _ict_against("erm", claimed),
    "L2 mixup": lambda claimed: _ict_against("mixup", claimed),
    "L3": _four_points_against_two,
}
_BENT = dict.fromkeys(LAYERS[2:5], "above") | {LAYERS[5]: "below"}
_STRAIGHT = dict.fromkeys(LAYERS[1:], "below")
_TEXTS: dict[str, tuple[str, Claimed]] = {
    "L1": ("Mixup is more linear than ERM at layer 5, less linear at 2 to 4", _BENT),
    "L2 ERM": ("ICT is more linear than ERM at every layer from 1 on", _STRAIGHT),
    "L2 mixup": ("ICT is more linear than mixup at every layer from 1 on", _STRAIGHT),
    "L3": ("ICT[4] is more linear than ICT[2] at every layer from 1 on", _STRAIGHT),
}
_FLOORS: dict[str, tuple[str, Claimed]] = {
    "L1": ("Mixup has a lower floor than ERM at layer 0", {AFFINE: "below"}),
    "L2 ERM": ("ICT has a lower floor than ERM at layer 0", {AFFINE: "below"}),
    "L2 mixup": ("ICT has a higher floor than mixup at layer 0", {AFFINE: "above"}),
    "L3": ("ICT[4] has a lower floor than ICT[2] at layer 0", {AFFINE: "below"}),
}
_SCALES = dict.fromkeys(_FINDERS, (MINUTES, HOURS)) | {"L1": (HOURS,)}

CLAIMS = [
    Claim(
        *(f"{name}{suffix}", text, _SOURCE, "order only", _SCALES[name]),
        find(claimed),
    )
    for name, find in _FINDERS.items()
    for suffix, (text, claimed) in {"": _TEXTS[name], " layer 0": _FLOORS[name]}.items()
]
_SOMEWHERE = Claim(
    "L1 somewhere",
    "Mixup is less linear than ERM at one of the layers 1 to 4 at least",
    _SOURCE,
    "order only",
    _SCALES["L1"],
    _mixup_against_erm(dict.fromkeys(LAYERS[1:5], "above"), somewhere=True),
)
CLAIMS.insert(1, _SOMEWHERE)
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
]
