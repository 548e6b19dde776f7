"""Files of flags: encodings, comments, files in files."""

import pytest

from trainers import flag_files
from trainers.errors import UsageError


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_take_the_place_of_the_flag(tmp_path, mark):
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    inner.write_bytes(mark + b"# A comment.\r\n--c=\xc3\xa4 \n\n// Another.\n --d\n")
    outer.write_bytes(mark + f"--b\n--flagfile={inner}\n--e".encode())
    expected = ["--a", "--b", "--c=ä", "--d", "--e", "--f", "x"]
    for named in ([f"--flagfile={outer}"], ["-flagfile", str(outer)]):
        assert flag_files.expand(["--a", *named, "--f", "x"]) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"--a=\xff", r"cannot be read: '.*outer' is no text in UTF-8\."),
        ("--a".encode("utf-16"), r"cannot be read: '.*outer' is no text in UTF-8\."),
        (b"--flagfile=", "must name a file; received '--flagfile='"),
        (b"--flagfile=nowhere", "cannot be read: .*No such file.*: 'nowhere'"),
        (b"--flagfile=a\0b", "cannot be read: embedded null"),
        (b"--flagfile=OUTER", "must not include itself; received '.*' within '.*'"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, content, message):
    path = tmp_path / "outer"
    path.write_bytes(content.replace(b"OUTER", str(path).encode()))
    with pytest.raises(UsageError, match=f"--flagfile {message}"):
        flag_files.expand([f"--flagfile={path}"])


def test_a_folder_and_no_file(tmp_path):
    with pytest.raises(UsageError, match=r"cannot be read: .*directory"):
        flag_files.expand([f"--flagfile={tmp_path}"])
    with pytest.raises(UsageError, match="must name a file; received '--flagfile'"):
        flag_files.expand(["--flagfile"])
