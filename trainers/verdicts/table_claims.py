"""The claim on tables: the errors of MixupE's table 4."""

from trainers.tables.sets import SETS
from trainers.verdicts.claim import Claim, Finding
from trainers.verdicts.comparisons import Within

_NAMES = {"erm": "ERM", "mixup": "mixup", "mixupe": "MixupE"}


def _finder(method):
    """Test errors of a method within two published standard deviations."""

    def find(results):
        comparisons = [
            Within(
                dataset,
                dict(enumerate(by_method[method]["errors"])),
                SETS[dataset].published[method][0],
                2 * SETS[dataset].published[method][1],
            )
            for dataset, by_method in (results.tables or {}).items()
            if by_method.get(method, {}).get("errors")
        ]
        setting = "a fifth held out, hidden units 128-128, ten epochs"
        return [Finding("S", setting, comparisons, "% error")] if comparisons else []

    return find


CLAIMS = [
    Claim(
        f"E2, {name}",
        f"The test errors of {name} on seven tables are within two published standard "
        "deviations",
        "MixupE, table 4",
        "in docs/results.md",
        "S",
        _finder(method),
    )
    for method, name in _NAMES.items()
]
