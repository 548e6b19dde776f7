"""Simulated claims: the noise is as described, the rule is that of the claims."""

import pathlib

import numpy as np
import pytest
from scipy import stats

from trainers.claims import error_rates, rule
from trainers.claims.comparisons import Difference


@pytest.mark.parametrize(("kind", "skewness"), [("normal", 0.0), ("skewed", 1.0)])
def test_noise(kind, skewness):
    drawn = error_rates.noise(kind, 10, 3, np.random.default_rng(1))
    values = drawn.transpose(1, 0, 2).reshape(3, -1)
    np.testing.assert_allclose(values.mean(axis=1), 0.0, atol=0.02)
    np.testing.assert_allclose(values.std(axis=1), 1.0, atol=0.03)
    correlated = np.corrcoef(values)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(correlated, error_rates.CORRELATION, atol=0.02)
    # Of the sum of two exponential numbers, each with half of the variance.
    expected = 2 * 2 * 0.5**1.5 * skewness
    np.testing.assert_allclose(stats.skew(values, axis=1), expected, atol=0.2)


def test_claims_are_judged_as_results_are():
    generator = np.random.default_rng(0)
    differences = generator.normal(0.4, 1.0, (60, 2, 6)) * [[1.0], [1.5]]
    verdicts = []
    for claim in differences:
        comparisons = [
            Difference(str(n), dict(enumerate(one)), 0.0, "above")
            for n, one in enumerate(claim)
        ]
        found = rule.outcomes(comparisons)
        verdicts.append(rule.verdict([one.verdict for one in found]))
    assert len(set(verdicts)) > 1
    expected = {name: verdicts.count(name) / 60 for name in rule.VERDICTS}
    assert error_rates.rates(differences) == pytest.approx(expected)


def test_the_page_is_made_by_its_command(tmp_path, capsys):
    committed = pathlib.Path("docs/error_rates.md")
    page = tmp_path / "error_rates.md"
    page.write_text(committed.read_text().split(error_rates.HEADING)[0] + "## Rates\n")
    assert error_rates.main(["error_rates", f"--page={page}"]) == 0
    assert page.read_text() == committed.read_text()
    assert capsys.readouterr().out.count("\n") > 30
