"""The numbers that are read of a record, and how each was measured there."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from trainers.results.arms import Arm, values_of, words_apart
from trainers.results.record import Record
from trainers.results.roles import EVALUATION, SCORES

# How many measurements stand for the end of a training: one alone varies more.
_LAST = 5


def _in_any_way(record: Record) -> Any:
    return None


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A number of each run.

    Attributes:
        read: function of a record that returns it, `None` where it was not measured.
        way: function of a record that tells how it was measured: numbers of different
            ways cannot be compared.
    """

    read: Callable[[Record], float | None]
    way: Callable[[Record], Any] = _in_any_way

    def __call__(self, record: Record) -> float | None:
        return self.read(record)


def score(name: str, kind: str = "plain") -> Quantity:
    """Returns a score on the test split.

    Args:
        name: of the score, such as "cross_entropy".
        kind: "plain" or "corrected", or one at its temperature: "scaled" or
            "corrected_scaled".
    """
    return Quantity(lambda r: _evaluated(r, "scores", kind, "test", name), _way)


def attacked(kind: str, strength: str) -> Quantity:
    """Returns the accuracy under an attack.

    Args:
        kind: "white_box" or "black_box".
        strength: as evaluation.json names it.
    """
    return Quantity(lambda r: _walked(r, "fgsm", kind, strength), _way)


def deformed(name: str) -> Quantity:
    """Returns the accuracy on deformed images."""
    return Quantity(lambda r: _walked(r, "deformations", name), _way)


def between(name: str) -> Quantity:
    """Returns a mean over the way from pair to pair.

    The ends of the way, which are examples, are left out.
    """

    def read(record: Record) -> float | None:
        inner = (_walked(record, "between", name) or [])[1:-1]
        return sum(inner) / len(inner) if inner else None

    return Quantity(read, _way)


def last(name: str) -> Quantity:
    """Returns the last value of a metric that was scored on the way."""

    def read(record: Record) -> float | None:
        values = [row[name] for row in record.history if name in row]
        return values[-1] if values else None

    return Quantity(read, lambda record: [record.settings[name] for name in SCORES])


def _accuracy_of_teacher(record: Record) -> float | None:
    scores = record.result.get("teacher")
    return scores["test"]["accuracy"] if scores else None


# The share of the test examples that the reported network, or the averaged one, gets
# right.
accuracy_on_test = Quantity(lambda record: record.result["accuracy"]["test"])
accuracy_of_teacher = Quantity(_accuracy_of_teacher)


def nonlin(layer: str, excess: bool = False) -> Quantity:
    """Returns the NonLin of a layer at the end of training.

    Args:
        layer: name of the layer.
        excess: bool, whether its floor is taken off.
    """

    def read(record: Record) -> float | None:
        found = record.result["linearity"].get(layer)
        if found is None:
            return None
        return found["value"] - (found["floor"] if excess else 0.0)

    return Quantity(read)


def last_measurements(layer: str, excess: bool = False) -> Quantity:
    """Returns the mean NonLin of a layer over the last five measurements of a run.

    Of a run that was measured at its end alone, it is that measurement.

    Args:
        layer: name of the layer.
        excess: bool, whether its floor is taken off.
    """

    names = [f"nonlin/{layer}", f"nonlin_floor/{layer}"][: 1 + excess]

    def rows(record: Record) -> list[dict[str, float]]:
        measured = [row for row in record.history if all(n in row for n in names)]
        return measured[-_LAST:]

    def read(record: Record) -> float | None:
        values = [
            row[names[0]] - sum(row[n] for n in names[1:]) for row in rows(record)
        ]
        if not values:
            return nonlin(layer, excess)(record)
        return sum(values) / len(values)

    # Means over other times of a training are not comparable.
    return Quantity(read, lambda record: [row["step"] for row in rows(record)])


def names_in(arms: Iterable[Arm | None], *path: str) -> list[str]:
    """Returns the sorted names that evaluations of any of the arms hold at a path."""
    found: set[str] = set()
    for arm in arms:
        for names in values_of(arm, lambda record: _walked(record, *path)).values():
            found |= set(names)
    return sorted(found)


def _evaluated(record: Record, *path: str) -> Any:
    """What the evaluation of the reported network holds at a path, or `None`."""
    reported = record.result.get("evaluated_network", "student")
    value: Any = record.evaluation
    if value is None or value.get("network") not in (None, reported):
        return None
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _walked(record: Record, *path: str) -> Any:
    """The same, of what is measured on one split alone: on that of the test."""
    return _evaluated(record, *path) if record.walked_split == "test" else None


def _way(record: Record) -> list[Any]:
    """How a run was evaluated: by which attacker, and with which options."""
    return [(record.evaluation or {}).get("black_box"), evaluated_with(record)]


def evaluated_with(record: Record) -> tuple[tuple[str, str], ...]:
    """Returns the options of a run's evaluation that decide its numbers, as a key."""
    options: Any = (record.evaluation or {}).get("options") or {}
    return tuple(
        (name, str(options.get(name, before))) for name, before in EVALUATION.items()
    )


def ways_of(records: Iterable[Record]) -> dict[tuple[tuple[str, str], ...], str]:
    """Returns `{evaluated_with(record): words}` of the records that were evaluated.

    The words are the options that other evaluations lack.
    """
    return words_apart(evaluated_with(one) for one in records if one.evaluation)
