"""Experiments: each module is a command, each package what commands are made of."""

import importlib.util
import sys

for _package in ("absl", "tensorboard"):
    if importlib.util.find_spec(_package) is None:
        # One line, whichever command was called, before it imports the package.
        print(
            f"error: trainers needs {_package}, which is not installed: pip install "
            '"keras-mixup[trainers]"',
            file=sys.stderr,
        )
        sys.exit(2)
