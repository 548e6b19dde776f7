"""How often the rule errs: `python -m trainers.claims.error_rates`.

Simulates claims of which the truth is known, and judges them by the rule.
"""

import dataclasses
import sys

import numpy as np

from trainers import files
from trainers.claims import rule
from trainers.command_line import run_command
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.text_tables import markdown_table

USAGE = """
How often does the rule of the claims err? Simulates claims whose truth is known.

  python -m trainers.claims.error_rates --page=docs/error_rates.md

Prints the table. With --page, it replaces the text below the page's heading "Rates".

Exit codes: 0 success; 1 failure; 2 bad input.
"""

HEADING = "## Rates\n"
SEEDS = (5, 10, 20)
# A claim on layers 1 to 5, with the floor and without.
COMPARISONS = 10
# Of the differences of two layers of one run.
CORRELATION = 0.5
# The words for a truth, and the true differences in standard deviations; above 0 is as
# claimed.
TRUTHS = {
    "nothing differs": (0.0,) * COMPARISONS,
    "all as claimed, by half a deviation": (0.5,) * COMPARISONS,
    "all as claimed, by one deviation": (1.0,) * COMPARISONS,
    "all as claimed, by two deviations": (2.0,) * COMPARISONS,
    "one does not differ, the others by two deviations": (0.0, *(2.0,) * 9),
    "two the other way, the others as claimed, by two deviations": (
        *(-2.0,) * 2,
        *(2.0,) * 8,
    ),
}
NOISES = ("normal", "skewed")
# A rate of 5 % is then known to .7 points.
_REPETITIONS = 4000


@dataclasses.dataclass(frozen=True)
class ErrorRates:
    """Where the table goes."""

    page: str | None = option(
        None, "the page that the table is written to", "How", none="none"
    )

    def __post_init__(self) -> None:
        check_fields(self)


def noise(
    kind: str, seeds: int, comparisons: int, generator: np.random.Generator
) -> np.ndarray:
    """Returns differences of mean 0, as an array `[claim, comparison, seed]`.

    Their deviation is 1. Those of one seed are correlated, as layers of one run are.

    Args:
        kind: "normal", or "skewed": sums of two exponential numbers.
        seeds: int.
        comparisons: int.
        generator: source of randomness.
    """

    def draw(*shape: int) -> np.ndarray:
        if kind == "normal":
            return generator.standard_normal(shape)
        return generator.standard_exponential(shape) - 1

    common = draw(_REPETITIONS, 1, seeds)
    single = draw(_REPETITIONS, comparisons, seeds)
    return np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * single


def rates(differences: np.ndarray) -> dict[str, float]:
    """Returns `{verdict: share}` of claims that are made of differences.

    Args:
        differences: array `[claim, comparison, seed]`; above 0 is as claimed.
    """
    from scipy import stats

    supporting, opposing = (
        stats.ttest_1samp(differences, 0.0, axis=-1, alternative=side).pvalue.tolist()
        for side in ("greater", "less")
    )
    verdicts = [
        rule.verdict([rule.found(*pair) for pair in zip(p_for, rule.holm(p_against))])
        for p_for, p_against in zip(supporting, opposing)
    ]
    return {name: verdicts.count(name) / len(verdicts) for name in rule.VERDICTS}


def rates_table() -> str:
    """Returns the rates of each truth as a table in Markdown."""
    head = ["truth", "noise", "seeds", rule.SUPPORTED, "opposite", rule.INCONCLUSIVE]
    rows = [head]
    for truth, means in TRUTHS.items():
        for kind in NOISES:
            for seeds in SEEDS:
                # The same noise for every truth, so that truths alone differ.
                generator = np.random.default_rng(0)
                drawn = noise(kind, seeds, len(means), generator)
                found = rates(drawn + np.array(means)[:, np.newaxis])
                shares = [
                    f"{100 * found[name]:.1f}"
                    for name in (rule.SUPPORTED, rule.CONTRADICTED, rule.INCONCLUSIVE)
                ]
                rows.append([truth, kind, str(seeds), *shares])
    return markdown_table(rows) + "\n"


def write_rates(options: ErrorRates) -> str:
    """Prints the table, writes it to the page, and returns it."""
    text = rates_table()
    print(text)
    if options.page:
        with open(options.page, encoding="utf-8") as file:
            before = file.read().split(HEADING)[0]
        files.write_text(options.page, f"{before}{HEADING}\n{text}")
    return text


def main(argv: list[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(write_rates, ErrorRates, USAGE, argv)


if __name__ == "__main__":
    sys.exit(main())
