"""One of the processes that train together, from its start to its end."""

import contextlib
import dataclasses
import os
import tempfile

from trainers import backend
from trainers.run import process_group, supervisor
from trainers.run.closing import closing
from trainers.run.membership import membership_of
from trainers.run.run_folder import RunFolder


def run_as_member(experiment):
    """Runs an experiment together with the other processes.

    Only the first one touches the run's folder; the others have one for the time being.
    """
    supervisor.begin_member()
    member = membership_of(experiment)
    backend.start("jax")
    process_group.join(member)
    with process_group.losses_in_words(), _quiet_unless(member.is_first):
        _check_agreement(experiment)
        with _folder(experiment, member) as folder:
            _train(folder, experiment, member)
        process_group.leave()


def _train(folder, experiment, member):
    from trainers.run.training import train_in

    finished = process_group.gathered(folder.result is not None)[0]
    if not finished:
        if not member.is_first:
            experiment = _in(folder.path, experiment)
        train_in(folder, experiment, member)
    elif member.is_first:
        print("This run is finished already.\n")
        print(closing(folder.result, folder.path))


def _check_agreement(experiment):
    import jax

    from trainers.run import versions

    found = versions.versions()
    python = {"python": found["python"].rpartition(".")[0]}
    process_group.check_agreement("versions", {**python, **found["packages"]})
    process_group.check_agreement("flags", process_group.flags_of(experiment))
    devices = {"devices of a process": str(jax.local_device_count())}
    process_group.check_agreement("number of devices", devices)


@contextlib.contextmanager
def _folder(experiment, member):
    if member.is_first:
        with RunFolder(experiment) as folder:
            yield folder
        return
    with (
        tempfile.TemporaryDirectory() as path,
        RunFolder(_in(os.path.join(path, "run"), experiment)) as folder,
    ):
        yield folder


def _in(path, experiment):
    """The experiment in another folder, where nothing is kept."""
    return dataclasses.replace(experiment, workdir=path, keep="numbers")


@contextlib.contextmanager
def _quiet_unless(speaks):
    with contextlib.ExitStack() as stack:
        if not speaks:
            nowhere = stack.enter_context(open(os.devnull, "w"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
        yield
