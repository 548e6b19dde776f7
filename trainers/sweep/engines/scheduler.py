"""Does tasks side by side, each in a process of its own."""

import contextlib
import signal
import subprocess
import time

from trainers.sweep.engines.engine import Engine

POLL_SECONDS = 0.1
# How long an interrupted run gets for its last words.
PATIENCE_SECONDS = 30


class Scheduler(Engine):
    """Does as many tasks at a time as there are slots, each in its own process.

    Args:
        slots: list of hashable objects such as `trainers.sweep.engines.local.Slot`:
            `slot.start(arguments, log_path)` starts Python there and returns what has
            `poll`, `wait`, `send_signal`, `kill` and `returncode` of
            `subprocess.Popen`. For the rest see `Engine`.
    """

    def __init__(self, tasks, slots, log_folder, on_change=lambda engine: None):
        super().__init__(tasks, log_folder, on_change)
        self.slots = slots
        self._processes = {}

    def _do_waiting(self):
        try:
            while self.waiting or self._processes:
                self._look_around()
                if not (self._start_ready() or self._collect_ended()):
                    time.sleep(POLL_SECONDS)
        finally:
            self._stop()

    def _look_around(self):
        """Brings `slots` up to date, where they come and go."""

    def _start_ready(self):
        free = [slot for slot in self.slots if slot not in self._processes]
        for task in self.waiting:
            if self._left_out(task):
                return True
            if free and all(need in self.done for need in task.needs):
                self._start(task, free[0])
                return True
        return False

    def _start(self, task, slot):
        process = slot.start(task.arguments, self._log_path(task))
        self._processes[slot] = task, process, time.monotonic()
        self.running.append(task)
        self._on_change(self)

    def _collect_ended(self):
        ended = [
            slot
            for slot, (_, process, _) in self._processes.items()
            if process.poll() is not None
        ]
        for slot in ended:
            task, process, began = self._processes.pop(slot)
            self.running.remove(task)
            self._process_ended(task, process, time.monotonic() - began)
        return bool(ended)

    def _process_ended(self, task, process, seconds):
        why = None
        if process.returncode:
            why = _reason(process.returncode, self._log_path(task))
        self._ended(task, why, seconds)

    def _stop(self):
        processes = [process for _, process, _ in self._processes.values()]
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
                # Another machine may be out of reach.
                with contextlib.suppress(subprocess.TimeoutExpired):
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
    return f"exit code {code}: {last.partition('error: ')[2] or last}"
