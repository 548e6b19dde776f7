"""Runs that differ in nothing but their seeds, and lines that can be compared."""

import dataclasses

from trainers.experiments.method_options import MethodOptions
from trainers.sweeps.records import Record

# The options that say how a network is trained, beside those of the methods.
_OF_THE_METHOD = {field.name for field in dataclasses.fields(MethodOptions)} | {
    "dropout",
    "label_smoothing",
    "unlabeled_batch_size",
    "evaluated_network",
}
# What lines of one bench may differ in and are told by.
_PLACE = {"seed", "num_labels", "label_noise", "num_points"}
# What is measured on the way changes no training.
_MEASURING = {
    "evaluate_every",
    "scored_examples",
    "linearity_points",
    "linearity_layers",
}
_ORDER = ("erm", "mixup")


@dataclasses.dataclass(frozen=True)
class Line:
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
        """What lines share that differ in points, labels and their noise alone."""
        return tuple(
            (name, self.settings[name])
            for name in sorted(_OF_THE_METHOD - _PLACE)
            if name in self.settings
        )

    @property
    def alpha(self):
        return float(self.settings["alpha"])

    @property
    def is_plain(self):
        """Whether it has none of the regularisers that every method may add."""
        return (
            float(self.settings["dropout"]) == 0
            and float(self.settings["label_smoothing"]) == 0
        )

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


@dataclasses.dataclass(frozen=True)
class Bench:
    """Lines that were trained on the same data, by the same network, in the same way.

    Attributes:
        settings: `{flag: text}` of what they share.
        lines: list of `Line`: plain training, mixup, then the others.
    """

    settings: dict
    lines: list

    @property
    def name(self):
        """Words for data, network and steps."""
        return (
            f"{self.settings['dataset']}, {self.settings['architecture']}, "
            f"{self.settings['steps']} steps"
        )

    @property
    def scale(self):
        """ "C" for CIFAR-10 by a small network, "S" for what is smaller."""
        return "C" if self.settings["dataset"].startswith("cifar") else "S"

    def select(self, method, **wanted):
        """Returns the lines of a method that have the wanted attributes.

        Those with dropout or smoothed labels are left out, unless they are wanted.
        """
        wanted = {"is_plain": True, **wanted}
        return [
            line
            for line in self.lines
            if line.method == method
            and all(getattr(line, name) == value for name, value in wanted.items())
        ]

    def beside(self, line, method, **wanted):
        """Returns the line of a method with the labels of another line, or `None`.

        Of mixup it is that of two points, labels mixed too, with the same alpha if the
        other line mixes.
        """
        wanted = {
            "num_labels": line.num_labels,
            "label_noise": line.label_noise,
        } | wanted
        if method == "mixup":
            wanted = {"num_points": 2, "mixes_labels": True} | wanted
            if line.method != "erm":
                wanted = {"alpha": line.alpha} | wanted
        return next(iter(self.select(method, **wanted)), None)

    def families(self, method, **wanted):
        """Returns lists of lines that differ in nothing but the number of points.

        A strength of mixing that was asked for sets a line apart: it ties alpha to the
        number of points.
        """
        groups = {}
        for line in self.select(method, **{"strength": None, **wanted}):
            key = (line.family, line.num_labels, line.label_noise)
            groups.setdefault(key, []).append(line)
        return list(groups.values())


def benches(records):
    """Returns the list of `Bench` that records make, in the order of their names."""
    found = {}
    for record in records:
        shared = tuple(
            (name, text)
            for name, text in sorted(record.settings.items())
            if name not in _OF_THE_METHOD | _PLACE | _MEASURING
        )
        lines = found.setdefault(shared, {})
        place = Line({record.seed: record})
        key = (place.family, place.num_points, record.num_labels, place.label_noise)
        # A run that two sweeps have in common is the same run.
        lines.setdefault(key, {}).setdefault(record.seed, record)
    made = [
        Bench(dict(shared), sorted(map(Line, lines.values()), key=_place_in_order))
        for shared, lines in found.items()
    ]
    return sorted(made, key=lambda bench: (bench.scale != "S", bench.name))


def _place_in_order(line):
    rank = _ORDER.index(line.method) if line.method in _ORDER else len(_ORDER)
    labels = line.num_labels or float("inf")
    return rank, line.method, line.family, labels, line.num_points, line.label_noise


def name_of(line):
    """Returns a short name of a line's method, such as "ICT[4]"."""
    name = _NAMES.get(line.method, line.method.replace("_", " "))
    if line.method in ("ict", "mixup"):
        name += f"[{line.num_points}]"
    return name


def labels_of(line):
    """Returns the words for how many labels a line has."""
    number = "all" if line.num_labels is None else line.num_labels
    noise = f", {line.label_noise:.0%} of them random" if line.label_noise else ""
    return f"{number} labels{noise}"


def details(line):
    """Returns the words for the options of a line's method that matter most."""
    settings = line.settings
    mixing = f"alpha {settings['alpha']}"
    if line.strength is not None:
        mixing = f"mean dominant weight {line.strength}"
    if line.method == "ict":
        teacher = settings["teacher_decay"]
        average = "no teacher" if teacher == "none" else f"teacher {teacher}"
        weight = f"weight {float(settings['consistency_weight']):g}"
        return f"{settings['target']}, {weight}, {average}, {mixing}"
    if line.method == "mixupe":
        return f"{settings['variant']}, {mixing}"
    return mixing


_NAMES = {"erm": "ERM", "ict": "ICT", "mixupe": "MixupE"}
