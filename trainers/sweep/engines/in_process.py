"""Does tasks one after another in this process."""

import contextlib
import logging
import time

from trainers import backend
from trainers.command_line import one_line
from trainers.errors import UsageError
from trainers.sweep.engines.engine import Engine


class InProcess(Engine):
    """Does small tasks, which take less time than starting Python and Keras.

    The results equal those of separate processes that may use the same cores. A crash
    of the process ends all; rerun the command to resume. See `Engine`.
    """

    def _do_waiting(self):
        # Each run compiles a step of its own, of which TensorFlow would warn.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        for task in self.waiting:
            if self._left_out(task):
                continue
            self.running = [task]
            self._on_change(self)
            began = time.monotonic()
            why = self._do(task)
            self.running = []
            self._ended(task, why, time.monotonic() - began)

    def _do(self, task):
        """Does a task and returns why it failed, or `None`."""
        with (
            open(self._log_path(task), "w", encoding="utf-8") as log,
            contextlib.redirect_stdout(log),
            contextlib.redirect_stderr(log),
        ):
            try:
                task.run()
                return None
            except SystemExit as error:  # A user's module may end its process.
                why = one_line(f"sys.exit({error})")
            except Exception as error:  # Whatever it is, the others are still done.
                why = one_line(error)
            print(f"error: {why}")
            return why


def engine(options, tasks, log_folder, on_change):
    """Returns the engine of a sweep in this process, whose Keras is started."""
    backends = sorted({task.experiment.backend for task in tasks})
    if len(backends) > 1:
        raise UsageError(
            "--in_process needs one backend, since a process has no other; received "
            f"recipes of {' and '.join(backends)}. Add --set=backend={backends[0]}."
        )
    backend.start(*backends)
    return InProcess(tasks, log_folder, on_change)


def steps_at_once(steps, backend, most=100):
    """Returns the greatest `--steps_per_execution` that divides a number of steps.

    What Keras does between steps costs more than a step of a small network. On PyTorch
    it takes one at a time.
    """
    if backend == "torch":
        return 1
    return max(number for number in range(1, most + 1) if steps % number == 0)
