"""Processes that do not outlive the one that started them."""

import os
import subprocess
import sys

from trainers.sweep import launcher


def start(arguments, cores=(), **more):
    """Starts another Python and returns its `subprocess.Popen`.

    It dies with this process, and gets no Ctrl-C from the keyboard: whoever started it
    decides when it stops.

    Args:
        arguments: list of strings, the arguments of Python.
        cores: numbers of the cores that it may use; none named: those of this process.
        more: as `subprocess.Popen` takes it.
    """
    # Isolated, since the modules beside the launcher have names of the library's own.
    launch = [sys.executable, "-I", launcher.__file__, str(os.getpid())]
    return subprocess.Popen(
        [*launch, ",".join(map(str, cores)), *arguments],
        start_new_session=True,
        **more,
    )
