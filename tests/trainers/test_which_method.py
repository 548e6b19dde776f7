"""The pages that sum up: their numbers are those of `docs/results`."""

import re
from pathlib import Path

import numpy as np
import pytest

from keras_mixup import calibration
from trainers.results import reading

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "which_method.md").read_text()
NUMBER = r"\d+\.\d"

# Each row of a table: its label and, for each cell, the file, the variant, the network
# and the measure that it states.
Rows = dict[str, list[tuple[str, str, str, str]]]

PLAIN_AND_MIXUP = {"plain training": "digits_erm", "mixup": "digits_mixup"}
ICT = {f"ICT[{k}]": f"digits_ict_k{k}" for k in (2, 3, 4, 5)}
ECE = "expected_calibration_error"


def rows(names, files, endings, network="student", measures=("accuracy",)) -> Rows:
    """Rows of which each column has a file, an ending of the variant, or a measure."""
    return {
        label: [
            (file, name + ending, network, measure)
            for file in files
            for ending in endings
            for measure in measures
        ]
        for label, name in names.items()
    }


CIFAR10 = [f"_{count}labels" for count in (250, 1000, 4000)]
TABLES = [
    rows(
        PLAIN_AND_MIXUP | ICT,
        ["digits"],
        [f"_{count}labels" for count in (20, 50, 200)],
    ),
    rows(
        {
            "plain training": "cifar10_small_erm",
            "mixup": "cifar10_small_mixup",
            "ICT[2]": "cifar10_small_ict_k2",
        },
        ["cifar10_labels"],
        CIFAR10,
    ),
    rows(
        {f"ICT[{k}], teacher": f"cifar10_small_ict_k{k}" for k in (2, 3, 4)},
        ["cifar10_labels"],
        CIFAR10,
        network="teacher",
    ),
    rows(
        PLAIN_AND_MIXUP | {k: ICT[k] for k in ("ICT[2]", "ICT[4]")},
        ["digits", "digits_no_augmentation", "digits_group_norm"],
        ["_50labels"],
    ),
    {
        f"{weight:.3f}: alpha {two} for K = 2, {four} for K = 4": [
            (
                "digits_strength",
                f"digits_ict_k{k}_mean_dominant_weight{weight}_50labels",
                "student",
                "accuracy",
            )
            for k in (2, 4)
        ]
        for weight, two, four in ((0.81831, "0.5", "0.127"), (0.61755, "5.50", "0.5"))
    },
    rows(
        PLAIN_AND_MIXUP
        | {
            "mixup of the inputs only": "digits_mixup_inputs",
            "MixupE": "digits_mixupe",
        },
        ["digits_supervised"],
        ["_alllabels"],
        measures=("accuracy", ECE),
    ),
    rows(
        PLAIN_AND_MIXUP | {"approximate mixup": "digits_approximate_mixup"},
        ["digits_mlp"],
        ["_50labels", "_alllabels"],
        measures=("accuracy", ECE),
    ),
    rows(
        {
            "plain training": "digits_noise_erm",
            "dropout": "digits_noise_dropout",
            "mixup": "digits_noise_mixup",
            "mixup and dropout": "digits_noise_mixup_dropout",
        },
        ["digits_noise"],
        [f"_label_noise{share}" for share in (0.2, 0.5, 0.8)],
    ),
]


def mean_and_spread(values):
    return f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}"


@pytest.fixture(scope="module")
def scores():
    """`{(file, variant, network): {seed: scores}}` of every committed run."""
    found = {}
    for path in sorted(DOCS.glob("results/*.jsonl.gz")):
        file = path.name.removesuffix(".jsonl.gz")
        for record in reading.read([path]).records:
            for network in ("student", "teacher"):
                if result := record.result.get(network):
                    runs = found.setdefault((file, record.variant, network), {})
                    runs[record.seed] = result["test"]
    return found


@pytest.fixture(scope="module")
def expected(scores):
    """Every row of the page that states results, as the results have it."""
    lines = []
    for table in TABLES:
        for label, cells in table.items():
            texts = []
            for file, variant, network, measure in cells:
                runs = scores[file, variant, network]
                assert sorted(runs) == list(range(5 if "cifar10" in file else 10))
                texts.append(mean_and_spread([100 * r[measure] for r in runs.values()]))
            lines.append(" | ".join(["", label, *texts, ""]).strip())
    tables = reading.read([DOCS / "results" / "tables.json"]).tables
    for name, methods in tables.items():
        plain, mixup = (mean_and_spread(methods[m]["errors"]) for m in ("erm", "mixup"))
        alpha = methods["mixup"]["settings"]["alpha"]
        lines.append(f"| {name} | {plain} | {mixup} | {alpha} |")
    return lines


def test_tables_are_those_of_the_results(expected):
    stated = [line for line in PAGE.splitlines() if "±" in line and line[0] == "|"]
    assert stated == expected


def test_readme_states_a_row_of_the_tables(scores):
    readme = (DOCS.parent / "README.md").read_text()
    means = {
        name: np.mean(
            [
                100 * run["accuracy"]
                for run in scores["digits", name, "student"].values()
            ]
        )
        for name in ("digits_ict_k3_50labels", "digits_erm_50labels")
    }
    ict, plain = means.values()
    assert (
        f"ICT[3] gets {ict:.1f} % of the test examples right and plain training "
        f"{plain:.1f} %" in " ".join(readme.split())
    )


def test_decisions_rest_on_the_tables(expected):
    means = {mean for line in expected for mean in re.findall(rf"({NUMBER}) ±", line)}
    decisions = PAGE[
        PAGE.index("<!-- decisions: begin") : PAGE.index("<!-- decisions: end")
    ]
    what_to_expect = [row.split("|")[4] for row in decisions.splitlines() if "|" in row]
    stated = re.findall(NUMBER, " ".join(what_to_expect))
    assert len(stated) > 10
    assert set(stated) <= means


def test_the_page_of_results_rests_on_the_tables(expected, nonlin):
    page = (DOCS / "results.md").read_text().split("## How it was measured")[0]
    lines = dict(zip(*[iter(re.split(r"(?m)^\*\*(\d+)\. ", page)[1:])] * 2))
    means = {mean for line in expected for mean in re.findall(rf"({NUMBER}) ±", line)}
    for number in "1", "2", "3", "8", "9", "10":
        stated = numbers_of_tables(lines[number])
        assert len(stated) >= 4
        assert set(stated) <= means, number
    plain, mixup = (f"digits_{name}_50labels" for name in ("erm", "mixup"))
    networks = (("digits", "layer_3"), ("digits_mlp", "layer_1"))
    assert numbers_of_tables(lines["5"]) == [
        nonlin(file, variant, layer)
        for file, layer in networks
        for variant in (plain, mixup)
    ]
    files = ("digits", "digits_no_augmentation", "digits_group_norm")
    assert numbers_of_tables(lines["6"]) == [
        nonlin(file, variant, "layer_3")
        for file in files
        for variant in (plain, "digits_ict_k4_50labels")
    ]
    costs = (DOCS / "costs.md").read_text()
    assert all(f"| {ratio} |" in costs for ratio in numbers_of_tables(lines["11"]))


def numbers_of_tables(text):
    """The numbers with a point in the tables of a text."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return re.findall(r"\d+\.\d+", " ".join(rows))


@pytest.fixture(scope="module")
def nonlin():
    """A function that returns the mean NonLin of a layer at the end, in two digits."""

    def mean(file, variant, layer):
        records = reading.read([DOCS / "results" / f"{file}.jsonl.gz"]).records
        values = [
            one.result["linearity"][layer]["value"]
            for one in records
            if one.variant == variant
        ]
        assert len(values) == 10
        return f"{np.mean(values):.2f}"

    return mean


def test_alphas_are_as_strong_as_the_page_says():
    for weight, k, alpha in ((0.81831, 4, 0.127), (0.61755, 2, 5.50)):
        digits = len(str(alpha).split(".")[1])
        found = calibration.alpha_for(weight, num_points=k)
        assert round(found, digits) == alpha
