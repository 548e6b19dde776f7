"""The role of each setting of a run when runs are compared.

The one definition of runs that can be compared, and of runs that are measured alike.
"""

import dataclasses
from collections.abc import Iterable, Mapping

from trainers.options import to_flags
from trainers.run.experiment import Experiment
from trainers.run.method_lookup import known_method
from trainers.run.method_options import MethodOptions

# What every method may add to the training of its network.
REGULARISERS = ("dropout", "label_smoothing")
# How a network is trained, besides its data and the network.
METHOD = {
    *(field.name for field in dataclasses.fields(MethodOptions)),
    *REGULARISERS,
    "unlabeled_batch_size",
    "unlabeled_includes_labeled",
    "evaluated_network",
}
LABELS = ("num_labels", "label_noise")
# What runs that are compared may differ in, and are told by.
PLACE = {"seed", "num_points", *LABELS}
# What is measured on the way: it changes no training.
MEASURING = {
    field.name
    for field in dataclasses.fields(Experiment)
    if field.metadata["group"] == "Measuring" and field.name not in METHOD
}
# What must be the same for numbers of a kind to be compared: NonLin at the end of a
# training, its mean over layers, its curves on the way, and the scores on the way.
LINEARITY = (
    *("linearity_measure", "linearity_start", "linearity_examples"),
    *("linearity_num_points", "linearity_alpha"),
)
MEAN_LINEARITY = (*LINEARITY, "linearity_layers")
CURVES = (*LINEARITY, "linearity_points")
SCORES = ("scored_examples",)
# The same of an evaluation, whose options these are.
# `{name: how it was done before there was the option}`.
EVALUATION = {
    **dict.fromkeys(("num_examples", "num_bins", "num_pairs", "num_weights", "seed")),
    "ifgsm_steps": 0,
    "interpolation": "bilinear",
}


def default_settings(identity_only: bool = False) -> dict[str, str]:
    """Returns `{flag: text}` of a run of which nothing was said, on any machine.

    Args:
        identity_only: bool, whether flags that change no result are left out.
    """
    # That of the backend would be what is installed, or asked for, where one reads.
    return to_flags(Experiment(backend="tensorflow"), identity_only)


def shared_settings(
    settings: Mapping[str, str], also: Iterable[str] = ()
) -> dict[str, str]:
    """Returns the settings that runs must share to be compared: data and network.

    Args:
        settings: `{flag: text}` of a run.
        also: names of others that they must share, such as `LINEARITY`.
    """
    free = (METHOD | PLACE | MEASURING) - set(also)
    return {name: text for name, text in settings.items() if name not in free}


def method_settings(settings: Mapping[str, str]) -> set[str]:
    """Returns the names of the settings of its training that a run's method uses.

    Of a method of a user's module that was not loaded they are all.

    Args:
        settings: `{flag: text}` of a run.
    """
    row = known_method(settings["method"])
    return {"method", *REGULARISERS, *(name for name in METHOD if row.uses(name))}


def training_settings(
    settings: Mapping[str, str], free: Iterable[str] = ("seed",)
) -> tuple[tuple[str, str], ...]:
    """Returns the settings that decide a training, to be used as a key.

    How much is measured on the way decides nothing, nor do options that the method
    ignores.

    Args:
        settings: `{flag: text}` of a run.
        free: names of settings that are left out besides.
    """
    left_out = MEASURING | set(free) | (METHOD - method_settings(settings))
    return tuple(sorted((k, v) for k, v in settings.items() if k not in left_out))
