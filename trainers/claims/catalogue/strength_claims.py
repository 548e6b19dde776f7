"""Number of points and strength of mixing, apart from each other: an open question."""

from trainers.claims.catalogue.label_claims import accuracy_on_test
from trainers.claims.catalogue.linearity_claims import mean_nonlin
from trainers.claims.claim import Claim, Finding
from trainers.claims.comparisons import PLAIN, POINTS, Difference
from trainers.claims.naming import details, labels_of
from trainers.results.arms import values_of
from trainers.results.settings import HOURS, MINUTES


def _points_at_equal_strength(points, strengths):
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


def _strength_at_equal_points(points, strengths):
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


def _in_each_factorial(where, compare):
    """Returns a finder: `compare` where ICT was run with several points and strengths.

    Args:
        where: function of evidence that returns the list of `Setting`.
        compare: function of `{(points, strength): Arm}`, the sorted points and the
            sorted strengths that returns comparisons.
    """

    def find(evidence):
        findings = []
        for setting in where(evidence):
            for arms in _factorials(setting):
                cells = {(arm.num_points, arm.strength): arm for arm in arms}
                points, strengths = (sorted(set(side)) for side in zip(*cells))
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


def _pair_by_pair(pairs, quantity, read, claimed, unit):
    """Returns what compares the cells of each pair.

    Args:
        pairs: function of the sorted points and strengths that returns
            `{name: (cell, cell)}`, a cell being `(points, strength)`.
        quantity: what is compared, in a word.
        read: function of a record that returns it.
        claimed: "above" or "below".
        unit: the `Unit` of it.
    """

    def compare(cells, points, strengths):
        return [
            Difference(
                f"{quantity}, {name}",
                values_of(cells.get(first), read),
                values_of(cells.get(second), read),
                claimed,
                unit,
            )
            for name, (first, second) in pairs(points, strengths).items()
        ]

    return compare


def _effect_against_effect(cells, points, strengths):
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

    def gains(signs):
        seeds = set.intersection(*map(set, corners.values()))
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


def _factorials(setting):
    """Lists of ICT arms that differ in points and in the strength asked for alone."""
    groups = {}
    for arm in setting.select("ict", label_noise=0.0):
        if arm.strength is not None:
            # The strength takes the place of alpha.
            options = dict(arm.family) | {"alpha": "", "mean_dominant_weight": ""}
            key = (arm.num_labels, tuple(options.items()))
            groups.setdefault(key, []).append(arm)
    return groups.values()


def _all_settings(evidence):
    return evidence.settings


def _linear_settings(evidence):
    return evidence.linear_settings


_ACCURACY = ("accuracy", accuracy_on_test, "above", POINTS)
_LINEARITY = ("NonLin", mean_nonlin, "below", PLAIN)


def _accuracy(pairs):
    return _in_each_factorial(_all_settings, _pair_by_pair(pairs, *_ACCURACY))


def _linearity(pairs):
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
