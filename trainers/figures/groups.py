"""Which runs belong in one figure."""

import dataclasses
import os
import re

from trainers.figures.lines import is_plain, lines_of, varied
from trainers.results.arms import grouped
from trainers.results.roles import LABELS, MEASURING, shared_settings
from trainers.statistics import mean_and_interval

_MOST_LINES = 7


@dataclasses.dataclass(frozen=True)
class Group:
    """The runs of one figure.

    Attributes:
        shared: `{setting: text}`, what is the same for all of them.
        lines: `{name: [record, ...]}`; the runs of a line differ in nothing but what
            the figure leaves free.
        suffix: what tells its figure from others of the same data, network, steps and
            labels.
        varied: names of the settings that the sweep varied besides.
    """

    shared: dict
    lines: dict
    suffix: str
    varied: tuple = ()

    @property
    def records(self):
        """All runs, line by line."""
        return [record for records in self.lines.values() for record in records]

    @property
    def examples(self):
        """`{name: record}`, one of the runs of each line."""
        return {name: records[0] for name, records in self.lines.items()}

    @property
    def subject(self):
        """The part of a file's name that stands for data, network and steps."""
        dataset = os.path.basename(self.shared["dataset"]).removesuffix(".npz")
        architecture, steps = self.shared["architecture"], self.shared["steps"]
        words = [dataset, architecture, f"{steps}steps"]
        if "num_labels" in self.shared:
            words.append(f"{self.shared['num_labels']}labels")
        if float(self.shared["label_noise"]):
            words.append(f"{self.shared['label_noise']}noise")
        # A name of a file that is a link too.
        return re.sub(r"[^\w.+-]+", "_", "_".join(words) + self.suffix)


def groups(records, also=LABELS, free=("seed",), most=_MOST_LINES, key=None, fits=bool):
    """Returns a `Group` for each figure.

    What a sweep varies besides methods, numbers of points and of labels is a question
    of its own and gets a figure of its own, with plain training to compare with. More
    lines than are legible are spread over several figures.

    Args:
        records: list of records.
        also: names of settings that are the same for all lines, besides those that
            runs must share to be compared.
        free: names of settings that may differ within a line.
        most: the most lines of one figure.
        key: function of a record of what else must be the same, or `None`.
        fits: function of the runs of a line: whether the line is drawn.
    """

    def comparable(record):
        shared = shared_settings(record.settings, also)
        return tuple(shared.items()), key and key(record)

    found = []
    for (items, _), runs in grouped(records, comparable).items():
        shared = dict(items)
        for names, asked in _questions(runs, shared):
            suffix = "".join(f"_by_{name}" for name in names)
            drawn = lines_of(asked, free, fits)
            if names and all(is_plain(runs[0]) for runs in drawn.values()):
                continue
            for part, own in _parts(drawn, most):
                found.append(Group(shared, own, suffix + part, names))
    return _told_apart(found)


def _told_apart(found):
    """Names groups of one subject by the settings that differ, such as augmentation."""
    alike = grouped(found, lambda group: group.subject.removesuffix(group.suffix))
    told = []
    for group in found:
        others = alike[group.subject.removesuffix(group.suffix)]
        words = [
            f"_{name}_{text}"
            for name, text in group.shared.items()
            # Where the data are says nothing; how linearity is measured, the suffix.
            if name not in MEASURING | {"dataset"}
            and any(other.shared[name] != text for other in others)
        ]
        suffix = "".join(words) + group.suffix
        told.append(dataclasses.replace(group, suffix=suffix))
    return told


def over_seeds(values):
    """Returns the columns of a figure's numbers that sum up several seeds."""
    mean, low, high = mean_and_interval(values)
    return {"mean": mean, "low": low, "high": high, "seeds": len(values)}


def _questions(records, shared):
    """Pairs of the settings that a sweep varied, and the runs that answer."""
    questions = grouped(records, lambda record: varied(record, shared))
    plain = [record for record in questions.get((), []) if is_plain(record)]
    for names, asked in questions.items():
        yield names, plain + asked if names else asked


def _parts(lines, most):
    """Pairs of a suffix and lines, plain training among those of each figure."""
    plain = {name: runs for name, runs in lines.items() if is_plain(runs[0])}
    if len(lines) <= most:
        plain = {}
    items = [item for item in lines.items() if item[0] not in plain]
    number = -(-len(items) // (most - len(plain)))
    for part in range(number):
        chosen = items[len(items) * part // number : len(items) * (part + 1) // number]
        yield (f"_part{part + 1}" if number > 1 else ""), {**plain, **dict(chosen)}
