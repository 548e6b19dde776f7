"""One line that says how far a sweep is."""

import shutil
import statistics
import sys


class ProgressLine:
    """Shows how many tasks are done and how much time is left.

    On a terminal the line is written again and again; elsewhere each change that ends a
    task is a line of its own.

    Args:
        file: the open file to write to; `None` for stderr.
    """

    def __init__(self, file=None):
        self._file = sys.stderr if file is None else file
        self._ended = None

    def __call__(self, scheduler):
        ended = len(scheduler.done) + len(scheduler.failed)
        if self._file.isatty():
            # A line that wraps could not be written over.
            width = shutil.get_terminal_size().columns - 1
            self._file.write(f"\r\x1b[K{describe(scheduler)[:width]}")
            if ended == len(scheduler.tasks):
                self._file.write("\n")
        elif ended != self._ended:
            self._file.write(f"{describe(scheduler)}\n")
        self._ended = ended
        self._file.flush()


def describe(scheduler):
    """Returns the line: what is done, what goes on, what failed, the time left."""
    parts = [f"{len(scheduler.done)} of {len(scheduler.tasks)} done"]
    if scheduler.failed:
        parts.append(f"{len(scheduler.failed)} failed")
    if scheduler.num_lost:
        parts.append(f"{scheduler.num_lost} lost with their machines")
    if scheduler.running:
        names = ", ".join(task.name for task in scheduler.running)
        left = seconds_left(scheduler)
        parts.append("time left unknown" if left is None else f"{_clock(left)} left")
        parts.append(f"running {names}")
    return "; ".join(parts)


def seconds_left(scheduler):
    """Estimates the seconds until all is done, `None` before the first task ended.

    What runs counts whole: it ends at about the time when the estimate is next read.
    """
    if not scheduler.seconds:
        return None
    pending = [*scheduler.waiting, *scheduler.running]
    total = sum(_expected_seconds(task, scheduler.seconds) for task in pending)
    return total / max(1, min(len(scheduler.slots), len(pending)))


def _expected_seconds(task, seconds):
    """By tasks of the same kind, else by all."""
    known = seconds.get(task.kind)
    if not known:
        # Nothing is known of how its size compares.
        return statistics.fmean(s for each in seconds.values() for _, s in each)
    rate = sum(s for _, s in known) / sum(size for size, _ in known)
    return task.size * rate


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
