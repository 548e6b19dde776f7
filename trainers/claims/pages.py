"""Which claim stands on which page."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence

from trainers.claims.claim import Claim, Judgement
from trainers.claims.papers import paper_of


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of claims.

    Attributes:
        name: of its file, without the suffix.
        title: its heading.
        holds: function of a `Claim` that says whether it stands there, unless on an
            earlier page.
    """

    name: str
    title: str
    holds: Callable[[Claim], bool]


def _of(*papers: str) -> Callable[[Claim], bool]:
    return lambda claim: paper_of(claim.source) in papers


# In the order of a claim's search for its page.
PAGES = (
    Page(
        "layer_0",
        "Linearity: the floor of layer 0",
        lambda claim: claim.id.startswith("L") and claim.id.endswith("layer 0"),
    ),
    Page(
        "linearity",
        "Linearity: mixup and ICT against plain training",
        lambda claim: claim.id.startswith(("L1", "L2 ERM")),
    ),
    Page(
        "linearity_of_ict",
        "Linearity: ICT against mixup, and more points",
        lambda claim: claim.id.startswith("L"),
    ),
    Page("accuracy", "Linearity: accuracy and labels", _of("Linearity")),
    Page("data_dependency", "Data dependency", _of("Data dependency")),
    Page("mixup", "Mixup", _of("Mixup")),
    Page(
        "regularization",
        "Regularization and Calibration",
        _of("Regularization", "Calibration"),
    ),
    Page("mixupe", "MixupE", _of("MixupE")),
    Page("floor", "Open question: the floor", lambda claim: claim.id.startswith("Q1")),
    Page("open_questions", "Open questions", lambda claim: True),
)


def page_of(claim: Claim) -> Page:
    """Returns the page that a claim stands on."""
    return next(page for page in PAGES if page.holds(claim))


def by_claim(judgements: Sequence[Judgement]) -> list[list[Judgement]]:
    """Returns lists of the judgements of one claim each, in their order."""
    return [list(g) for _, g in itertools.groupby(judgements, lambda j: j.claim.id)]
