"""What docs/ shows of the results is what the results in docs/ give."""

import contextlib
import csv
import os
import pathlib
import re

import pytest

from trainers.claims import claim_figures, planned
from trainers.claims import command as claims
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


@pytest.fixture(scope="module")
def pages_of_claims(tmp_path_factory):
    """A folder with the pages of claims, and `{path in it: text}` of them."""
    folder = tmp_path_factory.mktemp("docs")
    # Claims show and link to what is beside their page.
    for name in ("figures", "error_rates.md"):
        (folder / name).symlink_to(ROOT / "docs" / name)
    page = str(folder / "claims.md")
    with contextlib.chdir(ROOT):
        options = claims.Claims(
            results=(RESULTS,), workdir=str(folder / "work"), page=page
        )
        claims.judge_claims(options)
    made = [folder / "claims.md", folder / "claims.csv", *(folder / "claims").iterdir()]
    return {
        str(path.relative_to(folder)): path.read_text().replace(page, "docs/claims.md")
        for path in made
    }


def test_the_pages_of_claims_are_of_these_results(pages_of_claims):
    hint = f"python -m trainers.claims --results={RESULTS} --page=docs/claims.md"
    folder = pathlib.Path("docs")
    names = [
        "claims.md",
        "claims.csv",
        *(f"claims/{n}" for n in os.listdir("docs/claims")),
    ]
    assert sorted(pages_of_claims) == sorted(names), hint
    for name, text in pages_of_claims.items():
        assert text == (folder / name).read_text(), hint


def test_no_page_of_claims_is_too_long_to_read(pages_of_claims):
    words = {name: len(text.split()) for name, text in pages_of_claims.items()}
    del words["claims.csv"]
    assert {name: n for name, n in words.items() if n >= 3000} == {}


def test_links_of_the_pages_of_claims_lead_somewhere(pages_of_claims):
    for name, text in pages_of_claims.items():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            place = pathlib.Path("docs", name).parent / target
            assert place.exists(), f"{name}: {target}"


def test_claims_have_their_figures(pages_of_claims):
    for id_ in claim_figures.FIGURES:
        sections = "".join(pages_of_claims.values()).split("\n## ")
        (section,) = (one for one in sections if one.startswith(f"{id_}\n"))
        assert "![" in section, id_


def test_the_page_of_the_plan_is_of_these_results():
    paths = [f"{RESULTS}/{name}_published.jsonl.gz" for name in ("digits", "cifar10")]
    text = planned.tables(reading.read(paths).records)
    assert pathlib.Path("docs/published_objective.md").read_text().endswith(text), (
        "python -m trainers.claims.planned --results="
        f"{','.join(paths)} --page=docs/published_objective.md"
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
