"""The runs of a page by variant, and the numbers of each."""

import collections
import dataclasses
import re

from trainers.results.arms import grouped
from trainers.results.roles import LINEARITY
from trainers.results.settings import shared_key
from trainers.results.summaries import mean_nonlin

# How linearity is measured: numbers of different ways have no place in one column.
WAY = LINEARITY


@dataclasses.dataclass(frozen=True)
class Variant:
    """Runs that differ in nothing but their seeds.

    Attributes:
        name: that of their folder, numbered where others have the same.
        records: list of records, by seed.
    """

    name: str
    records: list

    @property
    def any(self):
        """One of the records, for what all have in common."""
        return self.records[0]

    @property
    def settings(self):
        """`{flag: text}` of what the runs share."""
        return without_seed(self.any.settings)

    def values(self, read):
        """Returns what `read` makes of the records, without `None`."""
        values = map(read, self.records)
        return [value for value in values if value is not None]


def variants(records):
    """Returns the `Variant`s of records, by data, network, steps and labels."""
    groups = grouped(
        sorted(records, key=_order),
        lambda r: (r.variant, tuple(sorted(without_seed(r.settings).items()))),
    )
    counts = collections.Counter()
    found = []
    for (name, _), group in groups.items():
        counts[name] += 1
        number = f" ({counts[name]})" if counts[name] > 1 else ""
        found.append(Variant(f"{name}{number}", group))
    return found


def benches(found):
    """Returns lists of the variants that can be compared.

    They share data and network, and how linearity was measured.
    """
    return list(grouped(found, lambda variant: shared_key(variant.any, WAY)).values())


def without_seed(settings):
    """Returns settings but the seed."""
    return {name: text for name, text in settings.items() if name != "seed"}


def _order(record):
    settings = record.settings
    title = settings["dataset"], settings["architecture"], int(settings["steps"])
    labels = record.num_labels or float("inf")
    name = natural(record.variant)
    rest = tuple(sorted(settings.items()))
    return title, shared_key(record, WAY), labels, name, record.seed, rest


def natural(text):
    """Returns a key that sorts names by the numbers in them."""
    words = re.split(r"(\d+)", text)
    return [(int(word), word) if word.isdecimal() else (-1, word) for word in words]


def on_validation(record):
    """The accuracy on validation data, in percent."""
    return 100 * record.result["accuracy"]["validation"]


def on_test(record):
    """The accuracy on test data, in percent."""
    return 100 * record.result["accuracy"]["test"]


def nonlin(record):
    """The mean NonLin of all layers but `layer_0`, `None` where there is none."""
    return mean_nonlin(record.result)


def floor(record):
    """The mean floor of the same layers."""
    return mean_nonlin(record.result, "floor")
