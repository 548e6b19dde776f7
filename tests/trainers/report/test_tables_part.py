import math
import statistics

import pytest

from trainers.report import tables_part, toys_part
from trainers.report.timings_part import Timing
from trainers.results.roles import MEAN_LINEARITY
from trainers.results.settings import settings_of

SCORES = {
    "cross_entropy": 0.5,
    "expected_calibration_error": 0.25,
    "predictive_entropy": 0.75,
}


def section(records, times=()):
    found = settings_of(records, MEAN_LINEARITY)
    return tables_part.section(found, dict(times))


def test_a_line_an_arm_and_a_line_a_run(record, tables_of):
    accuracies, nonlin = [0.5, 0.75], [0.2, 0.4]
    records = [
        record("mixup", seed, accuracies[seed], nonlin[seed]) for seed in range(2)
    ] + [record("ict", 0, 0.6, 0.3, method="ict", teacher=0.625, num_labels=None)]
    times = {records[1].key: Timing(40, 12.4)}
    by_variant, by_run = tables_of(section(records, times))
    head = ["method", "labels", "seeds", "validation, %", "test, %", "test, 95 %"]
    assert by_variant[0] == [*head, "NonLin", "NonLin, 95 %", "floor", "folder"]
    mixup, ict = by_variant[1:]
    assert mixup[:3] == ["mixup", "50", "2"]
    assert mixup[3] == f"52.50 ± {statistics.stdev([40, 65]):.2f}"
    assert mixup[4] == f"62.50 ± {statistics.stdev([50, 75]):.2f}"
    # The quantile of Student's t for two seeds is 12.706.
    half = 12.7062 * statistics.stdev([50, 75]) / 2**0.5
    assert mixup[5] == f"[{62.5 - half:.2f}, {62.5 + half:.2f}]"
    assert mixup[6] == f"0.3000 ± {statistics.stdev(nonlin):.4f}"
    assert mixup[9] == "mixup"
    expected = ["ICT[2]", "all", "1", "50.00", "60.00", "", "0.3000", "", "0.0500"]
    assert ict == [*expected, "ict"]
    assert by_run == [
        ["run", "validation, %", "test, %", "teacher, test, %", "NonLin", "s"],
        ["mixup/seed0", "40.00", "50.00", "", "0.2000", ""],
        ["mixup/seed1", "65.00", "75.00", "", "0.4000", "12"],
        ["ict/seed0", "50.00", "60.00", "62.50", "0.3000", ""],
    ]


def test_an_evaluation_of_another_network_is_not_shown_as_the_runs_own(
    record, tables_of
):
    found = {"scores": {"plain": {"test": SCORES}}}
    own = record(evaluation={**found, "network": "student"})
    assert len(tables_of(section([own]))) == 3
    other = record(evaluation={**found, "network": "teacher"})
    assert len(tables_of(section([other]))) == 2


def test_columns_without_a_number_are_left_out(record, tables_of):
    one = record()
    one.result["linearity"] = {}
    by_variant, by_run = tables_of(section([one]))
    head = ["method", "labels", "seeds", "validation, %", "test, %", "folder"]
    assert by_variant[0] == head
    assert by_run[0] == ["run", "validation, %", "test, %"]


def test_evaluations_have_a_table_of_their_own(record, tables_of):
    scores = {"plain": {"test": SCORES}, "corrected": {"validation": SCORES}}
    records = [
        record("a", 0, evaluation={"scores": scores}),
        record("a", 1),
        record("b", 0, method="erm"),
    ]
    _, evaluated, _ = tables_of(section(records))
    assert evaluated == [
        ["method", "labels", "seeds", "NLL", "ECE", "entropy"],
        ["mixup", "50", "1", "0.5000", "0.2500", "0.7500"],
    ]
    scores["corrected"]["test"] = {"cross_entropy": 0.125}
    _, evaluated, _ = tables_of(section(records))
    assert evaluated[0][-1] == "NLL, corrected"
    assert evaluated[1][-1] == "0.1250"


def test_evaluations_of_different_options_have_a_table_each(record, tables_of):
    records = [
        record("a", seed, evaluation={"scores": scores, "options": options})
        for seed, (options, scores) in enumerate(
            [
                ({"num_bins": 15}, {"plain": {"test": SCORES}}),
                ({"num_bins": 9}, {"plain": {"test": {**SCORES, "cross_entropy": 2}}}),
                ({"num_bins": 15, "split": ["test"]}, {"plain": {"test": SCORES}}),
            ]
        )
    ]
    text = section(records)
    _, first, second, _ = tables_of(text)
    assert first[1][:4] == ["mixup", "50", "2", "0.5000 ± 0.0000"]
    assert second[1][:4] == ["mixup", "50", "1", "2.0000"]
    text = text.replace("\\", "")
    assert text.index("examples, num_bins 15:") < text.index("examples, num_bins 9:")


def test_what_cannot_be_compared_has_tables_of_its_own(record, tables_of):
    records = [record("a"), record("b", steps=50), record("c", dataset="cifar10")]
    found = tables_of(section(records))
    assert [rows[1][-1] for rows in found[::2]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("linearity_start", "previous"), ("linearity_layers", ("layer_1",))],
)
def test_two_measures_of_linearity_are_in_no_common_column(
    record, tables_of, name, value
):
    records = [
        record("a"),
        record("b", **{name: value}),
        record("c", batch_size=8),
    ]
    text = section(records)
    assert {rows[1][-1] for rows in tables_of(text)[::2]} == {"a", "b", "c"}
    text = text.replace("\\", "")
    words = f"{name} {value if isinstance(value, str) else ','.join(value)}"
    parts = {part.count(words): part for part in text.split("###")}
    assert "| b |" in parts[1]
    assert "| a |" not in parts[1]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_diverged_run_is_shown_as_one(record, value, tables_of):
    records = [record("a", 0, nonlin=value), record("a", 1, nonlin=0.5)]
    records += [record("b", seed, nonlin=0.5, alpha=0.125) for seed in range(2)]
    by_variant, by_run = tables_of(section(records))
    rows = {row[-1]: row for row in by_variant}
    assert rows["a"][6:8] == ["1 of 2 not finite", ""]
    assert rows["b"][6] == "0.5000 ± 0.0000"
    assert {row[0]: row[3] for row in by_run}["a/seed0"] == str(value)


def test_the_main_table_has_a_line_for_each_setting_and_number_of_labels(
    record, tables_of
):
    records = [record("a", seed, 0.5 + 0.1 * seed, method="erm") for seed in range(2)]
    records += [record("b", s, 0.75, method="ict", num_points=10) for s in range(2)]
    # Fewer runs have this option.
    records += [record("c", 0, 0.25, method="ict", num_points=10, alpha=0.125)]
    records += [record("d", 0, 0.875, method="ict", num_points=3, num_labels=None)]
    records += [record("e", 0, 0.125, linearity_start="previous", steps=50)]
    (table,) = tables_of(tables_part.main_table(settings_of(records)))
    assert table[0] == ["test accuracy, %", "ERM", "ICT[3]", "ICT[10]", "mixup"]
    rows = {row[0]: row[1:] for row in table[1:]}
    (few,) = [rows[name] for name in rows if "40 steps, 50 labels" in name]
    (every,) = [rows[name] for name in rows if "40 steps, all labels" in name]
    (longer,) = [rows[name] for name in rows if "50 steps, 50 labels" in name]
    assert few == [f"55.00 ± {10 / 2**0.5:.2f}", "", "75.00 ± 0.00", ""]
    assert every == ["", "87.50", "", ""]
    assert longer == ["", "", "", "12.50"]


def test_examples_are_what_was_measured_last(tables_of):
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


def test_tables_beside_their_published_errors(tables_of):
    measured = {"iris": {"erm": {"errors": [4.0, 6.0]}}, "own": {}}
    ((head, iris, own),) = tables_of(toys_part.section({}, measured))
    assert head[1:3] == ["ERM", "ERM, published"]
    assert iris[:3] == ["iris", "5.00 ± 1.41", "9.06 ± 7.01"]
    assert iris[3] == ""
    assert set(own[1:]) == {""}
