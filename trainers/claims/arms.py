"""Runs that differ in nothing but their seeds."""

import dataclasses

from trainers.results.record import Record
from trainers.run.roles import METHOD, PLACE, REGULARISERS

_ORDER = ("erm", "mixup")


@dataclasses.dataclass(frozen=True)
class Arm:
    """Runs of one method in one setting, by seed.

    Attributes:
        records: `{seed: Record}`.
    """

    records: dict[int, Record]

    @property
    def any(self):
        """One of the records, for what all have in common."""
        return self.records[min(self.records)]

    @property
    def settings(self):
        """`{flag: text}`; of the seeds, one."""
        return self.any.settings

    @property
    def method(self):
        return self.any.method

    @property
    def num_points(self):
        return self.any.num_points

    @property
    def num_labels(self):
        """The number of labels, `None` for all."""
        return self.any.num_labels

    @property
    def label_noise(self):
        return float(self.settings["label_noise"])

    @property
    def family(self):
        """What arms share that differ in points, labels and their noise alone."""
        # Plain training takes no notice of what the others do.
        names = METHOD - PLACE
        names = {"method", *REGULARISERS} if self.method == "erm" else names
        return tuple((name, self.settings[name]) for name in sorted(names))

    @property
    def alpha(self):
        return float(self.settings["alpha"])

    @property
    def is_unregularised(self):
        """Whether it has none of the regularisers that every method may add."""
        return all(float(self.settings[name]) == 0 for name in REGULARISERS)

    @property
    def mixes_labels(self):
        """Whether labels are mixed with the inputs, where anything is."""
        return self.settings["mix_labels"] == "true"

    @property
    def strength(self):
        """The strength of mixing that was asked for, `None` where alpha was given."""
        given = self.settings["mean_dominant_weight"]
        return None if given == "alpha" else float(given)

    @property
    def measures_linearity(self):
        return bool(self.any.result["linearity"])

    def values(self, read):
        """Returns `{seed: read(record)}`, without the seeds where that is `None`."""
        values = {seed: read(record) for seed, record in self.records.items()}
        return {seed: value for seed, value in values.items() if value is not None}


def values_of(arm, read):
    """Returns the values of an arm, none of an arm that was not run."""
    return {} if arm is None else arm.values(read)


def arms_of(records):
    """Returns the arms that records make: plain training, mixup, then the others."""
    arms = {}
    for record in records:
        runs = arms.setdefault(_key(Arm({record.seed: record})), {})
        # A run that two sweeps have in common is the same run, measured in two ways.
        runs[record.seed] = max(runs.get(record.seed, record), record, key=_richness)
    return [Arm(arms[key]) for key in sorted(arms)]


def _key(arm):
    rank = _ORDER.index(arm.method) if arm.method in _ORDER else len(_ORDER)
    points = 0 if arm.method == "erm" else arm.num_points
    labels = float("inf") if arm.num_labels is None else arm.num_labels
    return rank, arm.method, arm.family, labels, points, arm.label_noise


def _richness(record):
    return (
        record.evaluation is not None,
        len(record.result["linearity"]),
        len(record.history),
    )
