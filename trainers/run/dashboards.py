"""What the dashboards of TensorBoard know of a run: its settings and its charts."""

import re

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.custom_scalar import layout_pb2, metadata
from tensorboard.plugins.hparams.summary_v2 import hparams_pb

from trainers.run.methods import METHODS

# Those that tell the runs of a grid apart, and those that one looks for.
SETTINGS = (
    "dataset",
    "method",
    "seed",
    "architecture",
    "steps",
    "batch_size",
    "learning_rate",
    "dropout",
    "weight_decay",
    "label_noise",
    "label_smoothing",
    "backend",
)
_UNMIXED = ("erm", "mean_teacher")


def hyperparameters(experiment, num_train):
    """Returns the summary that puts a run on the dashboard of hyper-parameters.

    Args:
        experiment: the `Experiment`.
        num_train: int, its number of labels where it uses all.
    """
    method = METHODS[experiment.method]
    values = {name: getattr(experiment, name) for name in SETTINGS}
    values["num_labels"] = experiment.num_labels or num_train
    # What a method does not look at would tell its runs apart for nothing.
    if method.takes_points:
        values["num_points"] = experiment.num_points
    if experiment.method not in _UNMIXED:
        values["alpha"] = float(experiment.concentration)
    if method.uses_unlabeled:
        values["consistency_weight"] = experiment.consistency_weight
    return hparams_pb(values, trial_id=experiment.name)


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
