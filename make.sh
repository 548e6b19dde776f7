#!/usr/bin/env bash
# Sets up and runs keras_mixup from a checkout. Needs Python 3.11 to 3.13, no more.
#
#   ./make.sh demo [flags]     train ICT[2] on digits with 50 labels (trainers.run)
#   ./make.sh test [args]      run the fast tests, on TensorFlow, JAX and PyTorch (pytest)
#   ./make.sh lint             check format, style and types
#   ./make.sh docs             build the documentation into site/
#   ./make.sh wheel [args]     build the wheel and test it from another folder
#   ./make.sh oldest [args]    run the fast tests on the oldest dependencies
#   ./make.sh check            what CI does: the above, the last two in part, and the
#                              slow tests
#
# PYTHON=python3.12 ./make.sh ... chooses the interpreter. A command makes the
# environment that it needs, .venv, .venv-jax and .venv-torch (without TensorFlow) or
# .venv-oldest, and makes it again when pyproject.toml has changed or an installation was
# interrupted.
set -euo pipefail
cd "$(dirname "$0")"

die() {
  echo "make.sh: $*" >&2
  exit 1
}

find_python() {
  local candidate candidates=(python3 python3.11 python3.12 python3.13)
  [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
  for candidate in "${candidates[@]}"; do
    # Inside an activated environment, this is the interpreter that it came from.
    "$candidate" -c 'import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13): sys.exit(1)
print(sys._base_executable)' 2>/dev/null && return
  done
  die "no Python 3.11, 3.12 or 3.13 among: ${candidates[*]}." \
    "Install one, or name one: PYTHON=/path/to/python ./make.sh ..."
}

need_venv() {
  "$python" -c 'import ensurepip, venv' 2>/dev/null && return
  local package
  package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "$python cannot make environments yet. Run 'sudo apt-get install $package'."
  fi
  echo "Installing $package"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -qq -y "$package"; } </dev/null >/dev/null ||
    die "could not install $package, see above."
}

# What an environment was made from. The stamp is written last, so that one that was
# interrupted has none.
stamp() {
  echo "$("$python" -V) $PWD $(cat pyproject.toml .ci/oldest.txt | cksum)"
}

whole() {
  [ "$(cat "$1/.stamp" 2>/dev/null)" = "$(stamp)" ]
}

fresh() {
  need_venv
  echo "Setting up $1: $2"
  rm -rf "$1"
  "$python" -m venv "$1"
}

install() {
  local environment=$1
  shift
  # -qq leaves the errors.
  "$environment/bin/python" -m pip install -qq --no-input --disable-pip-version-check "$@"
}

need_tensorflow() {
  whole .venv && return
  fresh .venv "TensorFlow and the tools, 3 GB, some minutes"
  install .venv -e '.[dev]'
  stamp >.venv/.stamp
}

need_jax() {
  whole .venv-jax && return
  fresh .venv-jax "JAX without TensorFlow, and Ray, 1.3 GB"
  install .venv-jax -e '.[jax,ray,test]'
  stamp >.venv-jax/.stamp
}

need_torch() {
  whole .venv-torch && return
  fresh .venv-torch "PyTorch without TensorFlow, 1 GB"
  # One version and by itself: where an index has CPU builds beside those for CUDA, of
  # several GB, this asks for one that is known to have them. The tests need no GPU.
  install .venv-torch 'torch==2.13.0'
  install .venv-torch -e '.[torch,test]'
  stamp >.venv-torch/.stamp
}

need_oldest() {
  whole .venv-oldest && return
  fresh .venv-oldest "every dependency at its lower bound, 3 GB, some minutes"
  install .venv-oldest -c .ci/oldest.txt -e '.[tensorflow,jax,test]'
  stamp >.venv-oldest/.stamp
}

# tests PYTHON BACKEND [pytest's arguments]
tests() {
  local python=$1 backend=$2 workers
  shift 2
  # Each worker imports the backend and collects the tests for itself, for some seconds.
  workers=$(nproc)
  echo "Tests on $backend, $("$python" -V), in $PWD"
  KERAS_BACKEND=$backend "$python" -m pytest -n $((workers < 4 ? workers : 4)) "$@"
}

demo() {
  need_tensorflow
  exec .venv/bin/python -m trainers.run --workdir=workdir "$@"
}

test_all() {
  local status=0
  need_tensorflow
  need_jax
  need_torch
  # `-m slow` among the arguments chooses the slow ones instead.
  tests .venv/bin/python tensorflow -m "not slow" "$@" || status=$?
  tests .venv-jax/bin/python jax -m "not slow" "$@" || status=$?
  tests .venv-torch/bin/python torch -m "not slow" "$@" || status=$?
  exit $status
}

lint() {
  need_tensorflow
  .venv/bin/python -m ruff format --check .
  .venv/bin/python -m ruff check .
  .venv/bin/python -m mypy
}

docs() {
  need_tensorflow
  KERAS_BACKEND=tensorflow .venv/bin/python -m sphinx -qWE --keep-going docs site
  echo "Built site/index.html"
}

wheel() {
  local checkout=$PWD folder
  need_tensorflow
  folder=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$folder' build" EXIT
  rm -rf build
  .venv/bin/python -m pip wheel -qq --no-deps --wheel-dir dist .
  echo "Built $(ls dist/*.whl)"
  # The tests go to a folder without the sources, so that they import the wheel.
  install .venv --no-deps --target "$folder/wheel" dist/*.whl
  cp -R pyproject.toml README.md docs tests "$folder"
  rm -rf "$folder/tests/trainers"
  cd "$folder"
  PYTHONPATH=$folder/wheel tests "$checkout/.venv/bin/python" tensorflow "$@"
}

oldest() {
  need_oldest
  # What old packages warn of is not ours to mend.
  local options=(-m "not slow" -W default --disable-warnings "$@")
  tests .venv-oldest/bin/python tensorflow "${options[@]}"
  tests .venv-oldest/bin/python jax "${options[@]}"
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
  demo | lint | docs | wheel | oldest) ;;
  test) command=test_all ;;
  check) exec bash .ci/run ;;
  *)
    sed -n '2,/^set /{s/^# \{0,1\}//p}' make.sh
    [ "$command" = help ] || exit 2
    exit 0
    ;;
esac
python=$(find_python)
"$command" "$@"
