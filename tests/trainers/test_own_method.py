"""A method in one file with one row is trained, swept, drawn and reported."""

import json
import pathlib

import keras
import pytest

from trainers.errors import UsageError
from trainers.figures import command as figures
from trainers.figures import panels
from trainers.report import command as report
from trainers.results import reading
from trainers.run import method_lookup, user_modules
from trainers.run.experiment import Experiment
from trainers.run.finished import FinishedRun
from trainers.run.method import Method
from trainers.sweep import command as sweep

HERE = str(pathlib.Path(__file__).parent)


@pytest.mark.slow
def test_a_method_of_a_users_module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", HERE)
    recipe = tmp_path / "sharp.flags"
    options = {
        **{"method": "own_method:SHARP", "dataset": "digits", "architecture": "mlp_4"},
        **{"steps": 2, "evaluate_every": 2, "linearity_points": 2, "batch_size": 8},
        **{"num_labels": 50, "backend": keras.config.backend()},
    }
    recipe.write_text("".join(f"--{name}={value}\n" for name, value in options.items()))
    runs = str(tmp_path / "runs")
    flags = [f"--recipes={recipe}", "--num_points=2,3", "--seeds=0"]
    assert sweep.main(["sweep", *flags, f"--workdir={runs}", "--jobs=1"]) == 0
    # Reading imports no module, whether it is at hand or not.
    monkeypatch.setattr(method_lookup, "_load", lambda text: pytest.fail("imported"))
    monkeypatch.setattr(method_lookup, "_LOADED", {})
    found = reading.read([runs]).records
    assert sorted(record.num_points for record in found) == [2, 3]
    # Where the module is not at hand, result.json describes the row.
    row = method_lookup.known_method("elsewhere:SHARP", found[0].result["method"])
    assert (row.color, row.name) == ("#123456", "sharp mixup")
    (color,) = {style["color"] for style in panels.styles_of({"a": found[0]}).values()}
    assert color == "#123456"
    drawn = str(tmp_path / "figures")
    assert figures.main(["", f"--results={runs}", f"--workdir={drawn}"]) == 0
    (numbers,) = pathlib.Path(drawn).glob("linearity_*.csv")
    assert {",sharp mixup,", ",sharp mixup[3],"} <= {
        f",{row.split(',')[1]}," for row in numbers.read_text().splitlines()
    }
    page = str(tmp_path / "report")
    assert report.main(["", f"--results={runs}", f"--workdir={page}"]) == 0
    text = "".join(p.read_text() for p in pathlib.Path(page).glob("*.md"))
    assert "sharp mixup[3]" in text


def test_a_finished_run_is_read_before_its_module(tmp_path, monkeypatch, train_tiny):
    monkeypatch.syspath_prepend(HERE)
    options = {"method": "own_method:SHARP", "dataset": "iris", "keep": "network"}
    folder = train_tiny(str(tmp_path / "run"), **options, linearity_points=0)
    monkeypatch.setattr(method_lookup, "_LOADED", {})
    run = FinishedRun(folder)
    # It would start Keras on the backend of the run, whichever was asked for.
    assert not method_lookup._LOADED
    assert type(run.model).__name__ == "SharpMixupModel"
    assert set(method_lookup._LOADED) == {"own_method:SHARP"}
    assert run.experiment.row.title == "Sharp mixup"


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("mixmax", "or MODULE:ROW; received 'mixmax'"),
        ("no_such_module:ROW", "must name a row in a module that Python finds"),
        ("own_method:NONE", "must name a row in a module that Python finds"),
        ("own_method:build", "must be a trainers.run.method.Method; received a"),
    ],
)
def test_a_row_that_is_not_there(method, message, monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    with pytest.raises(UsageError, match=message):
        Experiment(method=method, backend=keras.config.backend())


def described(**changes):
    row = Method("Sharp", "", None, name="sharp", options=("num_points", "eta"))
    return {**row.described(), **changes}


def test_a_row_of_unknown_options_is_read_back():
    row = Method("Sharp", "", None, options=None)
    described = json.loads(json.dumps(row.described()))
    read = method_lookup.known_method("my_methods:SHARP", described)
    assert read.described() == row.described()
    assert read.uses("eta")


@pytest.mark.parametrize(
    ("options", "made"),
    [
        (
            ("num_points", "unlabeled_batch_size"),
            {"num_points": 4, "batch_size": 3, "unlabeled_batch_size": 8},
        ),
        (("alpha",), {"num_points": 1, "mean_dominant_weight": 0.7}),
    ],
)
def test_a_run_whose_row_is_not_at_hand_was_checked_before(options, made, monkeypatch):
    made = {**made, "method": "my_methods:ICT", "backend": keras.config.backend()}
    row = Method("Own ICT", "", print, mixes=("unlabeled",), options=options)
    monkeypatch.setitem(method_lookup._LOADED, "my_methods:ICT", row)
    Experiment(**made)
    monkeypatch.delitem(method_lookup._LOADED, "my_methods:ICT")
    with user_modules.without_imports():
        assert Experiment(**made).row.title == "ICT"


def test_of_unknown_options_all_may_decide_a_run(monkeypatch):
    row = Method("Sharp", "", None, options=None)
    monkeypatch.setitem(method_lookup._LOADED, "my_methods:SHARP", row)
    backend = keras.config.backend()
    experiment = Experiment(method="my_methods:SHARP", backend=backend)
    assert {"alpha", "eta", "temperature"} <= set(experiment.used_options)


@pytest.mark.parametrize(
    "found",
    [
        *(None, {}, {"title": 3}, "text"),
        *(described(options=bad) for bad in (5, True, "eta", {"eta": 1}, [["eta"]])),
    ],
)
def test_a_damaged_description_leaves_the_name(found):
    row = method_lookup.known_method("my_methods:VERY_SHARP", found)
    assert row.name_of({"num_points": "3"}) == "VERY SHARP[3]"
    assert row.uses("eta")
