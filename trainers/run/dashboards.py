"""What the dashboards of TensorBoard know of a run: its settings and its charts."""

import dataclasses
import re

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.custom_scalar import layout_pb2, metadata
from tensorboard.plugins.hparams import api_pb2, summary_v2

from trainers.run.experiment import Experiment
from trainers.run.method_options import MethodOptions

TEST_ACCURACY = "accuracy/test"
# The columns of the table: first the settings that tell the runs of a grid apart.
_FIRST = ("method", "dataset", "num_labels", "num_points", "alpha", "seed")
_THEN = (
    *("architecture", "steps", "batch_size", "learning_rate", "weight_decay"),
    *("dropout", "label_smoothing", "label_noise", "backend"),
)
_OF_METHODS = tuple(field.name for field in dataclasses.fields(MethodOptions))
COLUMNS = tuple(dict.fromkeys([*_FIRST, *_THEN, *_OF_METHODS]))


def hyperparameters(experiment, num_train):
    """Returns the summary that puts a run on the dashboard of hyper-parameters.

    Of the options of methods it holds those that the run's method uses.

    Args:
        experiment: the `Experiment`.
        num_train: int, its number of labels where it uses all.
    """
    used = {*_FIRST, *_THEN} - {*_OF_METHODS} | {"method", *experiment.used_options}
    values = {name: getattr(experiment, name) for name in COLUMNS if name in used}
    values["num_labels"] = experiment.num_labels or num_train
    if "alpha" in used:
        values["alpha"] = float(experiment.concentration)
    values = {
        name: ",".join(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        # A column of numbers has no place for words such as "default".
        if value is not None
    }
    return summary_v2.hparams_pb(values, trial_id=experiment.name)


def columns():
    """Returns the summary that orders the dashboard of hyper-parameters.

    It is the same for every run, since TensorBoard takes that of any one of them.
    """
    kinds = {field.name: field.type for field in dataclasses.fields(Experiment)}
    return summary_v2.hparams_config_pb(
        [summary_v2.HParam(name, _Kind(kinds[name])) for name in COLUMNS],
        [summary_v2.Metric(TEST_ACCURACY, display_name="test accuracy")],
    )


class _Kind(summary_v2.Domain):
    """All values of one kind; the domains of the library all have bounds."""

    def __init__(self, annotation):
        self._dtype = next(
            (kind for kind in (bool, int, float) if annotation in (kind, kind | None)),
            str,
        )

    @property
    def dtype(self):
        return self._dtype

    def sample_uniform(self, rng=None):
        raise NotImplementedError("A kind of values has no uniform distribution.")

    def update_hparam_info(self, hparam_info):
        hparam_info.type = {
            bool: api_pb2.DATA_TYPE_BOOL,
            str: api_pb2.DATA_TYPE_STRING,
        }.get(self._dtype, api_pb2.DATA_TYPE_FLOAT64)


def layout(layers):
    """Returns the summary that makes charts of NonLin for the custom scalars.

    Args:
        layers: list of names of layers.
    """
    runs = [
        _chart("NonLin of all layers (select one run)", [r"^nonlin/"]),
        _chart("Floor of all layers (select one run)", [r"^nonlin_floor/"]),
    ]
    each = [
        _chart(f"NonLin of {name}", [f"^nonlin/{re.escape(name)}$"]) for name in layers
    ]
    parts = [("All layers of a run", runs), ("One layer over all runs", each)]
    content = layout_pb2.Layout(
        category=[
            layout_pb2.Category(title=title, chart=charts) for title, charts in parts
        ]
    ).SerializeToString()
    tensor = TensorProto(
        dtype=DT_STRING, tensor_shape=TensorShapeProto(), string_val=[content]
    )
    return Summary(
        value=[
            Summary.Value(
                tag=metadata.CONFIG_SUMMARY_TAG,
                metadata=metadata.create_summary_metadata(),
                tensor=tensor,
            )
        ]
    )


def _chart(title, patterns):
    content = layout_pb2.MultilineChartContent(tag=patterns)
    return layout_pb2.Chart(title=title, multiline=content)
