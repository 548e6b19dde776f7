"""The page, the lines of a terminal, and the CSV file."""

import csv
import io
import math
import re

import numpy as np
import pytest

from trainers.claims import claims_page, rule
from trainers.claims.claim import Claim, Finding, judge
from trainers.claims.comparisons import POINTS, Difference, Holds, Within
from trainers.results.settings import GPU, HOURS, MINUTES

SEEDS = 10


def difference(name, gap, seeds=SEEDS, **more):
    values = dict(enumerate(gap + np.linspace(-0.02, 0.02, seeds)))
    return Difference(name, values, 0.0, "above", **more)


def findings(results):
    return [
        Finding(MINUTES, "some digits", [difference("a", 0.1), difference("b", 0.2)]),
        Finding(
            MINUTES,
            "many digits",
            [difference(f"layer {i}", 0.1 * i - 0.3, unit=POINTS) for i in range(8)],
        ),
        Finding(
            HOURS,
            "images",
            [
                Holds("right", dict.fromkeys(range(SEEDS), True)),
                Within("0.5 ± 0.1", difference("", 0.5).first, 0.5, 0.1),
                difference("c", 0.0, seeds=7),
                difference("d", 0.0, seeds=0),
            ],
        ),
    ]


CLAIMS = [
    Claim("X1", "Much is so", "Linearity", "order only", (MINUTES, HOURS), findings),
    Claim("X2 far", "More is so", "Mixup", "3.5 %", (GPU,)),
]


@pytest.fixture
def judgements():
    return judge(CLAIMS, None)


@pytest.fixture
def text(judgements):
    return claims_page.markdown(judgements, "python -m this", "that.csv")


def tables(text):
    """The rows of each table of the page."""
    lines = [line for line in text.splitlines() if line.startswith(("|", "#"))]
    found = [[]]
    for line in lines:
        if line.startswith("#"):
            found.append([])
        else:
            found[-1].append([cell.strip() for cell in line.strip("|").split(" | ")])
    return [table for table in found if table]


def test_the_head_of_the_page(text):
    assert text.startswith("# Claims\n")
    assert "```sh\npython -m this\n```" in text
    assert "`that.csv`" in text
    assert "At a level of 5 %, a claim is" in " ".join(text.split())
    assert "in 80 % of all repetitions" in " ".join(text.split())
    assert "this page holds 3 verdicts" in " ".join(text.split())


def test_the_table_of_all_claims(text):
    assert tables(text)[0] == [
        ["", "claim", "minutes", "hours", "GPU"],
        ["---"] * 5,
        [
            "[X1](#x1)",
            "Much is so",
            "supported in 1 of 2, contradicted in 1 of 2",
            "inconclusive",
            "",
        ],
        ["[X2 far](#x2-far)", "More is so", "", "", "not run"],
    ]
    assert "\n### X2 far\n\nMore is so.\n\nSource: Mixup. Published: 3.5 %.\n" in text
    assert text.rstrip().endswith("**not run at this scale**")


def test_each_setting(text):
    assert (
        "**supported** in some digits.\n\n2 comparisons, 10 seeds: 2 as claimed.\n"
        in text
    )
    assert (
        "**contradicted** in many digits.\n\n8 comparisons, 10 seeds: 3 opposite, "
        "1 undecided, 4 as claimed. The 6 that decide most:\n"
    ) in text
    assert (
        "**inconclusive** in images.\n\n3 comparisons, 7 to 10 of 10 seeds: "
        "1 undecided, 2 as claimed. Not measured: d.\n"
    ) in text


def test_each_comparison(text):
    rows = [row for row in tables(text)[1] if len(row) == 6]
    names = [row[0] for row in rows if row[0] not in ("comparison", "---")]
    layers = ["layer 0", "layer 1", "layer 2", "layer 3", "layer 4", "layer 5"]
    assert names == ["a", "b", *layers, "right", "0.5 ± 0.1", "c"]
    by_name = {row[0]: row[1:] for row in rows}
    means, claimed, measured, p, found = by_name["layer 0"]
    assert means == "-30.0, 0"
    assert (claimed, p, found) == ("> 0", "<0.0001", "opposite")
    assert measured.startswith("-30.0 points [-3")
    assert by_name["right"][:2] == ["", "in most runs"]
    assert by_name["right"][2] == "100 % of the runs [69 %, 100 %]"
    assert by_name["0.5 ± 0.1"][1] == "± 0.1000"
    assert by_name["c"][4].startswith("undecided; 80 % power for 0.0")


def test_cells_are_short(text):
    longest = max(
        len(cell) for table in tables(text)[1:] for row in table for cell in row
    )
    assert longest < 50


def test_nothing_breaks_a_table(text):
    for table in tables(text):
        width = len(table[0])
        assert {len(row) for row in table} == {width}


def test_the_terminal(judgements):
    text = claims_page.text(judgements)
    assert "X1: Much is so.\n  Linearity; published: order only.\n" in text
    assert (
        "  * supported in some digits.\n    2 comparisons, 10 seeds: 2 as claimed.\n"
        in text
    )
    assert re.search(
        r"\n      layer 0 +-30.0, 0 +> 0 +-30.0 points \[-3.*opposite\n", text
    )
    assert text.endswith("X2 far: More is so.\n  Mixup; published: 3.5 %.\n  "
                         "not run at this scale")  # fmt: skip
    summary = claims_page.summary(judgements).splitlines()
    assert [line.split()[0] for line in summary] == ["minutes", "X1", "X2"]


def test_every_comparison_is_in_the_csv(judgements):
    rows = list(csv.DictReader(io.StringIO(claims_page.comparisons_as_csv(judgements))))
    assert len(rows) == 2 + 8 + 4
    by_name = {row["comparison"]: row for row in rows}
    layer = by_name["layer 1"]
    values = 100 * (-0.2 + np.linspace(-0.02, 0.02, SEEDS))
    assert (layer["unit"], layer["found"]) == ("points", "opposite")
    assert (layer["claim"], layer["scale"], layer["verdict"]) == (
        "X1",
        "minutes",
        "contradicted",
    )
    assert float(layer["difference"]) == pytest.approx(values.mean())
    half = 2.2621571627 * values.std(ddof=1) / math.sqrt(SEEDS)
    assert float(layer["high"]) == pytest.approx(values.mean() + half, rel=1e-4)
    assert float(layer["detectable"]) > 0
    assert (layer["seeds"], layer["seeds_due"], layer["margin"]) == ("10", "10", "")
    assert by_name["0.5 ± 0.1"]["margin"] == "0.1"
    assert by_name["c"]["seeds"] == "7"
    missing = by_name["d"]
    assert (missing["seeds"], missing["found"], missing["p_for"]) == (
        "0",
        "not measured",
        "",
    )


def test_each_claim_has_its_judgements(judgements):
    groups = claims_page.by_claim(judgements)
    assert [len(group) for group in groups] == [3, 1]
    assert groups[1][0].verdict == rule.NOT_RUN
