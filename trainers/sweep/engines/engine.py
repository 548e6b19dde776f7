"""What every engine of a sweep has: its tasks, what became of them, what is left."""

import collections
import contextlib
import os

from trainers import files
from trainers.errors import RunFailure, UsageError

# How many failures one line tells of.
_MOST_REASONS = 5


class Engine:
    """Does tasks in their order; the engines beside this one say how.

    A task that fails does not stop the others, but those that need it are left out.

    Args:
        tasks: list of tasks; see `trainers.sweep.tasks`. One that needs others, which
            are in the list too, waits for them.
        log_folder: folder that gets a file for what each task prints.
        on_change: function of this engine, called when a task starts or ends.

    Attributes:
        done: list of tasks that were finished, before or now.
        failed: `{task: why}`, one line each.
        running: list of tasks.
        num_lost: int, how often a task was lost with its machine, and done again.
        seconds: `{kind: [(size, seconds)]}` of the tasks that were finished now.
    """

    # The places that do one task at a time.
    slots = (None,)

    def __init__(self, tasks, log_folder, on_change=lambda engine: None):
        self.tasks = tasks
        self.done, self.failed, self.running = [], {}, []
        self.num_lost = 0
        self.seconds = collections.defaultdict(list)
        self._log_folder = log_folder
        self._on_change = on_change

    @property
    def waiting(self):
        """The tasks that are still to be started."""
        begun = {id(task) for task in [*self.done, *self.failed, *self.running]}
        return [task for task in self.tasks if id(task) not in begun]

    def run(self):
        """Does all that is waiting. After Ctrl-C nothing is left running.

        It may be called again when there are more tasks.
        """
        self.done += [task for task in self.waiting if task.is_done()]
        self._on_change(self)
        self._do_waiting()

    def check(self):
        """Raises `RunFailure` if a task failed, with the first of them and why."""
        if self.failed:
            lines = [f"{task.name} ({why})" for task, why in self.failed.items()]
            rest = len(lines) - _MOST_REASONS
            lines[_MOST_REASONS:] = [f"{rest} more"] if rest > 0 else []
            raise RunFailure(
                f"{len(self.failed)} of {len(self.tasks)} failed, which the same "
                f"command tries again: {'; '.join(lines)}"
            )

    def close(self):
        """Lets go of what the engine holds beyond this process."""

    def _do_waiting(self):
        raise NotImplementedError

    def _log_path(self, task):
        return os.path.join(self._log_folder, task.name.replace("/", "_") + ".log")

    def _left_out(self, task):
        """Whether a task needs one that failed; it has failed then too."""
        lost = [need.name for need in task.needs if need in self.failed]
        if lost:
            self.failed[task] = f"needs {lost[0]}"
            self._on_change(self)
        return bool(lost)

    def _ended(self, task, why, seconds):
        """Counts a task that ended, `why` it failed or `None`."""
        if why is None and not task.is_done():
            why = f"left no result; see {self._log_path(task)}"
        if why is None:
            self.done.append(task)
            self.seconds[task.kind].append((task.size, seconds))
        else:
            self.failed[task] = why
        self._on_change(self)


@contextlib.contextmanager
def sole_use(workdir):
    """Keeps the folder of a sweep from a second one, which would do the same runs.

    Args:
        workdir: path of the folder, which is made.

    Returns:
        Context manager of the path of the folder for logs.

    Raises:
        UsageError: when nothing can be written there, or another process does.
    """
    files.make_workdir(workdir)
    lock = files.lock(os.path.join(workdir, ".lock"))
    if lock is None:
        raise UsageError(
            f"Another sweep is running in {workdir!r}. Wait for it, or choose another "
            "--workdir."
        )
    with lock:
        logs = os.path.join(workdir, "logs")
        os.makedirs(logs, exist_ok=True)
        yield logs
