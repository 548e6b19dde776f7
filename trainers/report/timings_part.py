"""How long training took, where the folders of the runs tell it."""

import collections
import dataclasses
import numbers
import os

from trainers import files
from trainers.errors import UsageError
from trainers.results import finding


@dataclasses.dataclass(frozen=True)
class Timing:
    """The time of a run.

    Attributes:
        steps: int, how many were timed: of a resumed run, those since then.
        seconds: float.
    """

    steps: int
    seconds: float


def read(paths):
    """Reads the timing.json of the runs at some paths.

    Args:
        paths: as `trainers.results.reading.read` takes them.

    Returns:
        `(timings, complaints)`: `{(variant, seed): Timing}`, without the runs whose
        name two folders have, and one line for each file that is left out.
    """
    found, twice, complaints = {}, set(), []
    for folder in _folders(paths):
        place, seed = os.path.split(folder)
        name = os.path.basename(place), int(seed.removeprefix("seed"))
        path = os.path.join(folder, "timing.json")
        try:
            timing = _timing(path)
        except UsageError:
            complaints.append(f"{path} is left out: it holds no steps and seconds.")
            continue
        if timing is not None:
            twice |= {name} & set(found)
            found[name] = timing
    return {name: t for name, t in found.items() if name not in twice}, complaints


def of_records(records, timings):
    """Returns `{record.key: Timing}` of the records whose name no other one has.

    Args:
        records: list of records.
        timings: as `read` returns them.
    """
    names = collections.Counter((one.variant, one.seed) for one in records)
    return {
        one.key: timings[one.variant, one.seed]
        for one in records
        if names[one.variant, one.seed] == 1 and (one.variant, one.seed) in timings
    }


def _folders(paths):
    """The folders of runs, each once."""
    folders = {}
    for path in paths:
        for kind, one in finding.find(str(path)):
            if kind == finding.RUN:
                folders[os.path.realpath(one)] = os.path.abspath(one)
    return folders.values()


def _timing(path):
    content = files.read_json(path)
    if content is None:
        return None
    steps, seconds = content.get("steps"), content.get("seconds")
    if not (isinstance(steps, int) and isinstance(seconds, numbers.Real)):
        raise UsageError(f"{path!r} holds no steps and seconds.")
    return Timing(steps, seconds)


def words(seconds):
    """Returns a duration in words, such as "2 h 05 min"."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"
