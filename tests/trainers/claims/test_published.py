"""The distance of runs from the published recipes."""

import pytest

from trainers.claims import published
from trainers.claims.catalogue.catalogue import CLAIMS
from trainers.claims.papers import PAPERS

FIGURE_1 = {
    "method": "ict",
    "dataset": "cifar10",
    "architecture": "wide_resnet_28_2",
    "steps": 100_000,
    "target": "logits",
    "consistency_weight": 100.0,
    "teacher_decay": 0.999,
}


def distance(made, source="Linearity, fig. 1", **changes):
    settings = {**FIGURE_1, **changes}
    record = made.record(settings.pop("method"), 0, **settings)
    return published.distance(source, record.settings)


def test_the_published_recipe_is_at_distance_zero(made):
    assert distance(made) == ()
    assert distance(made, teacher_decay="none") == ()
    assert distance(made, method="mixup") == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dataset": "digits"}, ("data",)),
        ({"architecture": "wide_resnet_10_1"}, ("network",)),
        ({"steps": 99_999}, ("steps",)),
        ({"target": "probabilities"}, ("target",)),
        ({"consistency_weight": 1.0}, ("weight",)),
        ({"teacher_decay": 0.99}, ("teacher",)),
        ({"dataset": "digits", "steps": 1500}, ("data", "steps")),
    ],
)
def test_each_aspect_counts(made, changes, words):
    assert distance(made, **changes) == words
    # The options of ICT are none of mixup's.
    others = [word for word in words if word in ("data", "network", "steps")]
    assert distance(made, method="mixup", **changes) == tuple(others)


def test_a_paper_whose_name_begins_another_is_told_apart(made):
    wide = {"method": "mixupe", "architecture": "wide_resnet_28_10"}
    assert distance(made, "MixupE, table 1", **wide) == ()
    assert distance(made, "Mixup, table 3", **wide) == ("network",)


def test_nothing_is_published_of_an_open_question(made):
    assert distance(made, "open question", dataset="digits") == ()


def test_every_paper_has_a_recipe():
    assert set(published.RECIPES) == set(PAPERS)
    sources = {claim.source for claim in CLAIMS} - {"open question"}
    assert all(source.startswith(tuple(PAPERS)) for source in sources)
