"""Names of arms."""

import pytest

from trainers.claims import naming
from trainers.results.arms import arms_of


def arm(made, method, **settings):
    (one,) = arms_of([made.record(method, 0, **settings)])
    return one


@pytest.mark.parametrize(
    ("method", "settings", "name"),
    [
        ("erm", {}, "ERM"),
        ("erm", {"num_points": 3}, "ERM"),
        ("ict", {"num_points": 4}, "ICT[4]"),
        ("mixup", {}, "mixup"),
        ("mixup", {"num_points": 3}, "mixup[3]"),
        ("mixup", {"mix_labels": False}, "mixup of inputs alone"),
        ("approximate_mixup", {}, "approximate mixup"),
        ("mixupe", {}, "MixupE"),
    ],
)
def test_names(made, method, settings, name):
    assert naming.name_of(arm(made, method, **settings)) == name


@pytest.mark.parametrize(
    ("method", "settings", "words"),
    [
        ("erm", {"alpha": 3.0}, "ERM"),
        ("mixup", {"alpha": 2.0, "dropout": 0.5}, "mixup: alpha 2.0, dropout 0.5"),
        ("mixup", {"mean_dominant_weight": 0.7}, "mixup: mean dominant weight 0.7"),
        (
            "ict",
            {"consistency_weight": 100.0, "teacher_decay": "none"},
            "ICT: probabilities, weight 100, no teacher, alpha 0.5",
        ),
        (
            "ict",
            {"target": "logits", "ramp_shape": "none", "evaluated_network": "teacher"},
            "ICT: logits, weight 10, teacher 0.99, alpha 0.5, evaluated_network "
            "teacher, ramp_shape none",
        ),
        ("mixupe", {"eta": 0.1}, "MixupE: absolute, alpha 0.5, eta 0.1"),
    ],
)
def test_details_tell_what_is_not_usual(made, method, settings, words):
    assert naming.details(arm(made, method, **settings)) == words


def test_details_without_strength(made):
    one = arm(made, "ict", mean_dominant_weight=0.7)
    expected = "ICT: probabilities, weight 10, teacher 0.99"
    assert naming.details(one, mixing=False) == expected


def test_labels(made):
    assert naming.labels_of(arm(made, "erm")) == "all labels"
    noisy = arm(made, "erm", num_labels=20, label_noise=0.2)
    assert naming.labels_of(noisy) == "20 labels, 20 % of them random"


def test_lists_of_numbers():
    assert [naming.listed(range(2, n)) for n in (3, 4, 6)] == [
        "2",
        "2 and 3",
        "2, 3, 4 and 5",
    ]
