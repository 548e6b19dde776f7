"""What is printed while a backend is imported."""

import os

import pytest

from trainers import backend


def import_and_raise(error):
    with backend._held_back_stderr():
        os.write(2, b"noise\n")
        if error is not None:
            raise error


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (None, ""),
        (ModuleNotFoundError("no jax"), ""),
        (KeyboardInterrupt(), ""),
        (ImportError("broken library"), "noise\n"),
    ],
)
def test_noise_is_shown_with_errors_that_it_may_explain(error, printed, capfd):
    if error is None:
        import_and_raise(None)
    else:
        with pytest.raises(type(error)):
            import_and_raise(error)
    assert capfd.readouterr().err == printed
