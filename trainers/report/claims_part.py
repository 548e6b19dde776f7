"""The claims that results decide, with every comparison behind the verdicts."""

import collections
import re

from trainers.claims import page, words
from trainers.claims.naming import percent
from trainers.claims.papers import PAPERS
from trainers.claims.power import POWER
from trainers.claims.rule import CONTRADICTED, INCONCLUSIVE, LEVEL, NOT_RUN, SUPPORTED
from trainers.report.markup import (
    Markup,
    Section,
    details,
    download,
    element,
    join,
    link,
    slug,
    table,
)

_RULE = (
    "A claim stands or falls as a whole, in each setting by itself. Its comparisons "
    "are paired over seeds and tested on both sides, mostly by Student's t-test; the "
    "p-values are corrected for their number (Holm, 1979). At a level of "
    f"{percent(LEVEL)} a claim is supported when each comparison was made and goes the "
    "claimed way, contradicted when one goes the other way, and inconclusive "
    "otherwise. With an inconclusive comparison stands the true difference that so "
    f"many seeds would have detected in {percent(POWER)} of all repetitions. Brackets "
    "hold 95 % intervals of one mean, not corrected. Differences are the first named "
    "minus the second."
)
_CAUTION = (
    "If none of its differences were there, a claim would be called supported or "
    "contradicted in one of {odds} settings at most; for the number of verdicts on "
    "this page, {number}, nothing is corrected. The test split of a data set that has "
    "one is the same for all seeds (of tables a seed draws it), so nothing here says "
    "how another one would come out."
)
_PAPER = re.compile(rf"\b({'|'.join(PAPERS)})\b")
_VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE)


def section(judgements):
    """Returns the section of claims.

    Args:
        judgements: list of `trainers.claims.claim.Judgement`.
    """
    groups = page.by_claim(judgements)
    judged = [group for group in groups if group[0].verdict != NOT_RUN]
    rest = [group[0].claim for group in groups if group[0].verdict == NOT_RUN]
    found = [one for group in judged for one in group]
    caution = _CAUTION.format(odds=round(1 / LEVEL), number=len(found))
    parts = [element("p", _RULE), element("p", caution)]
    if judged:
        rows = [["", "verdict, by setting", "claim"]]
        rows += [
            [link(_id(g), g[0].claim.id), _badges(g), g[0].claim.text] for g in judged
        ]
        csv = download("claims.csv", page.comparisons_as_csv(found))
        parts += [
            table(rows, kind="words"),
            element("p", "Every comparison: ", csv),
            *map(_claim, judged),
        ]
    else:
        parts.append(element("p", "These results decide none of the claims."))
    if rest:
        items = (element("li", f"{claim.id}: {claim.text}.") for claim in rest)
        several = "s" * (len(rest) > 1)
        unread = f"{len(rest)} claim{several} on which nothing here was run"
        parts.append(details(unread, element("ul", *items)))
    return Section("Claims", join(*parts, between="\n"))


def summary(judgements):
    """Returns how many settings got which verdict, as markup."""
    judged = [one for one in judgements if one.verdict != NOT_RUN]
    if not judged:
        return "none judged"
    settings = f"{len(judged)} setting{'s' * (len(judged) > 1)}"
    return join(_badges(judged), " of ", link("claims", settings))


def _claim(group):
    claim = group[0].claim
    rows = [["setting", "verdict", "mean and 95 % interval", "seeds"]]
    rows += [
        [
            one.finding.setting,
            join(_badge(one.verdict), _power(one)),
            words.measured(one),
            words.seeds(one),
        ]
        for one in group
    ]
    return element(
        "article",
        element("h3", f"{claim.id} ", _badges(group)),
        element("p", f"{claim.text}."),
        element("p", "Source: ", _source(claim), f". Published: {claim.published}."),
        table(rows, kind="words"),
        details("Every comparison", *map(_comparisons, group)),
        id=_id(group),
        class_="claim",
    )


def _comparisons(judgement):
    rows = [["comparison", "claimed", "seeds", "first", "second", "difference"]]
    rows[0] += ["p", "80 % power for", "verdict"]
    rows += [_comparison(one) for one in judgement.outcomes]
    parts = [table(rows, caption=judgement.finding.setting)]
    if judgement.missing:
        parts.append(element("p", f"Not measured: {'; '.join(judgement.missing)}."))
    return join(*parts)


def _comparison(one):
    return [
        one.name,
        words.claimed(one),
        str(one.seeds),
        *words.sides(one),
        words.estimate(one),
        words.p_value(one),
        words.power(one),
        _badge(one.verdict),
    ]


def _id(group):
    return f"claim-{slug(group[0].claim.id)}"


def _power(judgement):
    """What stands behind the word of a verdict."""
    power = words.verdict(judgement).removeprefix(judgement.verdict)
    return f" {words.where(judgement)}{power}".rstrip()


def _badges(judgements):
    counts = collections.Counter(one.verdict for one in judgements)
    several = len(judgements) > 1
    return join(
        *(
            _badge(verdict, f" in {counts[verdict]}" if several else "")
            for verdict in _VERDICTS
            if counts[verdict]
        ),
        between=Markup(" "),
    )


def _badge(verdict, more=""):
    return element("span", f"{verdict}{more}", class_=f"verdict {slug(verdict)}")


def _source(claim):
    parts = _PAPER.split(claim.source)
    return join(
        *(
            element(
                "a",
                part,
                href=f"https://arxiv.org/abs/{PAPERS[part][1]}",
                title=PAPERS[part][0],
            )
            if part in PAPERS
            else part
            for part in parts
        )
    )
