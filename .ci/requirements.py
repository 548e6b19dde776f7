"""Prints requirements derived from pyproject.toml, one a line.

python .ci/requirements.py jax      the package's own on JAX, without TensorFlow
python .ci/requirements.py test     what running the tests adds
python .ci/requirements.py oldest   every dependency of the package at its lower bound
"""

import re
import sys
import tomllib
from pathlib import Path

TENSORFLOW_ONLY = ("tensorflow", "importlib-resources", "requests")


def requirements(which, project):
    """The list named `which`, from the table [project] of pyproject.toml."""
    extras = project["optional-dependencies"]
    needed = project["dependencies"] + extras["jax"]
    if which == "jax":
        return [line for line in needed if not line.startswith(TENSORFLOW_ONLY)]
    if which == "oldest":
        return [re.sub(r">=([^,;]+)[^;]*", r"==\1", line) for line in needed]
    return extras[which]


if __name__ == "__main__":
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    print("\n".join(requirements(sys.argv[1], tomllib.loads(text)["project"])))
