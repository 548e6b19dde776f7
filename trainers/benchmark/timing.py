"""Times of contestants who run in turn, compared within each round."""

import time

import numpy as np


def compare(contestants, ratios, rounds):
    """Times contestants in turn and compares them.

    Args:
        contestants: `{name: function}`; a function does one round's work and returns
            when it is done.
        ratios: list of (name, other name, target). What is compared, and the largest
            ratio that is wanted, or `None`.
        rounds: int, the rounds that count; one more, before them, does not.

    Returns:
        List of dictionaries: `name`, `against`, `median`, `lower_quartile` and
        `upper_quartile` of the ratio over the rounds, `milliseconds` (the median of
        one round of `name`), `target`, `within_target`.
    """
    times = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, work in contestants.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    times = {name: np.array(values[1:]) for name, values in times.items()}
    return [_ratio(times, *wanted) for wanted in ratios]


def _ratio(times, name, against, target):
    lower, median, upper = np.percentile(times[name] / times[against], [25, 50, 75])
    return {
        "name": name,
        "against": against,
        "median": float(median),
        "lower_quartile": float(lower),
        "upper_quartile": float(upper),
        "milliseconds": 1000 * float(np.median(times[name])),
        "target": target,
        "within_target": None if target is None else bool(median <= target),
    }


def table(ratios):
    """Returns the ratios as a table."""
    lines = [f"{'':<32}{'median':>8}{'quartiles':>16}{'target':>9}{'ms a round':>12}"]
    for ratio in ratios:
        name = f"{ratio['name']} / {ratio['against']}"
        quartiles = f"{ratio['lower_quartile']:.3f}-{ratio['upper_quartile']:.3f}"
        target = "" if ratio["target"] is None else f"<= {ratio['target']}"
        missed = " missed" if ratio["within_target"] is False else ""
        lines.append(
            f"{name:<32}{ratio['median']:>8.3f}{quartiles:>16}{target:>9}"
            f"{ratio['milliseconds']:>12.1f}{missed}"
        )
    return "\n".join(lines)
