"""Ratios of times."""

import time

from trainers.benchmark.timing import compare, table


def test_ratios_are_taken_within_rounds():
    calls = []

    def work(name, seconds):
        def sleep():
            calls.append(name)
            time.sleep(seconds)

        return sleep

    contestants = {"one": work("one", 0.01), "two": work("two", 0.03)}
    wanted = [("two", "one", 1.0), ("one", "two", 1.0), ("two", "one", None)]
    missed, kept, open_ended = compare(contestants, wanted, rounds=4)
    assert calls == ["one", "two"] * 5
    assert 2 < missed["median"] < 4
    assert missed["lower_quartile"] <= missed["median"] <= missed["upper_quartile"]
    assert (missed["within_target"], kept["within_target"]) == (False, True)
    assert open_ended["within_target"] is None
    lines = table([missed, kept, open_ended]).splitlines()
    assert lines[1].startswith("two / one")
    assert lines[1].endswith("missed")
    assert not lines[2].endswith("missed")
