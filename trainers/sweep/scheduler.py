"""Does tasks side by side, each in a process of its own."""

import collections
import contextlib
import os
import signal
import subprocess
import time

POLL_SECONDS = 0.1
# How long an interrupted run gets for its last words.
PATIENCE_SECONDS = 30


class Scheduler:
    """Does tasks in their order, as many at a time as there are slots.

    A task that fails does not stop the others, but those that need it are left out.

    Args:
        tasks: list of tasks; see `trainers.sweep.tasks`. One that needs others, which
            are in the list too, waits for them.
        slots: list of `trainers.sweep.slots.Slot`.
        log_folder: folder that gets a file for what each task prints.
        on_change: function of this scheduler, called when a task starts or ends.

    Attributes:
        done: list of tasks that were finished, before or now.
        failed: `{task: why}`, one line each.
        running: list of tasks.
        seconds: `{kind: [(size, seconds)]}` of the tasks that were finished now.
    """

    def __init__(self, tasks, slots, log_folder, on_change=lambda scheduler: None):
        self.tasks, self.slots = tasks, slots
        self.done, self.failed = [], {}
        self.seconds = collections.defaultdict(list)
        self._log_folder = log_folder
        self._on_change = on_change
        self._processes = {}

    @property
    def running(self):
        return [task for task, *_ in self._processes.values()]

    @property
    def waiting(self):
        """The tasks that are still to be started."""
        begun = {id(task) for task in [*self.done, *self.failed, *self.running]}
        return [task for task in self.tasks if id(task) not in begun]

    def run(self):
        """Does everything. After Ctrl-C nothing is left running."""
        self.done += [task for task in self.tasks if task.is_done()]
        self._on_change(self)
        try:
            while self.waiting or self._processes:
                if not (self._start_ready() or self._collect_ended()):
                    time.sleep(POLL_SECONDS)
        finally:
            self._stop()

    def _start_ready(self):
        free = [slot for slot in self.slots if slot not in self._processes]
        for task in self.waiting:
            lost = [need.name for need in task.needs if need in self.failed]
            if lost:
                self.failed[task] = f"needs {lost[0]}"
                self._on_change(self)
                return True
            if free and all(need in self.done for need in task.needs):
                self._start(task, free[0])
                self._on_change(self)
                return True
        return False

    def _start(self, task, slot):
        path = os.path.join(self._log_folder, task.name.replace("/", "_") + ".log")
        with open(path, "wb") as log:
            process = slot.start(task.arguments, log)
        self._processes[slot] = task, process, path, time.monotonic()

    def _collect_ended(self):
        ended = [
            slot
            for slot, (_, process, *_) in self._processes.items()
            if process.poll() is not None
        ]
        for slot in ended:
            task, process, path, began = self._processes.pop(slot)
            if process.returncode == 0 and task.is_done():
                self.done.append(task)
                self.seconds[task.kind].append((task.size, time.monotonic() - began))
            else:
                self.failed[task] = _reason(process.returncode, path)
            self._on_change(self)
        return bool(ended)

    def _stop(self):
        processes = [process for _, process, *_ in self._processes.values()]
        try:
            for process in processes:
                process.send_signal(signal.SIGINT)
            deadline = time.monotonic() + PATIENCE_SECONDS
            for process in processes:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
        finally:  # After another Ctrl-C too.
            for process in processes:
                process.kill()
            for process in processes:
                process.wait()
            self._processes.clear()


def _reason(code, path):
    """Why a process failed: its last line, or the signal that killed it."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}; see {path}"
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = [line.strip() for line in log if line.strip()]
    last = lines[-1] if lines else "nothing was printed"
    # It may stand behind the progress bar of the step that failed.
    last = last.partition("error: ")[2] or last
    return f"exit code {code}: {last}" if code else f"left no result; see {path}"
