"""The files of a figure."""

import pytest

from trainers.figures import drawing


def test_numbers_are_there_where_nothing_can_be_drawn(tmp_path):
    def fail(figure, axes):
        raise RuntimeError("no ink")

    one = drawing.Drawing("name", "caption", [{"x": 1.5}], fail)
    with pytest.raises(RuntimeError):
        drawing.write(str(tmp_path), one)
    assert (tmp_path / "name.csv").read_text() == "x\n1.5\n"
    assert (tmp_path / "name.txt").read_text() == "caption\n"
    assert {path.name for path in tmp_path.iterdir()} == {"name.csv", "name.txt"}


def test_a_picture_has_the_size_that_was_asked_for(tmp_path):
    one = drawing.Drawing("name", "", [{}], lambda *_: None, (1, 2), (2.0, 1.5))
    drawing.write_picture(tmp_path / "figure.png", one)
    header = (tmp_path / "figure.png").read_bytes()[16:24]
    width, height = (int.from_bytes(header[i : i + 4]) for i in (0, 4))
    assert (width, height) == (480, 180)
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


def test_equal_names_are_numbered():
    ones = [drawing.Drawing(name, "", [], None) for name in ("a", "b", "a", "a")]
    names = [one.name for one in drawing.with_names_of_their_own(ones)]
    assert names == ["a", "b", "a_2", "a_3"]
