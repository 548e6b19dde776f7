"""Metrics in a file and in TensorBoard."""

import json
import os

import pytest

from trainers.run.metrics_log import MetricsLog

event_accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator"
)


def write(folder, first, last, step=0):
    with MetricsLog(str(folder / "metrics.jsonl"), str(folder / "events"), step) as log:
        for now in range(first, last + 1):
            log.write(now, {"loss": 1 / now, "nonlin/layer_0": float(now)})
        log.flush()
        return log.rows


def rows(folder):
    return [
        json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()
    ]


def events(folder, tag):
    accumulator = event_accumulator.EventAccumulator(str(folder / "events"))
    accumulator.Reload()
    tensors = accumulator.Tensors(tag)
    return [(event.step, event.tensor_proto.float_val[0]) for event in tensors]


def test_both_hold_the_same(tmp_path):
    write(tmp_path, 1, 3)
    assert rows(tmp_path)[2] == {"step": 3, "loss": 1 / 3, "nonlin/layer_0": 3.0}
    assert [row["step"] for row in rows(tmp_path)] == [1, 2, 3]
    assert events(tmp_path, "nonlin/layer_0") == [(1, 1.0), (2, 2.0), (3, 3.0)]


@pytest.mark.parametrize(
    "line", ['{"step": 3, "lo', "\xff", "[3]", "{}", '{"step": "3"}', '{"a":' * 10**5]
)
def test_a_damaged_line_ends_what_is_kept(tmp_path, line):
    write(tmp_path, 1, 2)
    with open(tmp_path / "metrics.jsonl", "a", encoding="latin1") as file:
        file.write(f'{line}\n{{"step": 3}}\n')
    assert [row["step"] for row in write(tmp_path, 4, 4, step=3)] == [1, 2, 4]


def test_resuming_shows_no_step_twice(tmp_path):
    write(tmp_path, 1, 4)
    path = tmp_path / "metrics.jsonl"
    path.write_text(path.read_text() + '{"step": 5, "lo')
    assert [row["step"] for row in write(tmp_path, 3, 5, step=2)] == [1, 2, 3, 4, 5]
    assert len(os.listdir(tmp_path / "events")) == 1
    steps = [step for step, _ in events(tmp_path, "loss")]
    assert steps == [1, 2, 3, 4, 5]
    whole = tmp_path / "whole"
    whole.mkdir()
    write(whole, 1, 5)
    assert (whole / "metrics.jsonl").read_bytes() == path.read_bytes()


def test_starting_anew_forgets_everything(tmp_path):
    write(tmp_path, 1, 2)
    assert write(tmp_path, 1, 1) == [{"step": 1, "loss": 1.0, "nonlin/layer_0": 1.0}]


def test_what_is_not_finite_is_null_and_a_gap(tmp_path):
    path = tmp_path / "metrics.jsonl"
    # As an earlier version wrote it.
    path.write_text('{"step": 1, "loss": NaN}\n')
    with MetricsLog(str(path), str(tmp_path / "events"), 1) as log:
        log.write(2, {"loss": float("inf")})
        log.write(3, {"loss": 0.5})
        log.flush()
        assert log.rows == rows(tmp_path)
    assert "NaN" not in path.read_text()
    assert [row["loss"] for row in rows(tmp_path)] == [None, None, 0.5]
    assert events(tmp_path, "loss") == [(3, 0.5)]
