"""Results, as claims look at them."""

import functools

from trainers.results.roles import LINEARITY
from trainers.results.settings import settings_of


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
    def settings(self):
        """The list of `Setting` of all runs."""
        return settings_of(self._results.records)

    @functools.cached_property
    def linear_settings(self):
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
        return settings_of(measured, also=LINEARITY)
