"""Judges the plan of docs/published_objective.md: `python -m trainers.claims.planned`.

The page fixed the comparisons and the rule before the first run.
"""

import dataclasses
import functools
import statistics
import sys

from trainers import files
from trainers.claims import rule
from trainers.claims.catalogue.linearity_claims import LAYERS
from trainers.claims.comparisons import POINTS, Difference
from trainers.claims.naming import count_of_labels
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.results import reading
from trainers.results.arms import Arm, grouped
from trainers.results.quantities import accuracy_on_test, last_measurements
from trainers.results.record import Record
from trainers.results.settings import settings_of
from trainers.results.summaries import mean_and_deviation
from trainers.text_tables import markdown_table

USAGE = """
Judges the comparisons that docs/published_objective.md fixed before the first run.

  python -m trainers.claims.planned --results=docs/results/digits_published.jsonl.gz \\
      --page=docs/published_objective.md

Prints the tables. With --page, they replace the text below its heading "Results".

Exit codes: 0 success, whatever the verdicts; 1 failure; 2 bad input.
"""

HEADING = "## Results\n"
# The forms of ICT in the plan, by the decay of the teacher, and what all have.
TEACHERS = {"none": "no teacher", "0.99": "teacher .99"}
OBJECTIVE = {"target": "logits", "consistency_weight": "100.0"}


@dataclasses.dataclass(frozen=True)
class Planned:
    """Which results are judged, and where the tables go."""

    results: tuple[str, ...] = option((), "packed results or folders of sweeps", "What")
    page: str | None = option(
        None, "the page that the tables are written to", "How", none="none"
    )

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.results:
            raise UsageError("--results must name results; received none.")


@dataclasses.dataclass(frozen=True)
class Judged:
    """A claim in one setting.

    Attributes:
        claim: words.
        comparisons: list of `Difference`, all that the claim consists of.
    """

    claim: str
    comparisons: list[Difference]

    @functools.cached_property
    def outcomes(self) -> list[rule.Outcome]:
        """What was found of each comparison."""
        return rule.outcomes(self.comparisons)

    @property
    def verdict(self) -> str:
        """That of the rule; no grid of the plan is the published setting."""
        found = [one.verdict for one in self.outcomes]
        return rule.verdict(found, is_published=False)

    @property
    def agreeing(self) -> int:
        """How many comparisons have the claimed sign at 5 %."""
        return sum(one.verdict == rule.AS_CLAIMED for one in self.outcomes)


def named(arms: list[Arm]) -> dict[str, Arm]:
    """Returns the arms of one setting of the plan by name, on the seeds of all.

    A seed that one arm lacks is left out of every arm.

    Raises:
        UsageError: when they are not the arms of the plan.
    """
    by_name = grouped(arms, _name)
    several = [name for name, found in by_name.items() if len(found) > 1]
    if several or not {"ERM", "mixup"} < set(by_name):
        raise UsageError(
            "--results must hold ERM, mixup and ICT of the plan, each once in a "
            f"setting; received {', '.join(map(_name, arms))}."
        )
    seeds = set.intersection(*(set(arm.records) for arm in arms))
    if not seeds:
        raise UsageError("--results must hold a seed that all arms have.")
    return {
        name: Arm({seed: arm.records[seed] for seed in sorted(seeds)})
        for name, (arm,) in by_name.items()
    }


def _name(arm: Arm) -> str:
    if arm.method != "ict":
        return {"erm": "ERM"}.get(arm.method, arm.method)
    teacher = TEACHERS.get(arm.settings["teacher_decay"])
    other = [name for name, text in OBJECTIVE.items() if arm.settings[name] != text]
    if other or teacher is None:
        raise UsageError(
            "--results must hold ICT by the published objective, on logits with the "
            "weight 100, without a teacher or with one of decay .99; received ICT with "
            f"another {', '.join(other) or 'teacher_decay'}."
        )
    return f"ICT[{arm.num_points}], {teacher}"


def judged(found: dict[str, Arm]) -> list[Judged]:
    """Returns the claims of the plan in the order of its table."""
    icts = [name for name in found if name.startswith("ICT")]
    bends = dict.fromkeys(LAYERS[2:5], "above") | {LAYERS[5]: "below"}
    straight = dict.fromkeys(LAYERS[1:], "below")
    claims = [
        Judged(
            "L1: mixup bends the middle layers",
            _of_layers(found, "mixup", "ERM", bends),
        )
    ]
    for other in ("ERM", "mixup"):
        claims += [
            Judged(
                f"L2: {name}, is more linear than {other}",
                _of_layers(found, name, other, straight),
            )
            for name in icts
        ]
    for teacher in TEACHERS.values():
        pair = [f"ICT[{points}], {teacher}" for points in (4, 2)]
        if set(pair) <= set(found):
            claims.append(
                Judged(
                    f"L3: ICT[4] is more linear than ICT[2], {teacher}",
                    _of_layers(found, pair[0], pair[1], straight),
                )
            )
    claims += [
        Judged(
            f"A1: {name}, is more accurate than ERM and mixup",
            [
                Difference(
                    f"{name} and {other}: test accuracy",
                    found[name].values(accuracy_on_test),
                    found[other].values(accuracy_on_test),
                    "above",
                    POINTS,
                )
                for other in ("ERM", "mixup")
            ],
        )
        for name in icts
    ]
    return claims


def _of_layers(
    found: dict[str, Arm], first: str, second: str, claimed: dict[str, str]
) -> list[Difference]:
    return [
        Difference(
            f"{first} and {second}: {layer}, floor {'off' if excess else 'on'}",
            found[first].values(last_measurements(layer, excess)),
            found[second].values(last_measurements(layer, excess)),
            word,
        )
        for excess in (True, False)
        for layer, word in claimed.items()
    ]


def tables(records: list[Record]) -> str:
    """Returns the tables of the plan in Markdown, for each setting and label count."""
    parts = []
    for setting in settings_of(records):
        for number, arms in grouped(setting.arms, lambda a: a.num_labels).items():
            found = named(arms)
            seeds = sorted(found["ERM"].records)
            parts += [
                f"### {setting.name}, {count_of_labels(number)}",
                f"Seeds {', '.join(map(str, seeds))}. Accuracy on the test split in %, "
                "mean and standard deviation; NonLin of layers 1 to 5, without its "
                "floor and with it; the floor of layer 0.",
                markdown_table(_measured(found)),
                markdown_table(_verdicts(judged(found))),
            ]
    return "\n\n".join(parts) + "\n"


def _measured(found: dict[str, Arm]) -> list[list[str]]:
    head = [
        "arm",
        "accuracy",
        *(layer.replace("_", " ") for layer in LAYERS[1:]),
        "layer 0",
    ]
    rows = [head]
    for name, arm in found.items():
        scores = [100 * value for value in arm.values(accuracy_on_test).values()]
        layers = [
            " / ".join(f"{_mean_nonlin(arm, layer, off):.3f}" for off in (True, False))
            for layer in LAYERS[1:]
        ]
        floor = f"{_mean_nonlin(arm, LAYERS[0], False):.3f}"
        rows.append([name, mean_and_deviation(scores, 1), *layers, floor])
    return rows


def _mean_nonlin(arm: Arm, layer: str, excess: bool) -> float:
    return statistics.fmean(arm.values(last_measurements(layer, excess)).values())


def _verdicts(claims: list[Judged]) -> list[list[str]]:
    rows = [["claim", "comparisons as claimed", "verdict", "detectable difference"]]
    for one in claims:
        detectable = max(outcome.detectable or 0.0 for outcome in one.outcomes)
        largest = f"{detectable:.2g} {one.comparisons[0].unit.name}".strip()
        count = f"{one.agreeing} of {len(one.comparisons)}"
        rows.append([one.claim, count, one.verdict, largest])
    return rows


def judge_plan(options: Planned) -> str:
    """Prints the tables, writes them to the page, and returns them.

    Raises:
        UsageError: when the results are not those of the plan.
    """
    results = reading.read(options.results)
    for complaint in results.complaints:
        print(complaint, file=sys.stderr)
    if not results.records:
        raise UsageError(f"--results hold no runs: {','.join(options.results)}.")
    text = tables(results.records)
    print(text)
    if options.page:
        with open(options.page, encoding="utf-8") as file:
            before = file.read().split(HEADING)[0]
        files.write_text(options.page, f"{before}{HEADING}\n{text}")
    return text


def main(argv: list[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(judge_plan, Planned, USAGE, argv)


if __name__ == "__main__":
    sys.exit(main())
