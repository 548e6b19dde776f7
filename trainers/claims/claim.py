"""A claim, the findings on it, and the judgement of each finding."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from trainers.claims import published, rule
from trainers.claims.comparisons import Comparison
from trainers.claims.evidence import Evidence
from trainers.claims.rule import Outcome
from trainers.results.reading import Results


@dataclasses.dataclass(frozen=True)
class Finding:
    """What the results hold on a claim, in one setting.

    Attributes:
        scale: one of `SCALES`: how long its runs take.
        setting: data, network, steps, labels, and the options that matter.
        comparisons: list of all comparisons that the claim is made of here, tested
            together. One without values was not made.
        settings: `{flag: text}` of a run of the arm that the claim is about, by which
            it is compared with the publication; `None` where `distance` says it.
        distance: tuple of words: what differs from the published recipe, such as
            "network". Nothing differs where it is empty.
    """

    scale: str
    setting: str
    comparisons: Sequence[Comparison]
    settings: Mapping[str, str] | None = None
    distance: tuple[str, ...] = ()


Finder = Callable[[Evidence], list[Finding]]


@dataclasses.dataclass(frozen=True)
class Claim:
    """Something that a paper states, or a question that it leaves open.

    Attributes:
        id: such as "L1" or "R4 dropout": a letter, a number, and words for a part. L
            and A are of the paper "Linearity", D of "Data dependency", R of "Mixup",
            "Regularization" and "Calibration", E of "MixupE"; Q are open questions.
        text: what is claimed, in one sentence.
        source: paper, and where in it.
        published: the published figures, or "order only".
        scales: tuple of the `SCALES` at which it can be supported.
        find: function of `trainers.claims.evidence.Evidence` that returns a list of
            `Finding`; `None` where nothing that runs on a CPU decides it.
        exploratory: bool, whether it was put after its results had been looked at. It
            says what to confirm on fresh seeds, and is no evidence.
    """

    id: str
    text: str
    source: str
    published: str
    scales: tuple[str, ...]
    find: Finder | None = None
    exploratory: bool = False


@dataclasses.dataclass(frozen=True)
class Judgement:
    """The verdict on a claim in one setting.

    Attributes:
        claim: the `Claim`.
        finding: the `Finding`, `None` where nothing was run.
        outcomes: list of `trainers.claims.rule.Outcome`.
        verdict: one of the words of `trainers.claims.rule`.
        missing: list of the names of comparisons that were not made.
        seeds_due: int, how many seeds were run for it.
    """

    claim: Claim
    finding: Finding | None
    outcomes: list[Outcome]
    verdict: str
    missing: list[str] = dataclasses.field(default_factory=list)
    seeds_due: int = 0


def judge(claims: Sequence[Claim], results: Results) -> list[Judgement]:
    """Returns the judgements on claims, at least one for each.

    Args:
        claims: list of `Claim`.
        results: `trainers.results.reading.Results`.
    """
    evidence = Evidence(results)
    return [judgement for claim in claims for judgement in _judge(claim, evidence)]


def _judge(claim: Claim, evidence: Evidence) -> list[Judgement]:
    findings = claim.find(evidence) if claim.find else []
    judged = [
        _judgement(claim, finding)
        for finding in findings
        if any(comparison.values for comparison in finding.comparisons)
    ]
    return judged or [Judgement(claim, None, [], rule.NOT_RUN)]


def _judgement(claim: Claim, finding: Finding) -> Judgement:
    made = [comparison for comparison in finding.comparisons if comparison.values]
    missing = [one.name for one in finding.comparisons if not one.values]
    due = {seed for one in finding.comparisons for seed in one.seeds_due}
    if finding.settings is not None:
        distance = published.distance(claim.source, finding.settings)
        finding = dataclasses.replace(finding, distance=distance)
    outcomes = rule.outcomes(made)
    verdict = rule.verdict(
        [one.verdict for one in outcomes],
        is_whole=not missing,
        is_published=not finding.distance,
    )
    return Judgement(claim, finding, outcomes, verdict, missing, len(due))
