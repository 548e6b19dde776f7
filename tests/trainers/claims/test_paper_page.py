"""The page of a paper."""

import re

import pytest

from tests.trainers.claims.conftest import markdown_tables
from trainers.claims import claim_figures, paper_page, words
from trainers.claims.pages import Page

PAGE = Page("some", "Some paper", lambda claim: True)


@pytest.fixture
def text(judgements):
    return paper_page.markdown(PAGE, judgements, "my claims.md", "none/figures")


def test_the_head_of_the_page(text):
    assert text.startswith("# Some paper\n\nThis page is made by the command of [all ")
    assert "(../my%20claims.md)" in text
    assert "(../my%20claims.csv)" in text


def test_each_claim(text):
    assert (
        "\n## X1\n\n**Much is so: 1✓ 1✗ 1≠**\n\nMuch is so. Source: Linearity. "
        "Published: order only.\n"
    ) in text
    assert "\n## X2 far\n\n**More is so: –**\n\nMore is so. Source: Mixup. " in text
    assert "Published: 3.5 %. *Exploratory.*\n" in text


def test_estimates_over_several_settings(text):
    estimates = markdown_tables(text)[0]
    assert estimates[0] == ["over settings", "mean and 95 % interval", "as claimed"]
    # What only one setting has stands there.
    (row,) = estimates[2:]
    # The mean of -30 and -10, with t of one degree of freedom: 12.7 errors of 10.
    assert row == ["layer 0", "-20.0 points [-147.1, +107.1]", "0 of 2"]


def test_a_line_for_each_setting(text):
    rows = markdown_tables(text)[1]
    assert rows[0][:5] == ["setting", "", "seeds", "as claimed", "decides"]
    first, second, third = rows[2:]
    assert first[:4] == ["S1", "✓", "10", "2 of 2"]
    assert first[4].startswith("a: +0.1000 [+0.0")
    assert second[:4] == ["S2", "✗", "10", "4 of 8"]
    assert second[4].startswith("layer 0: -30.0 points [-3")
    assert third[:4] == ["S3", "≠", "7 to 10 of 10", "2 of 5 (1 not run)"]
    assert third[4].startswith("layer 0: -10.0 points [-1")
    assert re.fullmatch(r"1\.\d\d points", third[5])


def test_the_key_of_the_settings(text):
    assert "\n## Settings\n" in text
    assert markdown_tables(text)[-1][2:] == [
        ["S1", "some digits", "nothing"],
        ["S2", "many digits", "nothing"],
        ["S3", "images", "network, steps"],
    ]


def test_the_comparisons_of_a_claim_with_one_setting(judgements):
    text = paper_page.markdown(PAGE, judgements[1:2], "claims.md", "none")
    assert "\nS1: contradicted, 10 seeds, 4 of 8 comparisons as claimed.\n" in text
    comparisons = markdown_tables(text)[0]
    assert comparisons[0] == ["comparison", "claimed", "difference", "found"]
    assert [row[0] for row in comparisons[2:]] == [f"layer {i}" for i in range(8)]
    (undecided,) = (row for row in comparisons if row[3].startswith("undecided"))
    outcome = next(o for o in judgements[1].outcomes if o.verdict == "undecided")
    assert undecided == [
        "layer 3",
        "> 0",
        words.estimate(outcome),
        words.found(outcome),
    ]


def test_a_page_of_claims_that_were_not_run_has_no_settings(judgements):
    text = paper_page.markdown(PAGE, judgements[3:], "claims.md", "none")
    assert "## Settings" not in text
    assert markdown_tables(text) == []


def test_the_figure_of_a_claim(judgements, tmp_path, monkeypatch):
    monkeypatch.setitem(claim_figures.FIGURES, "X1", "drawn")
    (tmp_path / "drawn_here.png").touch()
    text = paper_page.markdown(PAGE, judgements, "claims.md", str(tmp_path))
    assert f"![Much is so](../{tmp_path.name}/drawn_here.png)" in text
    assert f"](../{tmp_path.name}/index.md)" in text
    assert "![" not in paper_page.markdown(PAGE, judgements, "claims.md", "none")


def test_nothing_breaks_a_table(text):
    for table in markdown_tables(text):
        assert {len(row) for row in table} == {len(table[0])}
