"""Summaries are read back as the plugins of TensorBoard read them."""

import re

import pytest

from trainers.run import dashboards
from trainers.run.experiment import Experiment
from trainers.run.metrics_log import MetricsLog

event_accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator"
)


def written(folder, *summaries):
    path = str(folder / "metrics.jsonl")
    with MetricsLog(path, str(folder / "events"), summaries=summaries) as log:
        log.write(1, {"loss": 0.5})
    return event_accumulator.EventAccumulator(str(folder / "events")).Reload()


def test_settings_are_on_the_dashboard_of_hyperparameters(tmp_path):
    from tensorboard.plugins.hparams import metadata

    experiment = Experiment(method="mixup", num_points=3, seed=4, alpha=0.7)
    events = written(tmp_path, dashboards.hyperparameters(experiment, 1000))
    tag = metadata.SESSION_START_INFO_TAG
    content = events.SummaryMetadata(tag).plugin_data.content
    info = metadata.parse_session_start_info_plugin_data(content)
    assert info.group_name == experiment.name
    values = dict(info.hparams)
    assert values["method"].string_value == "mixup"
    assert values["num_points"].number_value == 3
    assert values["seed"].number_value == 4
    assert values["num_labels"].number_value == 1000
    assert values["alpha"].number_value == pytest.approx(0.7)
    assert [event.step for event in events.Tensors("loss")] == [1]


def shown(**options):
    from tensorboard.plugins.hparams import metadata

    summary = dashboards.hyperparameters(Experiment(num_labels=20, **options), 1000)
    content = summary.value[0].metadata.plugin_data.content
    values = metadata.parse_session_start_info_plugin_data(content).hparams
    assert values["num_labels"].number_value == 20
    return set(values)


@pytest.mark.parametrize(
    ("method", "known"),
    [
        ("erm", set()),
        ("approximate_mixup", {"alpha", "num_samples"}),
        ("mixup", {"alpha", "num_points", "mix_labels"}),
        ("mixupe", {"alpha", "num_points", "variant"}),
        ("mean_teacher", {"consistency_weight", "target"}),
        ("ict", {"alpha", "num_points", "consistency_weight", "target"}),
    ],
)
def test_a_run_shows_what_its_method_uses(method, known):
    of_some = {"alpha", "num_points", "consistency_weight", "target", "mix_labels"}
    of_some |= {"variant", "num_samples", "temperature", "mixing_layers"}
    assert known == of_some & shown(method=method)


def test_a_run_that_mixes_nothing_shows_no_strength():
    assert "alpha" not in shown(method="mixup", num_points=1)
    # Mean teacher may mix in its supervised part.
    assert "alpha" in shown(method="mean_teacher", supervised_num_points=2)


def test_the_table_of_hyperparameters_begins_with_what_tells_runs_apart(tmp_path):
    from tensorboard.plugins.hparams import api_pb2, metadata

    events = written(tmp_path, dashboards.columns())
    content = events.SummaryMetadata(metadata.EXPERIMENT_TAG).plugin_data.content
    experiment = metadata.parse_experiment_plugin_data(content)
    names = [info.name for info in experiment.hparam_infos]
    assert names[:6] == [
        *("method", "dataset", "num_labels", "num_points", "alpha", "seed")
    ]
    assert len(names) == len(set(names))
    for options in ({}, {"method": "mixup"}, {"method": "mixmatch"}):
        assert shown(**options) <= set(names)
    types = {info.name: info.type for info in experiment.hparam_infos}
    assert types["method"] == types["mixing_layers"] == api_pb2.DATA_TYPE_STRING
    assert types["alpha"] == types["num_labels"] == api_pb2.DATA_TYPE_FLOAT64
    assert types["eta"] == api_pb2.DATA_TYPE_FLOAT64
    assert types["mix_labels"] == api_pb2.DATA_TYPE_BOOL
    (metric,) = experiment.metric_infos
    assert (metric.name.tag, metric.display_name) == ("accuracy/test", "test accuracy")


def test_charts_join_the_layers_of_a_run_and_the_runs_of_a_layer(tmp_path):
    from tensorboard.plugins.custom_scalar import layout_pb2, metadata

    events = written(tmp_path, dashboards.layout(["layer_1", "a.b", "layer_10"]))
    (config,) = events.Tensors(metadata.CONFIG_SUMMARY_TAG)
    plugin = events.SummaryMetadata(metadata.CONFIG_SUMMARY_TAG).plugin_data
    assert plugin.plugin_name == metadata.PLUGIN_NAME
    layout = layout_pb2.Layout.FromString(config.tensor_proto.string_val[0])
    all_layers, each_layer = layout.category
    tags = [
        f"{kind}/{layer}"
        for kind in ("nonlin", "nonlin_floor")
        for layer in ("layer_1", "a.b", "layer_10", "axb")
    ]

    def matched(chart):
        return [tag for tag in tags if re.search(chart.multiline.tag[0], tag)]

    assert [matched(chart) for chart in all_layers.chart] == [tags[:4], tags[4:]]
    assert [matched(chart) for chart in each_layer.chart] == [
        ["nonlin/layer_1"],
        ["nonlin/a.b"],
        ["nonlin/layer_10"],
    ]
