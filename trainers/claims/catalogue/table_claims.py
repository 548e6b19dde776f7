"""The claim on tables: the errors of MixupE's table 4."""

from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import Unit, Within
from trainers.claims.evidence import Evidence
from trainers.claims.naming import method_name
from trainers.results.settings import MINUTES
from trainers.tabular.sets import SETS

# As they are stored.
_PERCENT = Unit("% error", decimals=2)
_DEVIATIONS = 2
# Of each published mean.
_TRIALS = 5
# The paper says neither.
_UNKNOWN = ("network", "split")


def _finder(method: str) -> Finder:
    """Test errors of a method within two published standard deviations."""

    def find(evidence: Evidence) -> list[Finding]:
        comparisons = []
        for name, known in SETS.items():
            found = (evidence.tables or {}).get(name, {}).get(method)
            published, deviation = known.published[method]
            margin = _DEVIATIONS * deviation
            errors = dict(enumerate(found["errors"] if found else []))
            comparisons.append(
                Within(
                    f"{name} and {published:.2f} ± {margin:.2f}",
                    errors,
                    published,
                    margin,
                    _PERCENT,
                    deviation,
                    _TRIALS,
                )
            )
        words = "a fifth of each table held out"
        return [Finding(MINUTES, words, comparisons, distance=_UNKNOWN)]

    return find


CLAIMS = [
    Claim(
        f"E2 {method_name(method)}",
        f"The test errors of {method_name(method)} on seven tables are within two "
        "published standard deviations",
        "MixupE, table 4",
        "test errors in %, with each table below",
        (MINUTES,),
        _finder(method),
    )
    for method in ("erm", "mixup", "mixupe")
]
