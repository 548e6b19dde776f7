"""Results, as claims look at them."""

import functools

from trainers.claims.settings import benches


class Evidence:
    """What claims are judged by.

    Args:
        results: `trainers.results.reading.Results`.
    """

    def __init__(self, results):
        self._results = results

    @property
    def examples(self):
        """As `Results.examples`."""
        return self._results.examples

    @property
    def tables(self):
        """As `Results.tables`."""
        return self._results.tables

    @functools.cached_property
    def benches(self):
        """The list of `Bench` of all runs."""
        return benches(self._results.records)

    @functools.cached_property
    def linear_benches(self):
        """Those whose NonLin is that of the published figure.

        Of a training that was measured in other ways too, they hold the record of this
        one.
        """
        measured = [
            record
            for record in self._results.records
            if record.settings["architecture"].startswith("wide_resnet")
            and record.settings["linearity_measure"] == "unit_norm"
            and record.settings["linearity_start"] == "input"
        ]
        return benches(measured, also=("linearity_examples",))
