"""Lines that can be compared: the same data, the same network, trained alike."""

import collections
import dataclasses
import os

from trainers.claims.arms import lines_of
from trainers.run.roles import METHOD, shared_settings

# What trains in minutes; all other sets are images by the ten thousand.
_SMALL_SETS = (
    *("digits", "iris", "wine", "breast_cancer"),
    *("two_moons", "counterexample", "separable"),
)
_SMALL_NETWORKS = ("wide_resnet_10_", "mlp", "linear")


@dataclasses.dataclass(frozen=True)
class Bench:
    """Lines that were trained on the same data, by the same network, in the same way.

    Attributes:
        settings: `{flag: text}` of what they share.
        lines: list of `Line`: plain training, mixup, then the others.
        apart: words for what sets it apart from others of the same data, network and
            steps; may be empty.
    """

    settings: dict
    lines: list
    apart: str = ""

    @property
    def name(self):
        """Words for data, network and steps."""
        return f"{_title(self.settings)}{self.apart}"

    @property
    def scale(self):
        """ "S" for the small data sets, "C" for others by a small network, else "G"."""
        dataset = self.settings["dataset"]
        if dataset in _SMALL_SETS or dataset.startswith("openml:") or _is_file(dataset):
            return "S"
        small = self.settings["architecture"].startswith(_SMALL_NETWORKS)
        return "C" if small else "G"

    def select(self, method, **wanted):
        """Returns the lines of a method that have the wanted attributes.

        Those with dropout or smoothed labels are left out, unless they are wanted.
        """
        wanted = {"is_unregularised": True, **wanted}
        return [
            line
            for line in self.lines
            if line.method == method
            and all(getattr(line, name) == value for name, value in wanted.items())
        ]

    def beside(self, line, method, **wanted):
        """Returns the line of a method with the labels of another line, or `None`.

        Of mixup it is that of two points, labels mixed too, with the same alpha if the
        other line mixes. Of several it is the one that is most like the other line.
        """
        labels = {"num_labels": line.num_labels, "label_noise": line.label_noise}
        if method == "mixup":
            labels |= {"num_points": 2, "mixes_labels": True, "strength": None}
            if line.method != "erm":
                labels["alpha"] = line.alpha
        found = self.select(method, **{**labels, **wanted})
        return max(found, key=lambda one: _likeness(one, line), default=None)

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


def benches(records, also=()):
    """Returns the list of `Bench` that records make, in the order of their names.

    Args:
        records: list of records.
        also: names of settings that the runs of a bench share besides data and network.
    """
    found = {}
    for record in records:
        shared = tuple(sorted(shared_settings(record.settings, also).items()))
        found.setdefault(shared, []).append(record)
    apart = _apart([dict(shared) for shared in found])
    made = [
        Bench(dict(shared), lines_of(records), words)
        for (shared, records), words in zip(found.items(), apart)
    ]
    order = {"S": 0, "C": 1, "G": 2}
    return sorted(made, key=lambda bench: (order[bench.scale], bench.name))


def _title(settings):
    dataset = settings["dataset"]
    # Where the file is says nothing.
    dataset = os.path.basename(dataset) if _is_file(dataset) else dataset
    return f"{dataset}, {settings['architecture']}, {settings['steps']} steps"


def _is_file(dataset):
    return dataset.endswith(".npz")


def _apart(every):
    """For each of a list of settings, the words that others of its title lack."""
    titles = collections.Counter(map(_title, every))
    words = []
    for settings in every:
        alike = [one for one in every if _title(one) == _title(settings)]
        different = [
            f", {name} {text}"
            for name, text in settings.items()
            if any(one.get(name) != text for one in alike)
        ]
        words.append("".join(different) if titles[_title(settings)] > 1 else "")
    return words


def _likeness(one, line):
    """How many options of the method two lines share, and how many seeds."""
    return (
        sum(one.settings[name] == line.settings[name] for name in METHOD),
        len(one.records.keys() & line.records.keys()),
    )
