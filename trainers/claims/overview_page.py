"""The page of all claims: one line each, and the rule."""

import urllib.parse
from collections.abc import Sequence

from trainers.claims import estimates, headlines, introduction, words
from trainers.claims.claim import Judgement
from trainers.claims.pages import by_claim, page_of
from trainers.claims.rule import NOT_RUN
from trainers.markdown import anchor, escaped
from trainers.text_tables import markdown_table

_OPENING = """\
Each line is a claim of a paper, or a question that the papers leave open, with {number}
verdicts in all. Each symbol counts the settings in which the claim was run and came out
so. Most runs are far smaller than the published ones, so that most settings can show
that a claim reaches them or does not, but cannot contradict the paper.

{legend}.

"Nearest" has the settings that differ from the published recipe in the fewest respects,
and names these. "Ours" is a mean difference over settings and its 95 % interval: of the
comparisons made in the most settings, the one that is as claimed in the fewest. The
link of a claim has the others. "Order" says that the paper has no number, but says
which is larger."""

_ERROR_RATES = """\
How often the rule errs, with effects and without, was simulated:
[error rates]({page})."""

_MADE = """\
## How this page is made

From results alone, without training anything, by

```sh
{command}
```

It also writes a page for each paper, and [`{csv}`]({csv}), which holds every comparison
with its means, interval and p-values."""


def markdown(
    judgements: Sequence[Judgement],
    command: str,
    csv_name: str,
    folder: str,
    error_rates: str | None = None,
) -> str:
    """Returns the page.

    Args:
        judgements: list of `trainers.claims.claim.Judgement`.
        command: the command that makes it.
        csv_name: name of the CSV file.
        folder: name of the folder of the pages of papers.
        error_rates: name of the page of `trainers.claims.error_rates`, `None` for none.
    """
    folder = urllib.parse.quote(folder)
    groups = by_claim(judgements)
    number = sum(one.finding is not None for one in judgements)
    rows = [["claim", "settings", "nearest", "paper", "ours"]]
    rows += [_row(group, folder) for group in groups]
    parts = [
        "# Claims",
        _OPENING.format(number=number, legend=words.LEGEND),
        markdown_table(rows),
        "## The rule",
        introduction.RULE,
        *([_ERROR_RATES.format(page=error_rates)] if error_rates else []),
        introduction.limits(number),
        "## The tests",
        introduction.background(),
        _MADE.format(command=command, csv=csv_name),
    ]
    return "\n\n".join(parts) + "\n"


def _row(group: list[Judgement], folder: str) -> list[str]:
    claim = group[0].claim
    link = f"{folder}/{page_of(claim).name}.md#{anchor(claim.id)}"
    mark = ", *exploratory*" if claim.exploratory else ""
    return [
        f"[{escaped(headlines.headline(claim))}]({link}){mark}",
        words.tally(group),
        _nearest(group),
        escaped(headlines.published(claim)),
        escaped(_ours(group)),
    ]


def _nearest(group: list[Judgement]) -> str:
    """The verdicts of the settings nearest to the published recipe, unless all are."""
    distances = [one.finding.distance for one in group if one.finding]
    least = min(map(len, distances), default=0)
    if all(len(distance) == least for distance in distances):
        return ""
    near = [one for one in group if one.finding and len(one.finding.distance) == least]
    names = dict.fromkeys(
        ", ".join(one.finding.distance) for one in near if one.finding
    )
    return f"{words.tally(near)}: {'; or '.join(names) or 'none'}"


def _ours(group: list[Judgement]) -> str:
    """The estimate that the opening promises; of one setting, what decides there."""
    if group[0].verdict == NOT_RUN:
        return "not run"
    found = estimates.pooled(group)
    if len(group) == 1 or not found:
        (outcome,) = words.decisive(group[0], 1)
        return f"{outcome.kind}: {words.estimate(outcome)}"
    most = max(one.settings for one in found)
    least = min(
        (one for one in found if one.settings == most), key=lambda one: one.as_claimed
    )
    return f"{least.kind}: {words.pooled(least)}"
