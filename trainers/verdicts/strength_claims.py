"""Number of points and strength of mixing, apart from each other: an open question."""

from trainers.verdicts.benches import benches
from trainers.verdicts.claim import Claim, Finding
from trainers.verdicts.comparisons import PLAIN, POINTS, Difference
from trainers.verdicts.label_claims import accuracy_on_test
from trainers.verdicts.linearity_claims import linear_benches, mean_nonlin
from trainers.verdicts.lines import values_of
from trainers.verdicts.naming import details, labels_of


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


def _in_the_factorial(pairs, where, read, claimed, unit):
    """Returns a finder: pairs of ICT lines of given points and strength.

    Args:
        pairs: function of the sorted points and strengths that returns
            `{name: (cell, cell)}`, a cell being `(points, strength)`.
        where: function of results and returns the list of `Bench`.
        read: function of a record that returns what is compared.
        claimed: "above" or "below".
        unit: the `Unit` of it.
    """

    def find(results):
        findings = []
        for bench in where(results):
            for lines in _factorials(bench):
                cells = {(line.num_points, line.strength): line for line in lines}
                points, strengths = (sorted(set(side)) for side in zip(*cells))
                comparisons = [
                    Difference(
                        name,
                        values_of(cells.get(first), read),
                        values_of(cells.get(second), read),
                        claimed,
                        unit,
                    )
                    for name, (first, second) in pairs(points, strengths).items()
                ]
                setting = f"{bench.name}, {labels_of(lines[0])}"
                options = details(lines[0], mixing=False)
                findings.append(
                    Finding(bench.scale, f"{setting}; {options}", comparisons)
                )
        return findings

    return find


def _factorials(bench):
    """Lists of ICT lines that differ in points and in the strength asked for alone."""
    groups = {}
    for line in bench.select("ict", label_noise=0.0):
        if line.strength is not None:
            # The strength takes the place of alpha.
            options = dict(line.family) | {"alpha": "", "mean_dominant_weight": ""}
            key = (line.num_labels, tuple(options.items()))
            groups.setdefault(key, []).append(line)
    return groups.values()


def _all_benches(results):
    return benches(results.records)


_ACCURACY = (_all_benches, accuracy_on_test, "above", POINTS)
_LINEARITY = (linear_benches, mean_nonlin, "below", PLAIN)

CLAIMS = [
    Claim(
        "Q2 points",
        "At equal strength, more points make ICT more accurate",
        "open question",
        "none",
        "S, C",
        _in_the_factorial(_points_at_equal_strength, *_ACCURACY),
    ),
    Claim(
        "Q2 strength",
        "With as many points, stronger mixing makes ICT more accurate",
        "open question",
        "none",
        "S, C",
        _in_the_factorial(_strength_at_equal_points, *_ACCURACY),
    ),
    Claim(
        "Q2 points and linearity",
        "At equal strength, more points make ICT more linear (mean of layers 1 to 5)",
        "open question",
        "none",
        "S, C",
        _in_the_factorial(_points_at_equal_strength, *_LINEARITY),
    ),
    Claim(
        "Q2 strength and linearity",
        "With as many points, stronger mixing makes ICT more linear (mean of layers 1 "
        "to 5)",
        "open question",
        "none",
        "S, C",
        _in_the_factorial(_strength_at_equal_points, *_LINEARITY),
    ),
]
