"""The judgements as tables: on a terminal, as a page in Markdown, and as CSV."""

import csv
import io
import itertools

from trainers.common.text_tables import markdown_table, table
from trainers.verdicts import words
from trainers.verdicts.rule import LEVEL

_INTRODUCTION = f"""# Claims

What the papers claim, what was measured here, and what follows. This page is made from
the results alone, by

```sh
{{command}}
```

and `{{csv}}` beside it holds every comparison with its means, interval and p-value.

## The rule

A claim stands or falls as a whole. Each of its comparisons, such as one for each layer
or each number of labels, is a difference that is paired over seeds and tested by
Student's t-test on both sides; where every seed gives the very same difference, by the
sign test. "In most runs" is tested by the exact binomial test, "within a margin" by two
one-sided t-tests (Schuirmann, 1987). The p-values of a claim are corrected for their
number (Holm, 1979). At a level of {LEVEL:.0%}, a claim is

* **shown** when every one of its comparisons goes the claimed way,
* **contradicted** when one of them goes the other way,
* **undecided** otherwise. With it stands the true difference that these seeds would
  have shown in 80 % of all repetitions, at the level of the first step of Holm's method
  and with the standard deviation that was measured.

Settings are judged one by one: the same claim may be shown in one and contradicted in
another. Intervals are those of one mean at 95 %, not corrected. Differences are the
first named minus the second. A seed draws the labelled examples, the weights, the
batches and the mixtures; the test split is the same for all, so nothing here says how
another test split would come out.

Scale S takes minutes on a CPU, C hours, G needs a GPU.

Sources: Linearity is Chaudhry et al.,
[arXiv:2210.16413](https://arxiv.org/abs/2210.16413); Data dependency is Chidambaram et
al., [arXiv:2110.07647](https://arxiv.org/abs/2110.07647); Regularization is Carratino
et al., [arXiv:2006.06049](https://arxiv.org/abs/2006.06049); Mixup is Zhang et al.,
[arXiv:1710.09412](https://arxiv.org/abs/1710.09412); Calibration is Thulasidasan et
al., [arXiv:1905.11001](https://arxiv.org/abs/1905.11001); MixupE is Zou et al.,
[arXiv:2212.13381](https://arxiv.org/abs/2212.13381).

## All claims

"""


def by_claim(judgements):
    """Returns lists of the judgements of one claim each, in their order."""
    return [list(g) for _, g in itertools.groupby(judgements, lambda j: j.claim.id)]


def markdown(judgements, command, csv_name):
    """Returns the page.

    Args:
        judgements: list of `trainers.verdicts.claim.Judgement`.
        command: the command that makes it.
        csv_name: name of the CSV file.
    """
    groups = by_claim(judgements)
    rows = [["", "claim", "verdict"]]
    rows += [[g[0].claim.id, g[0].claim.text, words.overview(g)] for g in groups]
    parts = [
        _INTRODUCTION.format(command=command, csv=csv_name) + markdown_table(rows),
        "## One by one",
        *map(_section, groups),
    ]
    return "\n\n".join(parts) + "\n"


def _section(group):
    claim = group[0].claim
    lines = [
        f"### {claim.id}",
        f"{claim.text}. Source: {claim.source}. Published: {claim.published}.",
    ]
    rows = [_row(one) for one in group if one.finding is not None]
    if rows:
        head = ["setting", "mean and 95 % interval", "seeds", "verdict"]
        lines.append(markdown_table([head, *rows]))
    else:
        lines.append(f"Verdict: {group[0].verdict}.")
    return "\n\n".join(lines)


def _row(judgement):
    unit = judgement.finding.unit
    measured = words.measured(judgement) + (f" ({unit})" if unit else "")
    verdict = f"**{judgement.verdict}**" + words.verdict(judgement).removeprefix(
        judgement.verdict
    )
    return [judgement.finding.setting, measured, words.seeds(judgement), verdict]


def text(judgements):
    """Returns the judgements as lines for a terminal."""
    parts = []
    for group in by_claim(judgements):
        claim = group[0].claim
        parts.append(
            f"{claim.id}: {claim.text}.\n  {claim.source}; published: "
            f"{claim.published}.\n  {words.overview(group)}"
        )
        for one in group:
            if one.finding is not None:
                setting, measured, seeds, _ = _row(one)
                parts.append(
                    f"  * {setting}; {seeds} seeds\n    {measured}\n    "
                    f"{words.verdict(one)}"
                )
    return "\n".join(parts)


def summary(judgements):
    """Returns one line for each claim, for a terminal."""
    rows = [[g[0].claim.id, words.overview(g)] for g in by_claim(judgements)]
    return table(rows)


_COLUMNS = (
    "claim",
    "setting",
    "comparison",
    "claimed",
    "seeds",
    "first",
    "second",
    "difference",
    "low",
    "high",
    "p_corrected",
    "detectable",
    "verdict",
)


def comparisons_as_csv(judgements):
    """Returns every comparison of every judgement as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for judgement in judgements:
        for one in judgement.outcomes:
            numbers = (one.first, one.second, one.mean, one.low, one.high, one.p)
            writer.writerow(
                [
                    judgement.claim.id,
                    judgement.finding.setting,
                    one.name,
                    one.claimed,
                    one.seeds,
                    *(f"{value:.6g}" for value in numbers),
                    "" if one.detectable is None else f"{one.detectable:.6g}",
                    one.verdict,
                ]
            )
    return file.getvalue()
