"""Streams that are closed or break, and Ctrl-C before the command begins."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from trainers import startup

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# As Python has it while it looks for the module of its option -m.
BEGIN = "import sys; sys.argv = ['-m']; import trainers; "
# More than any buffer between two processes holds.
PRINT = "[print('x' * 999) for _ in range(999)]; open(PATH, 'w').write('done'); "


def start(code, closed="", **streams):
    """Starts Python, some of whose streams are closed by the shell, as `>&-`."""
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=ROOT, text=True, **streams)


def run(code, closed="", **streams):
    process = start(code, closed, stderr=subprocess.PIPE, **streams)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


@pytest.mark.parametrize("unbuffered", ["", "sys.stdout.reconfigure(write_through=1);"])
def test_a_reader_that_leaves_ends_nothing(tmp_path, unbuffered):
    path = tmp_path / "file"
    code = f"{BEGIN}{unbuffered}PATH = {str(path)!r}; {PRINT}"
    read, write = os.pipe()
    os.close(read)
    assert run(code, stdout=write) == (0, "")
    os.close(write)
    assert path.read_text() == "done"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_takes_the_place_of_a_closed_stream(tmp_path, closed):
    path = tmp_path / "file"
    code = (
        f"{BEGIN}import os; file = open({str(path)!r}, 'w'); print('out'); "
        "print('err', file=sys.stderr, flush=True); os.write(1, b'native'); "
        "os.write(2, b'native'); file.write('done')"
    )
    code, errors = run(code, closed, stdout=subprocess.PIPE)
    assert code == 0
    assert errors == ("" if "2>" in closed else "err\nnative")
    assert path.read_text() == "done"


def test_a_full_disk_behind_the_output_is_told_at_the_end(tmp_path):
    path = tmp_path / "file"
    code = f"{BEGIN}PATH = {str(path)!r}; {PRINT}from trainers import startup; "
    with open("/dev/full", "w") as full:
        code, errors = run(f"{code}startup.flush_output()", stdout=full)
    assert code == 1
    assert errors.endswith("No space left on device: 'standard output'\n")
    assert path.read_text() == "done"


def test_a_pipe_that_does_not_block_gets_everything():
    read, write = os.pipe()
    os.set_blocking(write, False)
    code = f"{BEGIN}print('x' * 300_000)"
    process = start(code, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    with open(read) as file:
        assert len(file.read()) == 300_001
    assert process.communicate(timeout=60)[1] == ""


def test_what_is_no_text_is_printed_anyway():
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = start(
        f"{BEGIN}print('\\xb1\\udcff', file=sys.stderr)",
        stderr=subprocess.PIPE,
        env={**os.environ, **plain},
    )
    assert process.communicate(timeout=60)[1] == "\\xb1\\udcff\n"


def interrupt(code, ready):
    process = start(code, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.stdout.readline() != f"{ready}\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def test_ctrl_c_before_the_command_begins_is_one_line():
    code = f"{BEGIN}import time; print('importing', flush=True); time.sleep(60)"
    assert interrupt(code, "importing") == (130, "error: interrupted\n")


@pytest.mark.parametrize("moment", ["command", "end"])
def test_ctrl_c_later_is_one_line_too(moment):
    wait = f"print({moment!r}, flush=True); time.sleep(60)"
    code = (
        f"{BEGIN}import time, dataclasses\n"
        "from trainers.command_line import run_command\n"
        "@dataclasses.dataclass\n"
        "class Options: pass\n"
        "def command(options):\n"
        f"    {wait if moment == 'command' else 'pass'}\n"
        "run_command(command, Options, '', ['x'])\n"
        f"{wait if moment == 'end' else 'sys.exit(130)'}\n"
    )
    assert interrupt(code, moment) == (130, "error: interrupted\n")


def test_a_command_that_is_called_from_python_changes_no_signal():
    before = signal.getsignal(signal.SIGINT)
    with startup.interruptible():
        assert signal.getsignal(signal.SIGINT) is before
    with contextlib.redirect_stdout(None):
        startup.flush_output()
