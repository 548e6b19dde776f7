"""The page of all claims."""

import dataclasses

import pytest

from tests.trainers.claims.conftest import markdown_tables
from trainers.claims import overview_page
from trainers.claims.claim import Claim, judge
from trainers.claims.introduction import RULE, limits


@pytest.fixture
def text(judgements):
    return overview_page.markdown(judgements, "python -m this", "that.csv", "my pages")


def test_the_head_of_the_page(text):
    assert text.startswith("# Claims\n")
    assert "3\nverdicts in all" in text
    assert "\n✓ supported, ✗ contradicted, ≠ did not carry over, ? inconc" in text
    assert "```sh\npython -m this\n```" in text
    assert "[`that.csv`](that.csv)" in text


def test_one_line_for_each_claim(text):
    (table,) = markdown_tables(text)
    assert table[0] == ["claim", "settings", "nearest", "paper", "ours"]
    (name, counts, _, paper, ours), far = table[2:]
    assert name == "[Much is so](my%20pages/accuracy.md#x1)"
    assert (counts, paper) == ("1✓ 1✗ 1≠", "order")
    # Of all kinds the one that agrees in the fewest settings, though in two of them.
    assert ours == "layer 0: -20.0 points [-147.1, +107.1]"
    assert far[1:] == ["–", "", "3.5 %", "not run"]
    assert far[0] == "[More is so](my%20pages/mixup.md#x2-far), *exploratory*"


def at_distance(judgement, *distance):
    finding = dataclasses.replace(judgement.finding, distance=distance)
    return dataclasses.replace(judgement, finding=finding)


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ([("data",), ("data", "steps"), ("steps",)], "1✓ 1≠: data; or steps"),
        ([("data", "steps"), (), ("data",)], "1✗: none"),
        ([("data",), ("data",), ("data", "steps")], "1✓ 1✗: data"),
        # Where all are equally near, there is nothing to add.
        ([("data",), ("steps",), ("network",)], ""),
        ([(), (), ()], ""),
    ],
)
def test_the_settings_nearest_to_the_publication(judgements, distances, expected):
    found = [at_distance(one, *words) for one, words in zip(judgements, distances)]
    (table,) = markdown_tables(overview_page.markdown(found, "", "", ""))
    assert table[2][2] == expected


def test_the_estimate_of_one_setting_is_what_decides(judgements):
    text = overview_page.markdown(judgements[:1], "", "", "")
    ((*_, (*_, ours)),) = markdown_tables(text)
    assert ours.startswith("a: +0.1000 [+0.0")


def test_the_rule_and_the_number_of_false_verdicts(text):
    assert text.count(RULE) == text.count(limits(3)) == 1
    assert "240 verdicts let through 12 false ones" in " ".join(limits(240).split())


def test_the_error_rates_where_they_are(judgements, text):
    assert "error rates" not in text
    found = overview_page.markdown(judgements, "", "", "", "rates.md")
    assert "[error rates](rates.md)" in found


def test_names_are_escaped():
    claims = [Claim("X1", "a | b", "Mixup", "1 | 2", ("GPU",))]
    (table,) = markdown_tables(overview_page.markdown(judge(claims, None), "", "", ""))
    assert {len(row) for row in table} == {5}
    assert r"a \| b" in overview_page.markdown(judge(claims, None), "", "", "")


def test_a_comparison_of_fewer_settings_is_not_told(judgements):
    def turned(judgement):
        comparisons = list(judgement.finding.comparisons)[::-1]
        finding = dataclasses.replace(judgement.finding, comparisons=comparisons)
        return dataclasses.replace(judgement, finding=finding)

    # Layers 1 and 2, of one setting and opposite too, come before layer 0 now.
    found = [turned(one) for one in judgements[:3]]
    ((*_, (*_, ours)),) = markdown_tables(overview_page.markdown(found, "", "", ""))
    assert ours.startswith("layer 0: ")
