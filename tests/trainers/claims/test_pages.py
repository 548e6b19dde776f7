"""Every claim has its page, and words for the table of all."""

import dataclasses

import pytest

from trainers.claims import claim_figures, headlines, pages, papers
from trainers.claims.catalogue.catalogue import CLAIMS
from trainers.claims.claim import Claim, judge
from trainers.results.settings import GPU


def claim(id_, source):
    return Claim(id_, "text", source, "order only", (GPU,))


@pytest.mark.parametrize(
    ("id_", "source", "name"),
    [
        ("L1", "Linearity, fig. 1", "linearity"),
        ("L1 layer 0", "Linearity, fig. 1", "layer_0"),
        ("L1 somewhere", "Linearity, fig. 1", "linearity"),
        ("L2 ERM", "Linearity, fig. 1", "linearity"),
        ("L2 mixup", "Linearity, fig. 1", "linearity_of_ict"),
        ("A3", "Linearity, sec. 3.2", "accuracy"),
        ("D3", "Data dependency, sec. 2; MixupE", "data_dependency"),
        ("R6", "Mixup; Regularization", "mixup"),
        ("R3", "Regularization; Calibration", "regularization"),
        ("R12", "Calibration", "regularization"),
        ("E1", "MixupE, tables 1-3", "mixupe"),
        ("Q1 share", "open question", "floor"),
        ("Q2", "open question", "open_questions"),
    ],
)
def test_the_page_of_a_claim(id_, source, name):
    assert pages.page_of(claim(id_, source)).name == name


def test_the_first_paper_of_a_source():
    assert papers.paper_of("MixupE, table 4") == "MixupE"
    assert papers.paper_of("Mixup; MixupE") == "Mixup"
    assert papers.paper_of("Regularization; Mixup") == "Regularization"
    assert papers.paper_of("open question") is None


def test_each_claim_has_its_judgements():
    judgements = judge([claim("X1", "Mixup"), claim("X2", "Mixup")], None)
    assert pages.by_claim(judgements * 1) == [[judgements[0]], [judgements[1]]]
    assert pages.by_claim([judgements[0]] * 2) == [[judgements[0]] * 2]


def test_words_and_figures_are_of_claims():
    names = {claim.id for claim in CLAIMS}
    for table in (headlines.HEADLINES, headlines.PUBLISHED, claim_figures.FIGURES):
        assert set(table) <= names


def test_words_of_a_claim_without_a_headline():
    one = claim("X1", "Mixup")
    assert headlines.headline(one) == "text"
    assert headlines.published(one) == "order"
    alone = dataclasses.replace(one, published="3.5 %")
    assert headlines.published(alone) == "3.5 %"


def test_the_figure_of_a_claim(tmp_path):
    one = claim("L1", "Linearity")
    assert claim_figures.figure_of(one, str(tmp_path / "none")) is None
    assert claim_figures.figure_of(one, str(tmp_path)) is None
    beginning = claim_figures.FIGURES["L1"]
    for name in (f"{beginning}_b.png", f"{beginning}_a.png", f"{beginning}_a.csv", "a"):
        (tmp_path / name).touch()
    assert claim_figures.figure_of(one, str(tmp_path)) == f"{beginning}_a"
    assert claim_figures.figure_of(claim("X1", "Mixup"), str(tmp_path)) is None
