import re

import pytest

from trainers.claims.claim import Claim, Finding, judge
from trainers.claims.comparisons import Difference, Holds
from trainers.claims.introduction import RULE, TESTS, limits
from trainers.report import claims_part
from trainers.results.settings import MINUTES

VALUES = {0: 0.5, 1: 0.6, 2: 0.55}


def judged(*findings, source="Mixup, table 2", id_="X1"):
    claim = Claim(id_, "a < b", source, "1 & 2", (MINUTES,), lambda results: findings)
    return judge([claim], None)


def finding(*comparisons, setting="digits & <b>"):
    return Finding(MINUTES, setting, list(comparisons))


def above(zero, name="all", claimed="above"):
    return Difference(name, VALUES, zero, claimed)


def section(judgements):
    return claims_part.section(judgements, "claims.csv")


def words_of(section):
    return " ".join(re.sub(r"[|*\\]", " ", section).split())


def test_verdicts_are_worded():
    judgements = judged(
        finding(above(0.0)), finding(above(1.0)), finding(above(0.55)), finding()
    )
    counted = "**supported** in 1, **contradicted** in 1, **inconclusive** in 1"
    assert claims_part.counted(judgements) == counted
    text = section(judgements)
    assert f"| {counted} | a \\< b |" in text
    for verdict in ("supported", "contradicted", "inconclusive"):
        assert text.count(f"| **{verdict}** ") + text.count(f"| **{verdict}**|") == (
            2 if verdict == "supported" else 1
        )


def test_the_rule_is_that_of_the_page_of_claims():
    text = section(judged(finding(above(0.0))))
    for words in (RULE, TESTS, limits(1)):
        assert text.count(words) == 1


def test_names_and_settings_are_escaped():
    text = section(judged(finding(above(0.0, "<i>"))))
    for words in (r"a \< b", "1 & 2", r"digits & \<b>", r"\<i>"):
        assert words in text
    assert not re.search(r"(?<!\\)<(?!/?details|/?summary)", text)


def test_every_comparison_with_its_numbers():
    text = words_of(section(judged(finding(above(0.25, "all of it")))))
    assert "all of it > 0 3 0.5500 0.2500 +0.3000 [" in text
    share = Holds("often", {0: True, 1: True, 2: False, 3: True})
    text = words_of(section(judged(finding(share))))
    assert "often in most runs 4 75 % 50 % 75 % of the runs [" in text
    missing = Difference("not there", {}, 0.0, "above")
    text = words_of(section(judged(finding(above(0.25), missing))))
    assert "Not measured: not there." in text


@pytest.mark.parametrize(
    ("source", "papers"),
    [
        ("Linearity, fig. 1", ["2210.16413"]),
        ("MixupE, tables 1-3", ["2212.13381"]),
        ("Mixup; Regularization", ["1710.09412", "2006.06049"]),
        ("Data dependency, sec. 2", ["2110.07647"]),
        ("open question", []),
    ],
)
def test_papers_are_linked_to(source, papers):
    text = section(judged(finding(above(0.0)), source=source))
    assert re.findall(r"\]\(https://arxiv.org/abs/([^)]+)\)", text) == papers
    assert f"Source: {source}." in re.sub(r"\[([^]]+)\]\(http[^)]+\)", r"\1", text)


def test_claims_that_were_not_run_are_listed():
    text = section(judged())
    assert "These results decide none of the claims." in text
    assert "1 claim on which nothing here was run" in text
    assert "\n- X1: a \\< b.\n" in text


def test_cited_papers_are_those_of_the_claims():
    from trainers.claims.catalogue.catalogue import CLAIMS
    from trainers.claims.papers import PAPERS, sources

    for name, (_, number) in PAPERS.items():
        assert number in sources()
        assert any(name in claim.source for claim in CLAIMS)
    cited = [claim for claim in CLAIMS if claim.source != "open question"]
    for claim in cited:
        assert any(name in claim.source for name in PAPERS), claim.source


@pytest.mark.parametrize(("number", "folded"), [(60, True), (61, False)])
def test_many_comparisons_are_in_the_file_alone(number, folded):
    text = section(judged(finding(*(above(0.0, f"c{n}") for n in range(number)))))
    assert ("Every comparison</summary>" in text) == folded
    assert (f"The {number} comparisons are in claims.csv" in text) != folded
    assert text.count("claims.csv](claims.csv)") == 1
