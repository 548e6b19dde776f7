import math
import re
import statistics

import pytest

from trainers.report import tables_part, toys_part
from trainers.report.timings_part import Timing
from trainers.report.variants import variants

SCORES = {
    "cross_entropy": 0.5,
    "expected_calibration_error": 0.25,
    "predictive_entropy": 0.75,
}


def tables_of(section):
    """Each table of a section, as a list of rows of words."""
    return [
        [
            re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
            for row in re.findall(r"<tr>(.*?)</tr>", one, re.DOTALL)
        ]
        for one in re.findall(r"<table.*?</table>", section.body, re.DOTALL)
    ]


def test_a_line_a_variant_and_a_line_a_run(record):
    accuracies, nonlin = [0.5, 0.75], [0.2, 0.4]
    records = [
        record("mixup", seed, accuracies[seed], nonlin[seed]) for seed in range(2)
    ] + [record("ict", 0, 0.6, 0.3, method="ict", teacher=0.625, num_labels=None)]
    times = {records[1].key: Timing(40, 12.4)}
    by_variant, by_run = tables_of(tables_part.section(variants(records), times))
    head = ["variant", "labels", "seeds", "validation, %", "test, %", "test, 95 %"]
    assert by_variant[0] == [*head, "NonLin", "NonLin, 95 %", "floor"]
    mixup, ict = by_variant[1:]
    assert mixup[:3] == ["mixup", "50", "2"]
    assert mixup[3] == f"52.50 ± {statistics.stdev([40, 65]):.2f}"
    assert mixup[4] == f"62.50 ± {statistics.stdev([50, 75]):.2f}"
    # The quantile of Student's t for two seeds is 12.706.
    half = 12.7062 * statistics.stdev([50, 75]) / 2**0.5
    assert mixup[5] == f"[{62.5 - half:.2f}, {62.5 + half:.2f}]"
    assert mixup[6] == f"0.3000 ± {statistics.stdev(nonlin):.4f}"
    assert ict == ["ict", "all", "1", "50.00", "60.00", "", "0.3000", "", "0.0500"]
    assert by_run == [
        ["run", "validation, %", "test, %", "teacher, test, %", "NonLin", "s"],
        ["mixup/seed0", "40.00", "50.00", "", "0.2000", ""],
        ["mixup/seed1", "65.00", "75.00", "", "0.4000", "12"],
        ["ict/seed0", "50.00", "60.00", "62.50", "0.3000", ""],
    ]


def test_an_evaluation_of_another_network_is_not_shown_as_the_runs_own(record):
    found = {"scores": {"plain": {"test": SCORES}}}
    own = record(evaluation={**found, "network": "student"})
    assert len(tables_of(tables_part.section(variants([own]), {}))) == 3
    other = record(evaluation={**found, "network": "teacher"})
    assert len(tables_of(tables_part.section(variants([other]), {}))) == 2


def test_columns_without_a_number_are_left_out(record):
    one = record()
    one.result["linearity"] = {}
    by_variant, by_run = tables_of(tables_part.section(variants([one]), {}))
    assert by_variant[0] == ["variant", "labels", "seeds", "validation, %", "test, %"]
    assert by_run[0] == ["run", "validation, %", "test, %"]


def test_evaluations_have_a_table_of_their_own(record):
    scores = {"plain": {"test": SCORES}, "corrected": {"validation": SCORES}}
    records = [
        record("a", 0, evaluation={"scores": scores}),
        record("a", 1),
        record("b", 0),
    ]
    _, evaluated, _ = tables_of(tables_part.section(variants(records), {}))
    assert evaluated == [
        ["variant", "seeds", "NLL", "ECE", "entropy"],
        ["a", "1", "0.5000", "0.2500", "0.7500"],
    ]
    scores["corrected"]["test"] = {"cross_entropy": 0.125}
    _, evaluated, _ = tables_of(tables_part.section(variants(records), {}))
    assert evaluated[0][-1] == "NLL, corrected"
    assert evaluated[1][-1] == "0.1250"


def test_what_cannot_be_compared_has_tables_of_its_own(record):
    records = [record("a"), record("b", steps=50), record("c", dataset="cifar10")]
    found = tables_of(tables_part.section(variants(records), {}))
    assert [rows[1][0] for rows in found[::2]] == ["c", "a", "b"]


def test_two_measures_of_linearity_are_in_no_common_column(record):
    records = [
        record("a"),
        record("b", linearity_start="previous"),
        record("c", batch_size=8),
    ]
    section = tables_part.section(variants(records), {})
    assert [rows[1][0] for rows in tables_of(section)[::2]] == ["a", "b", "c"]
    captions = re.findall("<caption>(.*?)</caption>", section.body)
    assert [", linearity_start=previous" in one for one in captions] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_diverged_run_is_shown_as_one(record, value):
    records = [record("a", 0, nonlin=value), record("a", 1, nonlin=0.5)]
    records += [record("b", seed, nonlin=0.5) for seed in range(2)]
    by_variant, by_run = tables_of(tables_part.section(variants(records), {}))
    assert by_variant[1][6:8] == ["1 of 2 not finite", ""]
    assert by_variant[2][6] == "0.5000 ± 0.0000"
    assert by_run[1][3] == str(value)


def test_examples_are_what_was_measured_last():
    runs = [
        {
            "alpha": alpha,
            "seed": seed,
            "measured": [
                {"step": 1, "training_error": 1.0, "probability": 0.9},
                {"step": 2, "training_error": error, "probability": 0.125},
            ],
        }
        for alpha, seed, error in ((None, 0, 0.5), (1.0, 0, 0.25), (1.0, 1, 0.75))
    ]
    content = {"counterexample": {"runs": runs}}
    ((head, erm, mixup),) = tables_of(toys_part.section(content, None))
    assert head == ["", "seeds", "training error, %", "P(y=1 at x=1)"]
    assert erm[1:] == ["1", "50.0", "0.1250"]
    # The standard deviation of two values is their distance by the root of 2.
    assert mixup[1:] == ["2", f"50.0 ± {50 / 2**0.5:.1f}", "0.1250 ± 0.0000"]


def test_tables_beside_their_published_errors():
    measured = {"iris": {"erm": {"errors": [4.0, 6.0]}}, "own": {}}
    ((head, iris, own),) = tables_of(toys_part.section({}, measured))
    assert head[1:3] == ["ERM", "ERM, published"]
    assert iris[:3] == ["iris", "5.00 ± 1.41", "9.06 ± 7.01"]
    assert iris[3] == ""
    assert set(own[1:]) == {""}
