"""The runs of a grid: recipes x numbers of points x numbers of labels x seeds."""

import contextlib
import dataclasses
import itertools
import os
import re

from trainers.command_line import as_recorded, parse
from trainers.errors import UsageError
from trainers.run.experiment import Experiment
from trainers.run.run_folder import run_name

# The most runs of a grid, and numbers in a range: a larger sweep would not end.
MOST_RUNS = 10_000
# Settings of runs that follow from the flags of the sweep, by the name of the flag.
_OF_THE_SWEEP = {name: name for name in ("num_points", "num_labels", "workdir")}
_OF_THE_SWEEP |= {"seed": "seeds", "data_dir": "data_dir"}
_TRAINERS = os.path.dirname(os.path.dirname(__file__))
CONFIGS = os.path.join(_TRAINERS, "configs")
GRIDS = os.path.join(_TRAINERS, "grids")


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """One run of a grid.

    Attributes:
        variant: name of what all its seeds share, such as `digits_ict_k3_50labels`.
        recipe: name of its recipe.
        experiment: the `Experiment`, whose folder is `WORKDIR/VARIANT/seedN`.
    """

    variant: str
    recipe: str
    experiment: Experiment

    @property
    def name(self):
        """A name that no other run of the grid has."""
        return run_name(self.variant, self.experiment.seed)


def expand(options):
    """Returns the runs of a grid, each once, the seeds of a variant together.

    Args:
        options: a `trainers.sweep.Sweep`.

    Raises:
        UsageError: for a recipe that is not there, a setting that does not fit, and a
            grid that names one run twice.
    """
    runs = []
    for word in options.recipes:
        recipe, _, points = word.partition(":")
        path = recipe_path(recipe)
        name = os.path.splitext(os.path.basename(path))[0]
        for variant, flags in _variants(options, name, path, points):
            for seed in numbers("seeds", options.seeds):
                folder = os.path.join(options.workdir, run_name(variant, seed))
                own = [*flags, f"--seed={seed}", f"--workdir={folder}"]
                if len(runs) == MOST_RUNS:
                    raise UsageError(f"A grid has at most {MOST_RUNS} runs.")
                runs.append(PlannedRun(variant, name, _parsed(path, options, own)))
    _check_unique(runs)
    return runs


def _variants(options, name, path, points):
    """Yields `(variant, flags)` of a recipe: its points x other settings x labels."""
    others = [
        *(
            _axis(setting, setting, _as_recorded(setting, values))
            for setting, values in _varied(options.vary)
        ),
        _axis("", "num_labels", options.num_labels, "labels"),
    ]
    its_points = numbers("recipes", [points]) if points else []
    its_points = its_points or numbers("num_points", options.num_points)
    axis_of_points = _axis("k", "num_points", its_points)
    # Alone, a recipe need not suit what all its runs are given.
    first = [
        flag for _, flag in (axis[0] for axis in [axis_of_points, *others]) if flag
    ]
    takes_points = _parsed(path, options, first).takes_points
    if points and not takes_points:
        raise UsageError(
            f"--recipes={name}:{points}: {name} takes no number of points; leave "
            f":{points} out."
        )
    axes = [axis_of_points if takes_points else _axis("k", "num_points", []), *others]
    for place in itertools.product(*axes):
        flags = [flag for _, flag in place if flag]
        yield "".join([name, *(part for part, _ in place)]), flags


def recipe_path(recipe):
    """Returns the path of a recipe that is given by name or by path."""
    known = os.path.join(CONFIGS, f"{recipe}.flags")
    for path in (recipe, known):
        if os.path.isfile(path):
            return path
    raise UsageError(
        f"--recipes: there is no recipe {recipe!r}, neither as a file nor in {CONFIGS}."
    )


def numbers(flag, words):
    """Returns the integers that words such as "3" and "0-9" stand for, in order.

    Raises:
        UsageError: for another word, naming the flag.
    """
    values = []
    for word in words:
        found = re.fullmatch(r"(\d+)(-(\d+))?", word, re.ASCII)
        first, last = (int(found[1]), int(found[3] or found[1])) if found else (1, 0)
        if last < first:
            raise UsageError(
                f"--{flag} takes numbers and ranges, as 0,1,5-9; received {word!r}."
            )
        if last - first + len(values) >= MOST_RUNS:
            raise UsageError(
                f"--{flag} takes at most {MOST_RUNS} numbers; received {word!r}."
            )
        values += range(first, last + 1)
    return list(dict.fromkeys(values))


def _axis(before, setting, values, after=""):
    """Returns `(part of the name, flag)` of each value; nothing is varied by none."""
    # Names are names of folders.
    words = [f"_{before}{value}{after}".replace("/", "-") for value in values]
    parts = [(word, f"--{setting}={value}") for word, value in zip(words, values)]
    return parts or [("", None)]


def _as_recorded(setting, values):
    """The values as flags.txt will have them; each run checks whether they fit it."""
    with contextlib.suppress(StopIteration, ValueError):
        fields = dataclasses.fields(Experiment)
        field = next(field for field in fields if field.name == setting)
        values = [as_recorded(field, value) for value in values]
    return list(dict.fromkeys(values))


def _varied(words):
    """Yields `(setting, values)` of words such as `label_noise=0.2:0.5`."""
    for word in words:
        setting, _, values = word.partition("=")
        values = values.split(":")
        if not setting or "" in values:
            raise UsageError(
                "--vary takes settings and values, as label_noise=0.2:0.5; received "
                f"{word!r}."
            )
        check_free("vary", setting, _OF_THE_SWEEP)
        yield setting, values


def check_free(flag, setting, of_the_sweep):
    """Refuses a setting that a sweep has a flag of its own for.

    Args:
        flag: of the sweep, which has the setting.
        setting: its name.
        of_the_sweep: `{setting: flag}`.

    Raises:
        UsageError: for one of these, and for what is no setting.
    """
    if setting in of_the_sweep:
        raise UsageError(
            f"--{flag}={setting}=... is of no use: --{of_the_sweep[setting]} of the "
            "sweep decides it."
        )
    if setting in ("help", "flagfile"):
        raise UsageError(f"--{flag} takes settings; received {setting!r}.")


def _parsed(path, options, flags):
    for setting in options.set:
        check_free("set", setting.partition("=")[0], _OF_THE_SWEEP)
    shared = [f"--{setting}" for setting in options.set]
    if options.data_dir is not None:
        shared.append(f"--data_dir={options.data_dir}")
    try:
        experiment = parse(Experiment, ["", f"--flagfile={path}", *shared, *flags])
        if experiment is None:
            raise UsageError("a run cannot be asked for --help.")
        return experiment
    except UsageError as error:
        raise UsageError(f"{' '.join([path, *shared, *flags])}: {error}") from error


def _check_unique(runs):
    names = [run.name for run in runs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageError(
            f"The grid names {twice[0]} twice. Give each recipe once, under a file "
            "name of its own."
        )
