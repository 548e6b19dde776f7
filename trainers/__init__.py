"""Experiments: each room is a command, `python -m trainers.NAME`."""

import importlib.util
import sys

from trainers import startup

# So it reads while Python looks for the module that its option -m names.
if sys.argv[:1] == ["-m"]:
    startup.begin()

for _package in ("absl", "tensorboard"):
    if importlib.util.find_spec(_package) is None:
        # One line, whichever command was called, before it imports the package.
        print(
            f"error: trainers needs {_package}, which is not installed: pip install "
            '"keras-mixup[trainers]"',
            file=sys.stderr,
        )
        sys.exit(2)
