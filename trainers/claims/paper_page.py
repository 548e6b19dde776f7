"""The page of a paper: each of its claims with what was measured in each setting."""

import os
import urllib.parse
from collections.abc import Iterator, Sequence

from trainers.claims import estimates, words
from trainers.claims.claim import Judgement
from trainers.claims.claim_figures import figure_of
from trainers.claims.headlines import headline
from trainers.claims.pages import Page, by_claim
from trainers.markdown import escaped
from trainers.text_tables import markdown_table

# By this sentence a page that was made is known from others.
MADE = "This page is made by the command of"
_MOST_ESTIMATES = 12
_MOST_COMPARISONS = 8
_OPENING = f"""\
{MADE} [all claims](../{{overview}}), which has the rule
and the terms; [the table](../{{csv}}) has every comparison. Settings (S1, S2, ...) are
listed at the end.

{words.LEGEND}."""
_ESTIMATES = ["over settings", "mean and 95 % interval", "as claimed"]
_SETTINGS = ["setting", "", "seeds", "as claimed", "decides", "80 % power for"]
_COMPARISONS = ["comparison", "claimed", "difference", "found"]


def markdown(
    page: Page, judgements: Sequence[Judgement], overview: str, figures: str
) -> str:
    """Returns the page.

    Args:
        page: the `Page`.
        judgements: list of `trainers.claims.claim.Judgement` of its claims.
        overview: name of the page of all claims, whose CSV file has the same name.
        figures: path of the folder of figures; claims go without a figure that it
            lacks.
    """
    names = _names(judgements)
    overview = urllib.parse.quote(overview)
    csv = f"{os.path.splitext(overview)[0]}.csv"
    parts = [
        f"# {page.title}",
        _OPENING.format(overview=overview, csv=csv),
        *(
            part
            for group in by_claim(judgements)
            for part in _claim(group, names, figures)
        ),
    ]
    if names:
        parts += ["## Settings", _key(names)]
    return "\n\n".join(parts) + "\n"


# The words of a setting, and what differs in it from the published recipe.
_Setting = tuple[str, str]


def _setting(judgement: Judgement) -> _Setting:
    assert judgement.finding is not None
    return judgement.finding.setting, words.distance(judgement)


def _names(judgements: Sequence[Judgement]) -> dict[_Setting, str]:
    """The short names of settings: S1, S2 and so on."""
    found = dict.fromkeys(_setting(one) for one in judgements if one.finding)
    return {setting: f"S{number}" for number, setting in enumerate(found, 1)}


def _key(names: dict[_Setting, str]) -> str:
    rows = [["", "setting", "differs from the published recipe in"]]
    rows += [
        [name, escaped(setting), distance or "nothing"]
        for (setting, distance), name in names.items()
    ]
    return markdown_table(rows)


def _claim(
    group: list[Judgement], names: dict[_Setting, str], figures: str
) -> Iterator[str]:
    claim = group[0].claim
    yield f"## {claim.id}"
    yield f"**{escaped(headline(claim))}: {words.tally(group)}**"
    mark = " *Exploratory.*" if claim.exploratory else ""
    source = f"Source: {claim.source}. Published: {claim.published}.{mark}"
    yield f"{escaped(claim.text)}. {source}"
    figure = figure_of(claim, figures)
    if figure:
        target = f"../{os.path.basename(figures)}"
        yield f"![{escaped(headline(claim))}]({target}/{figure}.png)"
        yield f"[How the figure was drawn]({target}/index.md)"
    if group[0].finding is None:
        return
    if len(group) == 1:
        yield from _alone(group[0], names)
        return
    yield from _over_settings(group)
    yield markdown_table([_SETTINGS, *(_row(one, names) for one in group)])


def _over_settings(group: list[Judgement]) -> Iterator[str]:
    """The estimates that rest on most settings; of one setting it has the numbers."""
    found = [one for one in estimates.pooled(group) if one.settings > 1]
    most = sorted(found, key=lambda one: -one.settings)[:_MOST_ESTIMATES]
    rows = [
        [
            escaped(one.kind),
            words.pooled(one),
            f"{one.as_claimed} of {one.settings}",
        ]
        for one in found
        if one in most
    ]
    if rows:
        yield markdown_table([_ESTIMATES, *rows])


def _row(one: Judgement, names: dict[_Setting, str]) -> list[str]:
    (decides,) = words.decisive(one, 1)
    return [
        names[_setting(one)],
        words.SYMBOLS[one.verdict],
        words.seeds(one),
        words.as_claimed(one),
        f"{escaped(decides.kind)}: {words.estimate(decides)}",
        words.power(decides),
    ]


def _alone(one: Judgement, names: dict[_Setting, str]) -> Iterator[str]:
    """The comparisons of a claim that was run in one setting."""
    decisive = words.decisive(one, _MOST_COMPARISONS)
    sentence = (
        f"{names[_setting(one)]}: {one.verdict}, {words.seeds(one)} seeds, "
        f"{words.as_claimed(one)} comparisons as claimed"
    )
    rest = len(one.outcomes) - len(decisive)
    yield f"{sentence}; the {len(decisive)} that decide:" if rest else f"{sentence}."
    rows = [
        [
            escaped(outcome.name),
            words.claimed(outcome),
            words.estimate(outcome),
            words.found(outcome),
        ]
        for outcome in decisive
    ]
    yield markdown_table([_COMPARISONS, *rows])
