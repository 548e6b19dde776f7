"""Number of points and strength of mixing, apart from each other: an open question."""

from collections.abc import Callable, Iterable, Mapping

from trainers.claims.catalogue.linearity_claims import mean_nonlin
from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import PLAIN, POINTS, Difference, Unit
from trainers.claims.evidence import Evidence
from trainers.claims.naming import details, labels_of
from trainers.results.arms import Arm, grouped, values_of
from trainers.results.quantities import Quantity, accuracy_on_test
from trainers.results.settings import HOURS, MINUTES, Setting

# A number of points and a strength of mixing.
_Cell = tuple[int, float]
_Cells = Mapping[_Cell, Arm]
_Pairs = Callable[[list[int], list[float]], dict[str, tuple[_Cell, _Cell]]]
_Compare = Callable[[_Cells, list[int], list[float]], list[Difference]]


def _points_at_equal_strength(
    points: list[int], strengths: list[float]
) -> dict[str, tuple[_Cell, _Cell]]:
    """Pairs of the most points and the fewest, as strong as each other."""
    if len(points) < 2:
        return {}
    return {
        f"ICT[{points[-1]}] and ICT[{points[0]}]: mean dominant weight {strength:g}": (
            (points[-1], strength),
            (points[0], strength),
        )
        for strength in strengths
    }


def _strength_at_equal_points(
    points: list[int], strengths: list[float]
) -> dict[str, tuple[_Cell, _Cell]]:
    """Pairs of the strongest mixing and the weakest, of as many points."""
    if len(strengths) < 2:
        return {}
    # The smaller the largest weight, the stronger the mixing.
    strong, weak = strengths[0], strengths[-1]
    return {
        f"mean dominant weight {strong:g} and {weak:g}: ICT[{number}]": (
            (number, strong),
            (number, weak),
        )
        for number in points
    }


def _in_each_factorial(
    where: Callable[[Evidence], list[Setting]], compare: _Compare
) -> Finder:
    """Returns a finder: `compare` where ICT was run with several points and strengths.

    Args:
        where: function of evidence that returns the list of `Setting`.
        compare: function of `{(points, strength): Arm}`, the sorted points and the
            sorted strengths that returns comparisons.
    """

    def find(evidence: Evidence) -> list[Finding]:
        findings = []
        for setting in where(evidence):
            for arms in _factorials(setting):
                cells = {(arm.num_points, arm.strength or 0.0): arm for arm in arms}
                points = sorted({number for number, _ in cells})
                strengths = sorted({strength for _, strength in cells})
                words = f"{setting.name}, {labels_of(arms[0])}"
                options = details(arms[0], mixing=False)
                findings.append(
                    Finding(
                        setting.scale,
                        f"{words}; {options}",
                        compare(cells, points, strengths),
                    )
                )
        return findings

    return find


def _pair_by_pair(
    pairs: _Pairs, name: str, quantity: Quantity, claimed: str, unit: Unit
) -> _Compare:
    """Returns what compares the cells of each pair.

    Args:
        pairs: function of the sorted points and strengths that returns
            `{name: (cell, cell)}`, a cell being `(points, strength)`.
        name: that of the quantity, in a word.
        quantity: the `Quantity`.
        claimed: "above" or "below".
        unit: the `Unit` of it.
    """

    def compare(
        cells: _Cells, points: list[int], strengths: list[float]
    ) -> list[Difference]:
        return [
            Difference(
                f"{name}, {words}",
                values_of(cells.get(first), quantity),
                values_of(cells.get(second), quantity),
                claimed,
                unit,
            )
            for words, (first, second) in pairs(points, strengths).items()
        ]

    return compare


def _effect_against_effect(
    cells: _Cells, points: list[int], strengths: list[float]
) -> list[Difference]:
    """The gain in accuracy by the strongest mixing above that by the most points.

    Each is the mean over the ends of the other, so that both are of the same four
    cells.
    """
    if len(points) < 2 or len(strengths) < 2:
        return []
    few, many, strong, weak = points[0], points[-1], strengths[0], strengths[-1]
    corners = {
        (k, strength): values_of(cells.get((k, strength)), accuracy_on_test)
        for k in (few, many)
        for strength in (strong, weak)
    }

    def gains(signs: Mapping[_Cell, int]) -> dict[int, float]:
        seeds = set.intersection(*(set(values) for values in corners.values()))
        return {
            seed: sum(signs[cell] * corners[cell][seed] for cell in corners) / 2
            for seed in seeds
        }

    return [
        Difference(
            f"gain in accuracy, by strength ({strong:g} for {weak:g}) and by points "
            f"({many} for {few})",
            gains({cell: 1 if cell[1] == strong else -1 for cell in corners}),
            gains({cell: 1 if cell[0] == many else -1 for cell in corners}),
            "above",
            POINTS,
            frozenset().union(*corners.values()),
        )
    ]


def _factorials(setting: Setting) -> Iterable[list[Arm]]:
    """Lists of ICT arms that differ in points and in the strength asked for alone."""

    def options(arm: Arm) -> tuple[int | None, tuple[tuple[str, str], ...]]:
        # The strength takes the place of alpha.
        rest = dict(arm.family) | {"alpha": "", "mean_dominant_weight": ""}
        return arm.num_labels, tuple(rest.items())

    arms = setting.select("ict", label_noise=0.0)
    return grouped([arm for arm in arms if arm.strength is not None], options).values()


def _all_settings(evidence: Evidence) -> list[Setting]:
    return evidence.settings


def _linear_settings(evidence: Evidence) -> list[Setting]:
    return evidence.linear_settings


_ACCURACY = ("accuracy", accuracy_on_test, "above", POINTS)
_LINEARITY = ("NonLin", mean_nonlin, "below", PLAIN)


def _accuracy(pairs: _Pairs) -> Finder:
    return _in_each_factorial(_all_settings, _pair_by_pair(pairs, *_ACCURACY))


def _linearity(pairs: _Pairs) -> Finder:
    return _in_each_factorial(_linear_settings, _pair_by_pair(pairs, *_LINEARITY))


CLAIMS = [
    Claim(
        "Q2 points",
        "At equal strength, more points make ICT more accurate",
        "open question",
        "none",
        (MINUTES, HOURS),
        _accuracy(_points_at_equal_strength),
    ),
    Claim(
        "Q2 strength",
        "With as many points, stronger mixing makes ICT more accurate",
        "open question",
        "none",
        (MINUTES, HOURS),
        _accuracy(_strength_at_equal_points),
    ),
    Claim(
        "Q2 strength or points",
        "It is the strength of mixing, more than the number of points, that makes ICT "
        "more accurate",
        "open question",
        "none",
        (MINUTES, HOURS),
        _in_each_factorial(_all_settings, _effect_against_effect),
        exploratory=True,
    ),
    Claim(
        "Q2 points and linearity",
        "At equal strength, more points make ICT more linear (mean of layers 1 to 5)",
        "open question",
        "none",
        (MINUTES, HOURS),
        _linearity(_points_at_equal_strength),
    ),
    Claim(
        "Q2 strength and linearity",
        "With as many points, stronger mixing makes ICT more linear (mean of layers 1 "
        "to 5)",
        "open question",
        "none",
        (MINUTES, HOURS),
        _linearity(_strength_at_equal_points),
    ),
]
