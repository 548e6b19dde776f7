"""The claims that results decide, with the comparisons behind the verdicts."""

import collections
import re

from trainers.claims import words
from trainers.claims.headlines import headline
from trainers.claims.introduction import RULE, TESTS, limits
from trainers.claims.pages import by_claim
from trainers.claims.papers import PAPERS
from trainers.claims.rule import NOT_RUN, VERDICTS
from trainers.markdown import anchor, bullets, escaped, fold
from trainers.text_tables import markdown_table

# More would make pages of megabytes.
_MOST_COMPARISONS = 60
_PAPER = re.compile(rf"\b({'|'.join(PAPERS)})\b")


def section(judgements, csv):
    """Returns the section of claims, in Markdown.

    Args:
        judgements: list of `trainers.claims.claim.Judgement`.
        csv: path of the table of every comparison.
    """
    groups = by_claim(judgements)
    judged = [group for group in groups if group[0].verdict != NOT_RUN]
    rest = [group[0].claim for group in groups if group[0].verdict == NOT_RUN]
    parts = ["## Claims"]
    if judged:
        rows = [["", "verdict, by setting", "claim"]]
        rows += [
            [_link(group[0].claim), counted(group), escaped(headline(group[0].claim))]
            for group in judged
        ]
        parts += [
            RULE,
            fold(
                "How comparisons are tested, and what that guards against",
                TESTS,
                limits(sum(map(len, judged))),
            ),
            markdown_table(rows),
            f"Every comparison: [claims.csv]({csv})",
            *(part for group in judged for part in _claim(group)),
        ]
    else:
        parts.append("These results decide none of the claims.")
    if rest:
        several = "s" * (len(rest) > 1)
        unread = f"{len(rest)} claim{several} on which nothing here was run"
        items = [f"{claim.id}: {escaped(claim.text)}." for claim in rest]
        parts.append(fold(unread, bullets(items)))
    return "\n\n".join(parts)


def counted(judgements):
    """Returns how many settings got which verdict; of one alone, its verdict."""
    counts = collections.Counter(one.verdict for one in judgements)
    several = len(judgements) > 1
    return ", ".join(
        f"**{verdict}**" + (f" in {counts[verdict]}" if several else "")
        for verdict in VERDICTS
        if counts[verdict]
    )


def _heading(claim):
    return f"{claim.id}: {claim.text}"


def _link(claim):
    return f"[{claim.id}](#{anchor(_heading(claim))})"


def _claim(group):
    claim = group[0].claim
    rows = [["setting", "verdict", "as claimed", "decides", "seeds"]]
    rows += [
        [
            escaped(one.finding.setting),
            f"**{one.verdict}** {_power(one)}".rstrip(),
            words.as_claimed(one),
            escaped(_decides(one)),
            words.seeds(one),
        ]
        for one in group
    ]
    yield f"### {escaped(_heading(claim))}"
    yield f"Source: {_source(claim)}. Published: {escaped(claim.published)}."
    yield markdown_table(rows)
    number = sum(len(one.outcomes) for one in group)
    if number <= _MOST_COMPARISONS:
        parts = (part for one in group for part in _comparisons(one))
        yield fold("Every comparison", *parts)
    else:
        # The page holds the file once for each link to it.
        yield f"The {number} comparisons are in claims.csv, above."


def _comparisons(judgement):
    rows = [["comparison", "claimed", "seeds", "first", "second", "difference"]]
    rows[0] += ["p", "80 % power for", "verdict"]
    rows += [_comparison(one) for one in judgement.outcomes]
    yield f"{escaped(judgement.finding.setting)}:"
    yield markdown_table(rows, numbers=True)
    if judgement.missing:
        yield f"Not measured: {escaped('; '.join(judgement.missing))}."


def _comparison(one):
    return [
        escaped(one.name),
        words.claimed(one),
        str(one.seeds),
        *words.sides(one),
        words.estimate(one),
        words.p_value(one),
        words.power(one),
        one.verdict,
    ]


def _decides(judgement):
    (outcome,) = words.decisive(judgement, 1)
    return f"{outcome.name}: {words.estimate(outcome)}"


def _power(judgement):
    """What stands behind the word of a verdict."""
    return words.verdict(judgement).removeprefix(judgement.verdict).strip()


def _source(claim):
    return "".join(
        f"[{part}](https://arxiv.org/abs/{PAPERS[part][1]})"
        if part in PAPERS
        else escaped(part)
        if part.strip() == part
        else part
        for part in _PAPER.split(claim.source)
    )
