"""A claim, the findings on it, and the judgement of each finding."""

import dataclasses
from collections.abc import Callable

from trainers.verdicts import rule


@dataclasses.dataclass(frozen=True)
class Finding:
    """What the results hold on a claim, in one setting.

    Attributes:
        scale: "S" or "C": where it was run.
        setting: data, network, steps, labels, and the options that matter.
        comparisons: list of comparisons, tested together.
        unit: what their values are measured in, such as "points"; may be empty.
        factor: by what values are multiplied to be in that unit.
    """

    scale: str
    setting: str
    comparisons: list
    unit: str = ""
    factor: float = 1.0


@dataclasses.dataclass(frozen=True)
class Claim:
    """Something that a paper states, or a question that it leaves open.

    Attributes:
        id: such as "L1".
        text: what is claimed, in one sentence.
        source: paper, and where in it.
        published: the published figures, or "order only".
        scale: where it can be shown: "S" in minutes on a CPU, "C" in hours, "G" on a
            GPU.
        find: function of `trainers.results.reading.Results` that returns a list of
            `Finding`; `None` where nothing that runs at scale S or C decides it.
    """

    id: str
    text: str
    source: str
    published: str
    scale: str
    find: Callable | None = None


@dataclasses.dataclass(frozen=True)
class Judgement:
    """The verdict on a claim in one setting.

    Attributes:
        claim: the `Claim`.
        finding: the `Finding`, `None` where nothing was run.
        outcomes: list of `trainers.verdicts.rule.Outcome`.
        verdict: one of the words of `trainers.verdicts.rule`.
    """

    claim: Claim
    finding: Finding | None
    outcomes: list
    verdict: str


def judge(claims, results):
    """Returns the judgements on claims, at least one for each."""
    return [judgement for claim in claims for judgement in _judge(claim, results)]


def _judge(claim, results):
    findings = claim.find(results) if claim.find else []
    for finding in findings:
        comparisons = [one for one in finding.comparisons if one.values]
        if comparisons:
            found = rule.outcomes(comparisons)
            yield Judgement(claim, finding, found, rule.verdict(found))
    if not findings:
        yield Judgement(claim, None, [], rule.NOT_RUN)
