"""Becomes another Python, bound to cores and to the life of who started it.

    python launcher.py PARENT CORES ARGUMENTS...

PARENT is the process whose death ends this one, CORES are numbers with commas or
nothing. A process of its own, since little is safe between a fork and a program.
"""

import ctypes
import os
import signal
import sys

_SIGNAL_AT_DEATH_OF_PARENT = 1


def main(argv):
    """Replaces this process."""
    parent, cores, *arguments = argv[1:]
    # A shell that started the sweep in the background lets its children ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if cores:
        os.sched_setaffinity(0, map(int, cores.split(",")))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SIGNAL_AT_DEATH_OF_PARENT, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit("what started this ended before it began")
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    main(sys.argv)
