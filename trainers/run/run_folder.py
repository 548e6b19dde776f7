"""The folder of one run."""

import contextlib
import glob
import itertools
import os

from trainers import files
from trainers.command_line import read_flags
from trainers.errors import UsageError
from trainers.options import to_flags
from trainers.run import result_file
from trainers.run.user_modules import without_imports


def run_name(variant, seed):
    """Returns the name of a run, which is its path in the folder of the sweep."""
    return f"{variant}/seed{seed}"


class RunFolder:
    """The folder of one run, locked while it is in use.

    Use it as a context manager: entering makes the folder, or checks that it belongs
    to the same experiment.

    Args:
        experiment: an `Experiment`; its `folder` is where the run goes.

    Raises:
        UsageError: on entering, when the folder cannot be written, belongs to another
            experiment, holds something else, or is in use by another process.
    """

    def __init__(self, experiment):
        self._experiment = experiment
        self._lock = None
        self.path = experiment.folder

    def __enter__(self):
        try:
            self._open()
        except OSError as error:
            self._close()
            raise UsageError(
                f"The run's folder cannot be written: {error.strerror}: "
                f"{error.filename or self.path!r}. Choose another --workdir."
            ) from error
        except UsageError:
            self._close()
            raise
        return self

    def __exit__(self, *exception):
        self._close()

    def file(self, *names):
        """Returns the path of a file in the folder."""
        return os.path.join(self.path, *names)

    @property
    def result(self):
        """The contents of `result.json`, `None` before the run is finished."""
        return result_file.read(self.file("result.json"))

    @property
    def holds_work(self):
        """Whether a run has begun in the folder, and would be lost."""
        # Before its first checkpoint a run has nothing to lose: mistaken flags can be
        # mended without a new folder.
        done = glob.glob(os.path.join(glob.escape(self.path), "checkpoints", "step_*"))
        return bool(done) or os.path.exists(self.file("result.json"))

    def _open(self):
        os.makedirs(self.path, exist_ok=True)
        # Twice, so that a folder that is refused stays as it was, without a lock.
        self._check()
        self._acquire_lock()
        self._check()
        if not self.holds_work:
            # They would be those of a run that is no more.
            for name in ("evaluation.json", "metrics.jsonl"):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(self.file(name))
        self._write_flags()
        if self._experiment.keep == "all":
            for name in ("checkpoints", "tensorboard"):
                os.makedirs(self.file(name), exist_ok=True)

    def _check(self):
        if not os.path.exists(self.file("flags.txt")):
            self._check_empty()
        elif self.holds_work:
            self._check_same_experiment()

    def _close(self):
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _acquire_lock(self):
        self._lock = files.lock(self.file(".lock"))
        if self._lock is None:
            raise UsageError(
                f"Another process is running in {self.path!r}. Wait for it, or choose "
                "another --workdir."
            )

    def _check_empty(self):
        names = [name for name in os.listdir(self.path) if not name.startswith(".")]
        if names:
            raise UsageError(
                f"{self.path!r} is not the folder of a run: it has no flags.txt but "
                f"holds {sorted(names)[0]!r}. Choose a new or empty --workdir."
            )

    def _write_flags(self):
        lines = [
            f"--{name}={text}" for name, text in to_flags(self._experiment).items()
        ]
        files.write_text(self.file("flags.txt"), "\n".join(lines) + "\n")

    def _check_same_experiment(self):
        there = to_flags(self._read_experiment(), identity_only=True)
        here = to_flags(self._experiment, identity_only=True)
        changes = [
            f"--{name}={there[name]} there, --{name}={text} here"
            for name, text in here.items()
            if there[name] != text
        ]
        if changes:
            raise UsageError(
                f"{self.path!r} is the folder of another experiment "
                f"({'; '.join(changes)}). Choose another folder, as with "
                f"--workdir={self._free_path()}, or the same flags to resume."
            )

    def _free_path(self):
        path = os.path.normpath(self.path)
        numbered = (f"{path}_{number}" for number in itertools.count(2))
        return next(name for name in numbered if not os.path.exists(name))

    def _read_experiment(self):
        path = self.file("flags.txt")
        try:
            # That of another experiment may name modules, which are not imported.
            with without_imports():
                return read_flags(type(self._experiment), path)
        except UsageError as error:
            raise UsageError(
                f"{path!r} does not describe an experiment: {error} Choose another "
                "--workdir."
            ) from error
