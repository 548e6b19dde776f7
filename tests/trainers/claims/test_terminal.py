"""The lines of a terminal, and the CSV file."""

import csv
import io
import math
import re

import numpy as np
import pytest

from trainers.claims import terminal
from trainers.claims.comparisons_csv import comparisons_as_csv


def test_the_terminal(judgements):
    text = terminal.text(judgements)
    assert "X1: Much is so.\n  Linearity; published: order only.\n" in text
    assert (
        "  * supported in some digits.\n    2 comparisons, 10 seeds: 2 as claimed.\n"
        in text
    )
    assert (
        "  * did not carry over in images.\n    Differs from the published recipe: "
        "network, steps.\n    4 comparisons, 7 to 10 of 10 seeds: 1 opposite, "
        "1 undecided, 2 as claimed. Not measured: d.\n"
    ) in text
    assert re.search(
        r"\n      layer 0 +-30.0, 0 +> 0 +-30.0 points \[-3.*opposite\n", text
    )
    assert "1 undecided, 4 as claimed. The 6 that decide most:\n" in text
    assert text.endswith("X2 far: More is so.\n  Mixup; published: 3.5 %.\n  "
                         "not run at this scale")  # fmt: skip


def test_the_summary(judgements):
    head, first, second, _, legend = terminal.summary(judgements).splitlines()
    assert head.split() == ["minutes", "hours", "GPU"]
    assert first.split() == ["X1", "1✓", "1✗", "1≠"]
    assert second.split() == ["X2", "far", "–"]
    assert legend.startswith("✓ supported, ✗ contradicted, ≠ did not carry over, ?")


def test_every_comparison_is_in_the_csv(judgements):
    rows = list(csv.DictReader(io.StringIO(comparisons_as_csv(judgements))))
    assert len(rows) == 2 + 8 + 5
    by_name = {row["comparison"]: row for row in rows}
    layer = by_name["layer 1"]
    values = 100 * (-0.2 + np.linspace(-0.02, 0.02, 10))
    assert (layer["unit"], layer["found"]) == ("points", "opposite")
    assert (layer["claim"], layer["scale"], layer["verdict"]) == (
        "X1",
        "minutes",
        "contradicted",
    )
    assert float(layer["difference"]) == pytest.approx(values.mean())
    half = 2.2621571627 * values.std(ddof=1) / math.sqrt(10)
    assert float(layer["high"]) == pytest.approx(values.mean() + half, rel=1e-4)
    assert float(layer["detectable"]) > 0
    assert (layer["seeds"], layer["seeds_due"], layer["margin"]) == ("10", "10", "")
    assert by_name["0.5 ± 0.1"]["margin"] == "0.1"
    assert by_name["c"]["seeds"] == "7"
    missing = by_name["d"]
    assert (missing["seeds"], missing["found"]) == ("0", "not measured")
    assert missing["p_for"] == missing["p_against_corrected"] == ""
