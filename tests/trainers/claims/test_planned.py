"""The comparisons of docs/published_objective.md, on made-up runs."""

import dataclasses

import pytest

from trainers.claims import planned
from trainers.errors import UsageError
from trainers.results.arms import arms_of

LAYERS = [f"layer_{index}" for index in range(6)]
ICT = {"method": "ict", "target": "logits", "consistency_weight": "100.0"}
PLAN = {
    "ERM": {"method": "erm"},
    "mixup": {"method": "mixup"},
    "ICT[2], no teacher": {**ICT, "teacher_decay": "none"},
    "ICT[4], no teacher": {**ICT, "teacher_decay": "none", "num_points": 4},
}


def history(value, floor=0.1):
    """Rows of seven measurements, of which the first two are far off."""
    return [
        {
            "step": step,
            **{f"nonlin/{layer}": value + (9 if step < 2 else 0) for layer in LAYERS},
            **{f"nonlin_floor/{layer}": floor for layer in LAYERS},
        }
        for step in range(7)
    ] + [{"step": 7, "loss/total": 1.0}]


def runs(made, values, accuracies=None):
    """Ten runs of each arm about its NonLin, on 50 labels."""
    found = []
    for salt, (name, settings) in enumerate(PLAN.items()):
        noise = made.wiggle(salt)
        found += made.arm(
            accuracy=(accuracies or {}).get(name, 0.5),
            salt=salt,
            num_labels=50,
            history=[history(values[name] + one) for one in noise],
            **settings,
        )
    return found


def verdicts(records):
    return {one.claim: one for one in planned.judged(planned.named(arms_of(records)))}


def test_supported_contradicted_and_inconclusive(made):
    values = {
        "ERM": 0.4,
        "mixup": 0.3,
        "ICT[2], no teacher": 0.2,
        "ICT[4], no teacher": 0.2,
    }
    found = verdicts(runs(made, values))
    # Mixup is below plain training at every layer, so at one of four as claimed.
    bends = found["L1: mixup bends the middle layers"]
    assert (bends.verdict, bends.agreeing) == ("did not carry over", 2)
    straight = found["L2: ICT[2], no teacher, is more linear than ERM"]
    assert (straight.verdict, straight.agreeing) == ("supported", 10)
    four = found["L3: ICT[4] is more linear than ICT[2], no teacher"]
    assert (four.verdict, four.agreeing) == ("inconclusive", 0)


def test_accuracy_is_compared_with_both(made):
    values = dict.fromkeys(PLAN, 0.2)
    records = runs(made, values, {"ICT[2], no teacher": 0.6, "mixup": 0.6})
    one = verdicts(records)[
        "A1: ICT[2], no teacher, is more accurate than ERM and mixup"
    ]
    assert (one.verdict, one.agreeing) == ("inconclusive", 1)


def test_one_opposing_comparison_among_many_is_corrected(made):
    # One of ten is opposed with p = .01: Holm's correction leaves .1.
    comparisons = [
        planned.Difference(str(n), dict(enumerate(made.wiggle(n))), 0.0, "below")
        for n in range(9)
    ]
    opposed = {seed: 0.0065 + one for seed, one in enumerate(made.wiggle(9))}
    comparisons.append(planned.Difference("9", opposed, 0.0, "below"))
    (_, against) = comparisons[-1].p_values()
    assert 0.005 < against < 0.05
    assert planned.Judged("all", comparisons).verdict == "inconclusive"
    assert planned.Judged("one", comparisons[-1:]).verdict == "did not carry over"


def test_the_page_keeps_what_stands_above_the_results(made, monkeypatch, tmp_path):
    records = runs(made, dict.fromkeys(PLAN, 0.2))
    monkeypatch.setattr(planned.reading, "read", lambda paths: made.results(records))
    page = tmp_path / "plan.md"
    page.write_text("# The plan\n\nFixed.\n\n## Results\n\nold\n")
    options = planned.Planned(results=("here",), page=str(page))
    text = planned.judge_plan(options)
    assert page.read_text() == f"# The plan\n\nFixed.\n\n## Results\n\n{text}"
    assert "| ERM | 50.0 ± 0.7 |" in text
    assert planned.judge_plan(options) == text


def test_results_are_needed(made, monkeypatch):
    with pytest.raises(UsageError, match="--results must name results"):
        planned.Planned()
    monkeypatch.setattr(planned.reading, "read", lambda paths: made.results())
    with pytest.raises(UsageError, match="hold no runs"):
        planned.judge_plan(planned.Planned(results=("here",)))


def test_a_seed_that_one_arm_lacks_is_left_out_of_every_arm(made):
    records = runs(made, dict.fromkeys(PLAN, 0.2))
    (gone,) = (r for r in records if r.seed == 3 and r.settings["num_points"] == "4")
    found = planned.named(arms_of([one for one in records if one is not gone]))
    assert {tuple(arm.records) for arm in found.values()} == {(0, 1, 2, *range(4, 10))}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({**ICT, "target": "probabilities"}, "with another target"),
        ({**ICT, "teacher_decay": "0.999"}, "with another teacher_decay"),
        ({"method": "mixup", "alpha": "2.0"}, "each once in a setting"),
    ],
)
def test_runs_of_another_plan_are_refused(made, other, message):
    records = runs(made, dict.fromkeys(PLAN, 0.2)) + made.arm(num_labels=50, **other)
    with pytest.raises(UsageError, match=message):
        planned.tables(records)


def test_other_steps_are_another_setting(made):
    records = runs(made, dict.fromkeys(PLAN, 0.2))
    longer = [
        dataclasses.replace(
            one,
            settings={**one.settings, "steps": "9000"},
            result={**one.result, "steps": 9000},
        )
        for one in records
    ]
    text = planned.tables([*records, *longer])
    assert [line.split(", ")[2] for line in text.splitlines() if line[:3] == "###"] == [
        "1500 steps",
        "9000 steps",
    ]


def test_values_that_are_not_finite_support_nothing(made):
    records = runs(made, {**dict.fromkeys(PLAN, 0.2), "mixup": float("nan")})
    one = verdicts(records)["L2: ICT[2], no teacher, is more linear than mixup"]
    assert (one.verdict, one.agreeing) == ("inconclusive", 0)
