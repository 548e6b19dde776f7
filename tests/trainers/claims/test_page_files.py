"""Which files the pages are, and which of them go."""

import pytest

from trainers.claims import page_files
from trainers.errors import UsageError


def test_every_file(judgements, tmp_path):
    path = tmp_path / "claims.md"
    written = page_files.write(str(path), judgements, "this")
    found = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert sorted(written) == sorted(map(str, found))
    names = sorted(str(one.relative_to(tmp_path)) for one in found)
    assert names == [
        "claims.csv",
        "claims.md",
        "claims/accuracy.md",
        "claims/mixup.md",
    ]
    assert "(claims/mixup.md#x2-far)" in path.read_text()
    assert "## X1\n" in (tmp_path / "claims" / "accuracy.md").read_text()


def test_pages_of_an_earlier_call_go_and_nothing_else(judgements, tmp_path):
    path = str(tmp_path / "claims.md")
    page_files.write(path, judgements, "this")
    (tmp_path / "claims" / "own.md").write_text("mine")
    (tmp_path / "claims" / "own.txt").write_text("mine")
    page_files.write(path, judgements[3:], "this")
    left = sorted(one.name for one in (tmp_path / "claims").iterdir())
    assert left == ["mixup.md", "own.md", "own.txt"]


def test_no_other_file_is_replaced(judgements, tmp_path):
    (tmp_path / "claims").mkdir()
    own = tmp_path / "claims" / "mixup.md"
    own.write_text("mine")
    with pytest.raises(
        UsageError, match=r"mixup\.md would be replaced, and is no page"
    ):
        page_files.write(str(tmp_path / "claims.md"), judgements, "this")
    assert own.read_text() == "mine"
    assert not (tmp_path / "claims.md").exists()


def test_a_file_in_place_of_the_folder(judgements, tmp_path):
    (tmp_path / "claims").touch()
    with pytest.raises(UsageError, match=r"go to the folder .* cannot be made"):
        page_files.write(str(tmp_path / "claims.md"), judgements, "this")


def test_the_error_rates_beside_the_page(judgements, tmp_path):
    path = tmp_path / "claims.md"
    page_files.write(str(path), judgements, "this")
    assert "error_rates" not in path.read_text()
    (tmp_path / "error_rates.md").touch()
    page_files.write(str(path), judgements, "this")
    assert "(error_rates.md)" in path.read_text()
