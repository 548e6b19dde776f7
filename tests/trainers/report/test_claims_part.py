import re

import pytest

from trainers.claims.claim import Claim, Finding, judge
from trainers.claims.comparisons import Difference, Holds
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


def words_of(section):
    return " ".join(re.sub(r"<[^>]+>", " ", section.body).split())


def test_verdicts_are_worded_and_coloured():
    judgements = judged(
        finding(above(0.0)), finding(above(1.0)), finding(above(0.55)), finding()
    )
    badges = re.findall(
        r'class="verdict ([a-z]+)">([^<]*)<', claims_part.section(judgements).body
    )
    assert set(badges[:3]) == {
        ("supported", "supported in 1"),
        ("contradicted", "contradicted in 1"),
        ("inconclusive", "inconclusive in 1"),
    }
    assert badges[6:9] == [
        (v, v) for v in ("supported", "contradicted", "inconclusive")
    ]
    summary = re.sub(r"<[^>]+>", "", claims_part.summary(judgements))
    assert summary == "supported in 1 contradicted in 1 inconclusive in 1 of 3 settings"


def test_names_and_settings_are_escaped():
    body = claims_part.section(judged(finding(above(0.0, "<i>")))).body
    for text in ("a &lt; b", "1 &amp; 2", "digits &amp; &lt;b&gt;", "&lt;i&gt;"):
        assert text in body
    assert "<b>" not in body
    assert "<i>" not in body


def test_every_comparison_with_its_numbers():
    text = words_of(claims_part.section(judged(finding(above(0.25, "all of it")))))
    assert "all of it &gt; 0 3 0.5500 0.2500 +0.3000 [" in text
    share = Holds("often", {0: True, 1: True, 2: False, 3: True})
    text = words_of(claims_part.section(judged(finding(share))))
    assert "often in most runs 4 75 % 50 % 75 % of the runs [" in text
    missing = Difference("not there", {}, 0.0, "above")
    text = words_of(claims_part.section(judged(finding(above(0.25), missing))))
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
    body = claims_part.section(judged(finding(above(0.0)), source=source)).body
    assert re.findall(r'href="https://arxiv.org/abs/([^"]+)"', body) == papers
    assert source in re.sub(r"<[^>]+>", "", body)


def test_claims_that_were_not_run_are_listed():
    section = claims_part.section(judged())
    assert "These results decide none of the claims." in section.body
    assert "1 claim on which nothing here was run" in words_of(section)
    assert "<li>X1: a &lt; b.</li>" in section.body
    assert claims_part.summary(judged()) == "none judged"


def test_cited_papers_are_those_of_the_claims():
    from trainers.claims.catalogue.catalogue import CLAIMS
    from trainers.claims.introduction import INTRODUCTION
    from trainers.claims.papers import PAPERS

    for name, (_, number) in PAPERS.items():
        assert number in INTRODUCTION
        assert any(name in claim.source for claim in CLAIMS)
    cited = [claim for claim in CLAIMS if claim.source != "open question"]
    for claim in cited:
        assert any(name in claim.source for name in PAPERS), claim.source
