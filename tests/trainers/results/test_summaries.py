import math

import numpy as np
from scipy import stats

from trainers.results.summaries import (
    interval,
    mean_and_deviation,
    mean_nonlin,
    spread,
)


def test_words_for_numbers():
    values = [1.0, 2.0, 4.5]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert interval(values, 2) == f"[{low:.2f}, {high:.2f}]"
    assert spread(values, 2) == f"2.50 ± {np.std(values, ddof=1):.2f}"
    assert (spread([1.0], 2), interval([1.0], 2)) == ("1.00", "")
    assert (spread([], 2), interval([], 2)) == ("", "")


def test_a_run_that_diverged_is_counted():
    assert spread([1.0, math.nan, math.inf], 2) == "2 of 3 not finite"
    assert interval([1.0, math.nan], 2) == ""
    assert mean_and_deviation([1.0, math.nan], 2) == "nan ± nan"


def test_the_first_layer_is_left_out():
    layers = {f"layer_{i}": {"value": i + 1.0, "floor": i / 2} for i in range(3)}
    assert mean_nonlin({"linearity": layers}) == 2.5
    assert mean_nonlin({"linearity": layers}, "floor") == 0.75
    # By its name, wherever it stands.
    turned = {name: layers[name] for name in ("layer_2", "layer_0", "layer_1")}
    assert mean_nonlin({"linearity": turned}) == 2.5
    assert mean_nonlin({"linearity": {"layer_0": layers["layer_0"]}}) is None
    assert mean_nonlin({"linearity": {}}) is None
