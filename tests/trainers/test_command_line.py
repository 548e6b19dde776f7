"""Flags, help and exit codes."""

import dataclasses
import sys
import threading
import warnings

import pytest

from trainers import command_line
from trainers.errors import RunFailure, UsageError
from trainers.option_checks import check_fields
from trainers.options import option, to_flags


@dataclasses.dataclass(frozen=True)
class Options:
    count: int | None = option(None, "how many", "Group", low=1, none="all")
    rate: float = option(0.5, "how fast", "Group")
    name: str = option("a", "which one", "Other", choices=("a", "b"))
    names: tuple[str, ...] = option((), "which ones", "Other")
    switch: bool = option(True, "whether", "Other")


@dataclasses.dataclass(frozen=True)
class Words:
    word: str = option("a", "text", "Group")
    names: tuple[str, ...] = option((), "texts", "Group")


@dataclasses.dataclass(frozen=True)
class Renamed:
    dominant_first: bool = option(False, "whether", "Group")


def parse(*arguments):
    return command_line.parse(Options, ["program", *arguments])


def test_defaults():
    assert parse() == Options()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--count=3"], {"count": 3}),
        (["--count=3", "--count=all"], {"count": None}),
        (["--rate", "1e-3"], {"rate": 0.001}),
        (["--names=x, y,"], {"names": ("x", "y")}),
        (["--noswitch"], {"switch": False}),
        (["--switch=false"], {"switch": False}),
    ],
)
def test_values(arguments, expected):
    assert parse(*arguments) == Options(**expected)


def test_later_flags_win(tmp_path):
    inner = tmp_path / "inner.flags"
    inner.write_text("# A comment.\n--count=1\n--rate=1\n")
    outer = tmp_path / "outer.flags"
    outer.write_text(f"--flagfile={inner}\n--rate=2\n")
    assert parse(f"--flagfile={outer}", "--count=5") == Options(count=5, rate=2.0)
    assert parse("--count=5", f"--flagfile={outer}") == Options(count=1, rate=2.0)


def test_written_flags_read_back(tmp_path):
    options = Options(count=None, rate=1 / 3, names=("x", "y"), switch=False)
    path = tmp_path / "flags.txt"
    flags = to_flags(options).items()
    path.write_text("".join(f"--{name}={text}\n" for name, text in flags))
    assert parse("--count=7", f"--flagfile={path}") == options


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--cuont=1", "Unknown command line flag 'cuont'. Did you mean: count. --h"),
        ("--count=x", "--count=x: expected int or all, received 'x'"),
        ("--xyzzy", "Unknown command line flag 'xyzzy'. --help lists the flags."),
        ("--rate=", "--rate=: expected float, received ''"),
        ("--switch=maybe", "--switch=maybe: expected true or false, received 'maybe'"),
        ("stray", "Unexpected argument 'stray'"),
        ("--flagfile=/nowhere/x", "--flagfile cannot be read: .*'/nowhere/x'"),
        ("--flagfile=", "--flagfile must name a file; received '--flagfile='"),
        ("--flagfile", "--flagfile must name a file; received '--flagfile'"),
        ("--noswitch=3", "--noswitch=3 does not take an argument. --help lists"),
        ("--undefok=cuont", "Every flag must be known; received '--undefok=cuont'"),
    ],
)
def test_bad_arguments(argument, message):
    with pytest.raises(UsageError, match=message) as error:
        parse(argument)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", [" a", "a\n", "a\nb", "a\x85b", "a\udcff", "\u2028"])
@pytest.mark.parametrize("as_tuple", [False, True])
def test_text_that_flags_txt_would_not_keep_is_refused(text, as_tuple):
    names = ("names", ("b", text)) if as_tuple else ("word", text)
    with pytest.raises(UsageError, match=f"--{names[0]} must be text on one line"):
        check_fields(Words(**dict([names])))


@pytest.mark.parametrize("text", ["", "a b", "ä=é", "--count=3", "#", "a\\n"])
def test_other_text_survives_flags_txt(text, tmp_path):
    options = Words(word=text)
    check_fields(options)
    path = tmp_path / "flags.txt"
    flags = to_flags(options).items()
    path.write_text("".join(f"--{name}={text}\n" for name, text in flags), "utf-8")
    read = command_line.parse(Words, ["program", f"--flagfile={path}"])
    assert read.word == text


def test_whole_numbers_have_a_bound():
    check_fields(Options(count=10**8))
    with pytest.raises(UsageError, match="--count must be at most 100000000; received"):
        check_fields(Options(count=10**30))


def test_help_names_every_flag_in_its_group():
    assert parse("--help") is None
    assert parse("-h") is None
    text = command_line.help_text(Options, "How to use it.")
    assert text.startswith("How to use it.\n\nGroup:\n  --count=INT|all\n")
    assert "whether (default: true)" in text
    assert "--names=NAME,NAME" in text
    assert max(map(len, text.splitlines())) < 80


def raising(error):
    def command(options):
        raise error

    return command


@pytest.mark.parametrize(
    ("command", "arguments", "code", "complaint"),
    [
        (print, [], 0, ""),
        (print, ["--help"], 0, ""),
        (print, ["--nope"], 2, "error: Unknown command line flag 'nope'"),
        (raising(UsageError("a\n  b")), [], 2, "error: a b\n"),
        (raising(RunFailure("it broke")), [], 1, "error: it broke\n"),
        (
            raising(OSError(28, "No space", "a.json")),
            [],
            1,
            "error: OSError: [Errno 28",
        ),
        (raising(MemoryError("8 GiB")), [], 1, "error: MemoryError: 8 GiB\n"),
        (raising(KeyboardInterrupt), [], 130, "error: interrupted\n"),
        (raising(KeyboardInterrupt("go on")), [], 130, "error: go on\n"),
    ],
)
def test_exit_codes(command, arguments, code, complaint, capsys):
    argv = ["program", *arguments]
    assert command_line.run_command(command, Options, "Usage.", argv) == code
    complaints = capsys.readouterr().err
    assert complaints.startswith(complaint)
    assert complaints.count("\n") == (code != 0)


@pytest.mark.parametrize(("error", "lines"), [(OSError, 0), (ValueError, 1)])
def test_what_a_thread_fails_to_write_is_told_by_its_owner(monkeypatch, error, lines):
    told = []
    monkeypatch.setattr(threading, "excepthook", told.append)

    def command(options):
        thread = threading.Thread(target=raising(error("broken")), args=(options,))
        thread.start()
        thread.join()

    assert command_line.run_command(command, Options, "Usage.", ["program"]) == 0
    assert len(told) == lines
    assert threading.excepthook == told.append


def test_warnings_are_one_line(capsys):
    def command(options):
        print(warnings.formatwarning("some\nlines", UserWarning, "file.py", 3), end="")

    before = warnings.formatwarning
    assert command_line.run_command(command, Options, "Usage.", ["program"]) == 0
    assert capsys.readouterr().out == "warning: some lines\n"
    assert warnings.formatwarning is before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--symmetrize"], True),
        (["--symmetrize=true"], True),
        (["--dominant_first", "--nosymmetrize"], False),
        (["--symmetrize", "--dominant_first=false"], False),
    ],
)
def test_the_former_name_of_a_flag_is_read_for_one_release(arguments, expected):
    with pytest.warns(FutureWarning, match="--symmetrize is called --dominant_first"):
        options = command_line.parse(Renamed, ["program", *arguments])
    assert options == Renamed(expected)
    assert "symmetrize" not in command_line.help_text(Renamed, "Usage.")
    with pytest.raises(UsageError, match="Unknown command line flag 'symmetrize'"):
        parse("--symmetrize")


def test_the_former_name_of_a_flag_is_told_in_one_line(capsys, tmp_path, monkeypatch):
    def show(*warning, **where):
        print(warnings.formatwarning(*warning), end="", file=sys.stderr)

    monkeypatch.setattr(warnings, "showwarning", show)
    path = tmp_path / "recipe.flags"
    path.write_text("--symmetrize\n")
    argv = ["program", f"--flagfile={path}"]
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert command_line.run_command(print, Renamed, "Usage.", argv) == 0
    out, err = capsys.readouterr()
    assert out == "Renamed(dominant_first=True)\n"
    assert err == (
        "warning: --symmetrize is called --dominant_first: use this name, as the next "
        "release refuses the former one\n"
    )
