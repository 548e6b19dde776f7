"""Trains a network: `python -m trainers.run --help`."""

import functools
import os
import sys

from trainers import backend
from trainers.command_line import run_command
from trainers.run import supervisor
from trainers.run.closing import closing
from trainers.run.experiment import Experiment
from trainers.run.membership import membership_of
from trainers.run.run_folder import RunFolder

USAGE = """
Trains a network and shows how linear each of its layers is.

  python -m trainers.run
      the default recipe, trainers/configs/digits_ict.flags
  python -m trainers.run --flagfile=trainers/configs/cifar10_ict.flags --seed=1
      another recipe; later flags win
  python -m trainers.run --dataset=data.npz --num_labels=100
      your own data: x_train, y_train, x_test, y_test, or X, y, and x_unlabeled for
      inputs without labels; or a folder of images, with a subfolder for each class

Rerun the command to resume an interrupted run. The run's folder, --workdir or one under
runs/ named after the run, holds flags.txt, versions.json, metrics.jsonl, checkpoints/,
tensorboard/, and at the end model.keras and result.json. tensorboard --logdir runs
compares all of them.

Exit codes: 0 success, 1 failure, 2 bad input, 130 Ctrl-C.
"""

DEFAULT_RECIPE = os.path.join(
    os.path.dirname(os.path.dirname(__file__)), "configs", "digits_ict.flags"
)


def with_default_recipe(argv):
    """Puts the default recipe first where neither a recipe nor data are named."""
    named = ("--flagfile", "-flagfile", "--dataset", "-dataset")
    if any(argument.split("=")[0] in named for argument in argv[1:]):
        return argv
    return [argv[0], f"--flagfile={DEFAULT_RECIPE}", *argv[1:]]


def run(experiment):
    """Runs the experiment in its folder, or says that it is finished."""
    with RunFolder(experiment) as folder:
        if folder.result:
            print("This run is finished already.\n")
            print(closing(folder.result, folder.path))
            return
        backend.start(experiment.backend)
        from trainers.run.training import train_in

        train_in(folder, experiment)


def _command(argv, experiment):
    if membership_of(experiment).is_alone:
        run(experiment)
    elif supervisor.is_member():
        from trainers.run.member import run_as_member

        run_as_member(experiment)
    else:
        raise SystemExit(supervisor.supervise(argv))


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = with_default_recipe(sys.argv if argv is None else argv)
    command = functools.partial(_command, argv)
    try:
        code = run_command(command, Experiment, USAGE, argv)
    except SystemExit as ended:  # With the code of the process that trained.
        return ended.code
    if supervisor.is_member():
        supervisor.end_member(code)
    return code
