"""What docs/ shows of the results is what the results in docs/ give."""

import csv
import os
import pathlib

import pytest

from trainers.claims import command as claims
from trainers.claims import planned
from trainers.figures import command as figures
from trainers.figures import drawing
from trainers.results import reading

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = "docs/results"


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch):
    # The page names the results as they were given.
    monkeypatch.chdir(ROOT)


def test_the_results_are_whole():
    assert reading.read([RESULTS]).complaints == []


def test_the_page_of_claims_is_of_these_results(tmp_path):
    page = tmp_path / "claims.md"
    options = claims.Claims(
        results=(RESULTS,), workdir=str(tmp_path / "work"), page=str(page)
    )
    claims.judge_claims(options)
    made = page.read_text().replace(str(page), "docs/claims.md")
    hint = f"python -m trainers.claims --results={RESULTS} --page=docs/claims.md"
    assert made == pathlib.Path("docs/claims.md").read_text(), hint
    table = page.with_suffix(".csv").read_text()
    assert table == pathlib.Path("docs/claims.csv").read_text(), hint


def test_the_page_of_the_plan_is_of_these_results():
    path = f"{RESULTS}/digits_published.jsonl.gz"
    text = planned.tables(reading.read([path]).records)
    assert pathlib.Path("docs/published_objective.md").read_text().endswith(text), (
        "python -m trainers.claims.planned --results="
        f"{path} --page=docs/published_objective.md"
    )


def test_the_figures_are_of_these_results():
    results = reading.read([RESULTS])
    drawn = [
        one
        for draw in figures.FIGURES.values()
        for one in drawing.with_names_of_their_own(draw(results))
    ]
    hint = f"python -m trainers.figures --results={RESULTS} --workdir=docs/figures"
    shown = {os.path.splitext(name)[0] for name in os.listdir("docs/figures")}
    assert shown == {one.name for one in drawn} | {"index"}, hint
    for one in drawn:
        with open(f"docs/figures/{one.name}.csv") as file:
            rows = list(csv.DictReader(file))
        assert [list(row.values()) for row in rows] == [
            ["" if value is None else str(value) for value in row.values()]
            for row in one.rows
        ], hint
