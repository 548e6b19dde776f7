"""What a sweep has to do: train each run, then evaluate it where that was asked for."""

import contextlib
import dataclasses
import json
import os

from trainers import files
from trainers.command_line import parse, read_flags
from trainers.errors import UsageError
from trainers.evaluate import command as evaluate
from trainers.options import to_flags
from trainers.results.roles import shared_settings
from trainers.run.experiment import Experiment
from trainers.sweep.grid import check_free

# Settings of evaluations that follow from the flags of the sweep, by their names.
_OF_THE_SWEEP = {"workdir": "workdir", "black_box": "black_box"}


class Training:
    """The training of a run.

    A run that ends in numbers that are not finite leaves no result.json: it has failed,
    and what needs it is left out. The same sweep tries it again, from its last
    checkpoint, and so fails again within the steps between two evaluations. What an
    earlier version finished with such numbers stays done.

    Args:
        run: a `trainers.sweep.grid.PlannedRun`.
    """

    needs = ()

    def __init__(self, run):
        self.name = run.name
        self.kind = run.variant
        self.recipe = run.recipe
        self.experiment = run.experiment
        self.seed = run.experiment.seed

    @property
    def arguments(self):
        """The arguments of Python for this task."""
        flags = to_flags(self.experiment).items()
        return ["-m", "trainers.run", *(f"--{name}={text}" for name, text in flags)]

    def run(self):
        """Trains in this process, whose Keras was started before."""
        from trainers.run.training import train

        train(self.experiment)

    @property
    def size(self):
        """How much there is to do, in the unit of its kind."""
        return self.experiment.steps

    def is_done(self):
        """Whether the folder holds the result of this very experiment."""
        folder = self.experiment.folder
        with contextlib.suppress(UsageError):
            if files.read_json(os.path.join(folder, "result.json")) is None:
                return False
            there = read_flags(Experiment, os.path.join(folder, "flags.txt"))
            return to_flags(there, True) == to_flags(self.experiment, True)
        return False


class Evaluation:
    """The evaluation of a run that was trained.

    Args:
        training: its `Training`.
        attacker: the `Training` of the run whose gradients attack it, or `None`.
        settings: list of `name=value` of `trainers.evaluate`.

    Raises:
        UsageError: for a setting that it does not have.
    """

    size = 1

    def __init__(self, training, attacker=None, settings=()):
        self.name = f"{training.name} (evaluation)"
        self.kind = f"{training.kind} (evaluation)"
        self.seed = training.seed
        self.needs = (training,) if attacker is None else (training, attacker)
        self._folder = training.experiment.folder
        self._attacker = None if attacker is None else attacker.experiment
        for one in settings:
            check_free("evaluate_set", one.partition("=")[0], _OF_THE_SWEEP)
        self._flags = [f"--workdir={self._folder}", *(f"--{one}" for one in settings)]
        if attacker is not None:
            self._flags.append(f"--black_box={self._attacker.folder}")
        try:
            self._options = parse(evaluate.Evaluation, ["", *self._flags])
        except UsageError as error:
            raise UsageError(f"--evaluate_set: {error}") from error

    @property
    def arguments(self):
        """The arguments of Python for this task."""
        return ["-m", "trainers.evaluate", *self._flags]

    def is_done(self):
        """Whether the run was evaluated in this way, under this attack."""
        with contextlib.suppress(UsageError):
            found = files.read_json(os.path.join(self._folder, "evaluation.json"))
            name = None if self._attacker is None else self._attacker.name
            return (
                found is not None
                and found.get("black_box") == name
                and found.get("options") == self._recorded_options()
                # A run that is trained again is evaluated again.
                and all(need.is_done() for need in self.needs)
            )
        return False

    def _recorded_options(self):
        """The options as the evaluation records them: where things are is left out."""
        options = dataclasses.asdict(self._options)
        del options["workdir"], options["black_box"]
        return json.loads(json.dumps(options))


def tasks_of(runs, evaluated=False, black_box=None, settings=()):
    """Returns the tasks of the runs of a grid, in the order in which they are started.

    All of a seed come before the next seed: a sweep that was stopped early compares all
    variants, over fewer seeds, and soon knows how long each of them takes.

    Args:
        runs: list of `PlannedRun`.
        evaluated: bool, whether the runs are evaluated too.
        black_box: name of the recipe whose runs attack the others: with the same data,
            labels and network and the next seed. `None` for no such attack.
        settings: list of `name=value` of `trainers.evaluate`.

    Raises:
        UsageError: when a run that should attack is not part of the grid.
    """
    trainings = [Training(run) for run in runs]
    if not evaluated:
        return _by_seed(trainings)
    evaluations = [
        Evaluation(
            training,
            black_box and _attacker(training, trainings, black_box),
            settings,
        )
        for training in trainings
    ]
    return _by_seed([*trainings, *evaluations])


def _by_seed(tasks):
    return sorted(tasks, key=lambda task: task.seed)


def _attacker(training, trainings, recipe):
    own = training.experiment
    seeds = sorted(
        (one.experiment.seed, one.name, one)
        for one in trainings
        if one.recipe == recipe
        and _data_and_network(one) == _data_and_network(training)
        and one.experiment.seed != own.seed
    )
    if not seeds:
        raise UsageError(
            f"--black_box={recipe}: the grid has no run of that recipe with the data, "
            f"labels and network of {training.name}, and another seed."
        )
    later = [each for each in seeds if each[0] > own.seed]
    return (later or seeds)[0][-1]


def _data_and_network(training):
    settings = to_flags(training.experiment, identity_only=True)
    return shared_settings(settings, also=("num_labels", "label_noise"))
