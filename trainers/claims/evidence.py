"""Results, as claims look at them."""

import functools
from collections.abc import Mapping

from trainers.results.contents import Example, Tables
from trainers.results.reading import Results
from trainers.results.roles import LINEARITY
from trainers.results.settings import Setting, settings_of


class Evidence:
    """What claims are judged by.

    Args:
        results: `trainers.results.reading.Results`.
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    @property
    def examples(self) -> Mapping[str, Example]:
        """As `Results.examples`."""
        return self._results.examples

    @property
    def tables(self) -> Tables | None:
        """As `Results.tables`."""
        return self._results.tables

    @functools.cached_property
    def settings(self) -> list[Setting]:
        """The list of `Setting` of all runs."""
        return settings_of(self._results.records)

    @functools.cached_property
    def linear_settings(self) -> list[Setting]:
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
