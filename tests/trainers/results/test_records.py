import dataclasses
import gzip
import json
import math
import shutil

import pytest

from trainers.results import reading, records
from trainers.results.record import Record, rounded


def read(paths):
    found = reading.read(paths)
    return found.records, found.complaints


@pytest.fixture
def folder(tmp_path, finished_folder):
    """A sweep of two variants and two seeds."""
    run = finished_folder("mixup")
    for variant in ("b", "a"):
        for seed in (10, 2):
            path = tmp_path / "sweep" / variant / f"seed{seed}"
            shutil.copytree(run, path)
            flags = (path / "flags.txt").read_text()
            (path / "flags.txt").write_text(
                "".join(
                    f"--seed={seed}\n" if line.startswith("--seed=") else f"{line}\n"
                    for line in flags.splitlines()
                )
            )
    return tmp_path / "sweep"


def test_folders_are_read_in_one_order(folder):
    found, complaints = read([str(folder)])
    assert complaints == []
    names = [(record.variant, record.seed) for record in found]
    assert names == [("a", 2), ("a", 10), ("b", 2), ("b", 10)]
    record = found[0]
    path = folder / "a" / "seed2"
    assert record.result == json.loads((path / "result.json").read_text())
    rows = (path / "metrics.jsonl").read_text().splitlines()
    assert record.history == [json.loads(row) for row in rows]
    assert (record.method, record.num_points, record.num_labels) == ("mixup", 2, None)
    assert "workdir" not in record.settings


def test_one_file_holds_the_same(folder, tmp_path):
    found, _ = read([str(folder)])
    path = tmp_path / "results.jsonl"
    records.write(str(path), found)
    assert read([str(path)]) == (found, [])
    first = path.read_bytes()
    records.write(str(path), read([str(path)])[0])
    assert path.read_bytes() == first


def test_what_is_no_finished_run_is_told_and_left_out(folder):
    a = folder / "a"
    (a / "seed2" / "result.json").write_text('{"accuracy": ')
    (folder / "b" / "seed2" / "flags.txt").write_text("--nonsense=1\n")
    (folder / "b" / "seed10" / "metrics.jsonl").write_text('{"step": 0}\n{"st')
    (a / "seed5").mkdir()  # Not finished: nothing to complain of.
    (a / "seed6").mkdir()
    (a / "seed6" / "result.json").write_text('{"hello": 1}')
    shutil.copy(a / "seed10" / "flags.txt", a / "seed6" / "flags.txt")
    (a / "seed6" / "metrics.jsonl").write_text("")
    (folder / "notes.txt").write_text("mine")
    (a / "seed7.log").write_text("mine")
    found, complaints = read([str(folder)])
    assert [(record.variant, record.seed) for record in found] == [("a", 10)]
    assert len(complaints) == 4
    for path, word in (
        ("a/seed2", "cannot be read"),
        ("a/seed6", "not the result of a run"),
        ("b/seed10", "cut short"),
        ("b/seed2", "nonsense"),
    ):
        (complaint,) = (text for text in complaints if f"{path} is left out" in text)
        assert word in complaint
        assert "\n" not in complaint


def test_damaged_files(folder, tmp_path):
    found, _ = read([str(folder)])
    path = tmp_path / "results.jsonl"
    records.write(str(path), found)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], '{"a": 1}', "[]", lines[1][:50], lines[2]]))
    kept, complaints = read([str(path)])
    assert kept == [found[0], found[2]]
    assert [text.split(" is ")[0] for text in complaints] == [
        f"line {number} of {path}" for number in (2, 3, 4)
    ]
    path.write_bytes(b"\x89PNG\r\n\xff\xfe")
    kept, complaints = read([str(path), str(tmp_path / "none.jsonl")])
    assert (kept, len(complaints)) == ([], 2)


def test_a_compressed_file_holds_the_same(folder, tmp_path):
    found, _ = read([str(folder)])
    plain, path = tmp_path / "results.jsonl", tmp_path / "results.jsonl.gz"
    records.write(str(plain), found)
    records.write(str(path), found)
    assert gzip.decompress(path.read_bytes()) == plain.read_bytes()
    assert read([str(path)]) == (found, [])
    other = tmp_path / "other.jsonl.gz"
    records.write(str(other), found)
    assert other.read_bytes() == path.read_bytes()
    # Neither a time nor a name: RFC 1952, bytes 3 to 7.
    assert path.read_bytes()[3:8] == bytes(5)


@pytest.mark.parametrize("damage", [lambda b: b[:-200], lambda b: b[:60] + b[61:]])
def test_a_damaged_compressed_file(folder, tmp_path, damage):
    path = tmp_path / "results.jsonl.gz"
    records.write(str(path), read([str(folder)])[0])
    path.write_bytes(damage(path.read_bytes()))
    kept, complaints = read([str(path)])
    assert len(kept) < 4
    assert f"{path} is left out from where it is damaged" in complaints[0]
    assert all("\n" not in complaint for complaint in complaints)


def test_a_long_foreign_file_is_told_in_few_lines(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text('{"level": "info"}\n' * 50)
    kept, complaints = read([str(path)])
    assert (kept, len(complaints)) == ([], 4)
    assert complaints[-1] == f"47 more lines of {path} are left out."


def test_a_flag_that_came_later_was_at_its_default(folder, tmp_path):
    found, _ = read([str(folder)])
    path = tmp_path / "results.jsonl"
    content = dataclasses.asdict(found[0])
    del content["settings"]["dropout"]
    path.write_text(json.dumps(content))
    assert read([str(path)]) == (found[:1], [])


def test_a_setting_under_its_former_name_is_read(folder, tmp_path):
    found, _ = read([str(folder)])
    path = tmp_path / "results.jsonl"
    content = dataclasses.asdict(found[0])
    assert content["settings"].pop("dominant_first") == "false"
    content["settings"]["symmetrize"] = "true"
    path.write_text(json.dumps(content))
    (record,), complaints = read([str(path)])
    assert complaints == []
    assert record.settings == {**found[0].settings, "dominant_first": "true"}


def change(content, path, value):
    """Changes a leaf of a record; takes it away for `None`."""
    *names, last = path.split(".")
    for name in names:
        content = content[name]
    if isinstance(content, list):
        content[int(last)] = value
    elif value is None:
        del content[last]
    else:
        content[last] = value


BIN = {"low": 0.0, "high": 1.0, "count": 2, "confidence": None, "accuracy": "good"}


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("variant", 3, "variant is not text"),
        ("versions", "0.1", "versions is not an object"),
        ("versions", None, "versions is missing"),
        ("more", 1, "more is not part of it"),
        ("settings.num_labels", "many", "settings.num_labels: expected int or all, "),
        ("settings.dropout", 0.5, "settings.dropout is not text"),
        ("settings.steps", "5000", "result.steps is 3, but settings.steps is 5000"),
        ("settings.label_noise", "abc", "settings.label_noise: expected float, "),
        ("settings.linearity_measure", "length", "settings.linearity_measure: "),
        ("settings.mix_labels", "perhaps", "settings.mix_labels: expected true or "),
        ("settings.seed", "-1", "settings.seed, num_points or num_labels is negative"),
        ("result.accuracy.test", "high", "result.accuracy.test is not a number"),
        ("result.accuracy.test", True, "result.accuracy.test is not a number"),
        ("result.linearity.a", {"value": 1.0}, "result.linearity.a.floor is missing"),
        ("result.student", None, "result.student is missing"),
        ("history.0", {"loss/total": 1.0}, "history.0.step is not an integer"),
        ("history.0", {"step": 3, "a/b": "low"}, "history.0.a/b is not a number"),
        ("history.0", [], "history.0 is not an object"),
        ("evaluation", [], "evaluation is not an object"),
        ("evaluation", {"options": [1]}, "evaluation.options is not an object"),
        (
            "evaluation",
            {"reliability": {"plain": {"test": [1]}}},
            "evaluation.reliability.plain.test.0 is not an object",
        ),
        (
            "evaluation",
            {"reliability": {"plain": {"test": [BIN]}}},
            "evaluation.reliability.plain.test.0.accuracy is not a number",
        ),
        (
            "evaluation",
            {"between": {"angle": [1, "wide"]}},
            "evaluation.between.angle is not a list of numbers",
        ),
        (
            "evaluation",
            {"between": {"a": [1], "b": [1, 2]}},
            "evaluation.between holds lists of different lengths",
        ),
        (
            "evaluation",
            {"fgsm": {"white_box": [1, 2]}},
            "evaluation.fgsm.white_box is not an object",
        ),
        (
            "evaluation",
            {"fgsm": {"white_box": {"1": "a"}}},
            "evaluation.fgsm.white_box.1 is not a number",
        ),
        (
            "evaluation",
            {"deformations": {"zoom": "far"}},
            "evaluation.deformations.zoom is not a number",
        ),
    ],
)
def test_what_has_another_form_is_named_and_left_out(
    folder, tmp_path, path, value, why
):
    found, _ = read([str(folder)])
    file = tmp_path / "results.jsonl"
    content = dataclasses.asdict(found[0])
    change(content, path, value)
    file.write_text(json.dumps(content))
    kept, (complaint,) = read([str(file)])
    assert kept == []
    start = f"line 1 of {file} is left out: it is not the result of a run: "
    assert complaint.startswith(start + why)
    assert complaint.endswith(".")


def test_runs_that_are_there_twice_are_told_once(folder, tmp_path):
    found, _ = read([str(folder)])
    path = str(tmp_path / "results.jsonl")
    records.write(path, found)
    kept, complaints = read([str(folder), path, path])
    assert kept == found
    assert complaints == [f"8 runs of {path}: in {folder} too, and counted once."]
    assert read([path, path])[1] == [
        f"4 runs of {path}: there twice, and counted once."
    ]


def test_the_same_run_with_other_results_is_named(folder, tmp_path):
    found, _ = read([str(folder)])
    first, second = (str(tmp_path / f"{name}.jsonl") for name in "ab")
    records.write(first, found)
    other = dataclasses.replace(found[1], versions={"python": "9"})
    records.write(second, [other])
    kept, complaints = read([first, second])
    assert kept == found
    assert complaints == [
        f"1 run of {second}: in {first} too, with other results; the first are kept: "
        "a/seed10."
    ]


def test_digits_that_packing_leaves_out_are_no_other_results(folder, tmp_path):
    found, _ = read([str(folder)])
    path = str(tmp_path / "packed.jsonl")
    short = rounded(dataclasses.asdict(found[0]), 6)
    assert short != dataclasses.asdict(found[0])
    records.write(path, [Record(**short)])
    assert read([str(folder), path]) == (
        found,
        [f"1 run of {path}: in {folder} too, and counted once."],
    )


def test_a_number_of_another_size_is_another_result(folder, tmp_path):
    found, _ = read([str(folder)])
    path = str(tmp_path / "other.jsonl")
    accuracy = found[0].result["accuracy"]
    result = {
        **found[0].result,
        "accuracy": {**accuracy, "test": accuracy["test"] * 1.001},
    }
    records.write(path, [dataclasses.replace(found[0], result=result)])
    (complaint,) = read([str(folder), path])[1]
    assert "with other results; the first are kept" in complaint


def test_objects_in_objects_without_end_are_left_out(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text('{"a":' * 100_000)
    (complaint,) = read([str(path)])[1]
    assert complaint.startswith(f"line 1 of {path} is left out: ")


def test_other_settings_are_another_run(folder, tmp_path):
    found, _ = read([str(folder)])
    path = str(tmp_path / "results.jsonl")
    settings = {**found[0].settings, "dropout": "0.5"}
    records.write(path, [dataclasses.replace(found[0], settings=settings)])
    for paths in ([str(folder), path], [path, str(folder)]):
        kept, complaints = read(paths)
        assert complaints == []
        assert [(one.variant, one.seed) for one in kept] == [
            *[("a", 2), ("a", 2), ("a", 10), ("b", 2), ("b", 10)]
        ]
        assert [one.settings["dropout"] for one in kept[:2]] == ["0.0", "0.5"]


def test_layers_keep_the_order_of_the_network(folder, tmp_path):
    found, _ = read([str(folder)])
    layers = {f"layer_{i}": {"value": 0.5, "floor": 0.1} for i in (0, 2, 10, 1)}
    result = {**found[0].result, "linearity": layers}
    path = str(tmp_path / "one.jsonl")
    records.write(path, [dataclasses.replace(found[0], result=result)])
    (one,) = read([path])[0]
    assert list(one.result["linearity"]) == list(layers)


def test_a_diverged_run_of_an_earlier_version_is_read_as_before(folder, tmp_path):
    run = folder / "a" / "seed2"
    result = json.loads((run / "result.json").read_text())
    result["student"]["test"]["cross_entropy"] = math.nan
    (run / "result.json").write_text(json.dumps(result))
    history = (run / "metrics.jsonl").read_text()
    (run / "metrics.jsonl").write_text(history + '{"step": 9, "loss/total": NaN}\n')
    evaluation = {
        "options": {"split": ["test"]},
        "black_box": None,
        "scores": {"plain": {"test": {"cross_entropy": math.inf}}},
        "fgsm": {"white_box": {"0.01": math.nan}, "black_box": None},
        "deformations": None,
    }
    (run / "evaluation.json").write_text(json.dumps(evaluation))
    path = tmp_path / "all.jsonl.gz"
    found, complaints = read([str(folder)])
    assert complaints == []
    records.write(str(path), found)
    with records.open_text(str(path)) as lines:
        text = lines.read()
    assert "NaN" not in text
    assert "Infinity" not in text
    for one in (found[0], read([str(path)])[0][0]):
        assert math.isnan(one.result["student"]["test"]["cross_entropy"])
        assert math.isnan(one.history[-1]["loss/total"])
        read_back = one.evaluation
        assert not math.isfinite(read_back["scores"]["plain"]["test"]["cross_entropy"])
        assert math.isnan(read_back["fgsm"]["white_box"]["0.01"])
        assert read_back["fgsm"]["black_box"] is read_back["deformations"] is None
        assert read_back["black_box"] is None
