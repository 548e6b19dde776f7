"""What the project says of itself is true: dependencies, commands, files."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import keras
import pytest
from packaging.requirements import Requirement

import keras_mixup

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# The name to install, where it is not the name to import.
INSTALLED_AS = {
    "PIL": "pillow",
    "absl": "absl-py",
    "markdown_it": "markdown-it-py",
    "sklearn": "scikit-learn",
}

needs_checkout = pytest.mark.skipif(
    not (ROOT / "make.sh").exists(), reason="the tests run beside a wheel"
)


EXTRAS = PROJECT["optional-dependencies"]


def requirement_names(requirements):
    """The packages that are named, and those of the extras that are."""
    names = set()
    for line in requirements:
        one = Requirement(line)
        if one.name == "keras-mixup":
            names |= requirement_names(chain(*(EXTRAS[e] for e in one.extras)))
        else:
            names.add(one.name)
    return names


def imported_names(folder):
    """Every package that the sources of a folder import, wherever they do."""
    for path in Path(folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.split(".")[0]


def test_everything_imported_is_declared():
    declared = requirement_names(PROJECT["dependencies"] + EXTRAS["all"])
    assert needed_by(Path(keras_mixup.__file__).parent) <= declared
    assert needed_by(ROOT / "trainers") <= declared


def needed_by(folder):
    own = {"keras_mixup", "trainers", *sys.stdlib_module_names}
    imported = set(imported_names(folder)) - own
    return {INSTALLED_AS.get(name, name.replace("_", "-")) for name in imported}


def test_nothing_private_of_keras_is_imported():
    sources = Path(keras_mixup.__file__).parent.rglob("*.py")
    assert not [path for path in sources if "keras.src" in path.read_text()]


@pytest.mark.jax
def test_importing_the_package_does_not_import_tensorflow_on_jax():
    code = "import sys, keras_mixup; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_every_dependency_has_both_bounds():
    for line in (*PROJECT["dependencies"], *chain(*EXTRAS.values())):
        if not line.startswith(("keras-mixup[", "furo")):
            assert re.search(r">=[\d.]+,<[\d.]+$", line), line


@needs_checkout
def test_the_oldest_versions_are_the_lower_bounds():
    lines = (*PROJECT["dependencies"], *EXTRAS["tensorflow"], *EXTRAS["jax"])
    bounds = {
        f"{one.name}=={bound.version}"
        for one in map(Requirement, (*lines, *EXTRAS["data"], *EXTRAS["trainers"]))
        for bound in one.specifier
        if bound.operator == ">="
    }
    pinned = (ROOT / ".ci" / "oldest.txt").read_text().splitlines()
    assert {line for line in pinned if not line.startswith("#")} == bounds


@needs_checkout
@pytest.mark.parametrize("page", ["README.md", "docs/quick_start.md"])
def test_the_pages_install_extras_that_there_are(page):
    named = re.findall(r"pip install \"[^\"]*?\[([\w,]+)\]", (ROOT / page).read_text())
    named = set(chain(*(names.split(",") for names in named)))
    assert {"tensorflow", "jax", "torch"} <= named <= set(EXTRAS)


@needs_checkout
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_environments_of_other_backends_have_no_tensorflow(backend):
    names = requirement_names(PROJECT["dependencies"] + EXTRAS[backend])
    assert not [name for name in names if name.startswith("tensorflow")]
    if keras.config.backend() == backend and f".venv-{backend}" in sys.prefix:
        assert importlib.util.find_spec("tensorflow") is None
        subprocess.run([sys.executable, "-m", "pip", "check"], check=True)


def test_version_is_stated_once_more():
    assert keras_mixup.__version__ == PROJECT["version"]


@needs_checkout
def test_citation_names_the_version():
    lines = (ROOT / "CITATION.cff").read_text().splitlines()
    assert f"version: {PROJECT['version']}" in lines


@needs_checkout
def test_version_has_an_entry_in_the_changelog():
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()


def make(*arguments, root=ROOT, **variables):
    """Runs make.sh as a user without a terminal does."""
    return subprocess.run(
        ["bash", str(root / "make.sh"), *arguments],
        env={"PATH": "/usr/bin:/bin", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@needs_checkout
def test_make_lists_its_commands():
    result = make()
    assert result.returncode == 0
    for command in ("demo", "test", "lint", "docs", "wheel", "oldest", "check"):
        assert f"./make.sh {command}" in result.stdout


@needs_checkout
def test_make_refuses_an_unknown_command():
    assert make("bogus").returncode == 2


@needs_checkout
def test_make_says_in_one_line_that_there_is_no_python():
    result = make("demo", PYTHON="/no/such/python")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "no Python 3.11, 3.12 or 3.13" in result.stderr


@pytest.fixture
def bare_system(tmp_path):
    """The variables of a system whose Python cannot make environments.

    `apt-get` notes what it is asked for in `asked`, and `id` says who one is.
    """
    programs = {
        "python": 'case "$*" in *ensurepip*) exit 1;; *_base*) echo "$0";; *%d.%d*) '
        "echo python3.11-venv;; *) exit 3;; esac",
        "apt-get": f'echo "$@" >> {tmp_path}/asked',
        "id": 'echo "$USER_ID"',
    }
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    shutil.copy(ROOT / "make.sh", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "oldest.txt", tmp_path / ".ci")
    return {"PYTHON": str(tmp_path / "python"), "PATH": f"{tmp_path}:/usr/bin:/bin"}


@needs_checkout
def test_make_installs_venv_as_root(bare_system, tmp_path):
    make("demo", root=tmp_path, USER_ID="0", **bare_system)
    asked = (tmp_path / "asked").read_text()
    assert asked == "update -qq\ninstall -qq -y python3.11-venv\n"


@needs_checkout
def test_make_says_in_one_line_what_to_install(bare_system, tmp_path):
    result = make("demo", root=tmp_path, USER_ID="1000", **bare_system)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "sudo apt-get install python3.11-venv" in result.stderr
    assert not (tmp_path / "asked").exists()
