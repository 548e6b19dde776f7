"""What each setting of a run is to those who compare runs."""

import dataclasses

from trainers.options import to_flags
from trainers.run.experiment import Experiment
from trainers.run.method_options import MethodOptions

# What every method may add to the training of its network.
REGULARISERS = ("dropout", "label_smoothing")
# How a network is trained, beside its data and the network.
METHOD = {
    *(field.name for field in dataclasses.fields(MethodOptions)),
    *REGULARISERS,
    "unlabeled_batch_size",
    "unlabeled_includes_labeled",
    "evaluated_network",
}
# What runs that are compared may differ in, and are told by.
PLACE = {"seed", "num_labels", "label_noise", "num_points"}
# What is measured on the way: it changes no training.
MEASURING = {
    field.name
    for field in dataclasses.fields(Experiment)
    if field.metadata["group"] == "Measuring" and field.name not in METHOD
}


def default_settings(identity_only=False):
    """Returns `{flag: text}` of a run of which nothing was said, on any machine.

    Args:
        identity_only: bool, whether flags that change no result are left out.
    """
    # That of the backend would be what is installed, or asked for, where one reads.
    return to_flags(Experiment(backend="tensorflow"), identity_only)


def shared_settings(settings, also=()):
    """Returns the settings that runs must share to be compared: data and network.

    Args:
        settings: `{flag: text}` of a run.
        also: names of others that they must share.
    """
    free = (METHOD | PLACE | MEASURING) - set(also)
    return {name: text for name, text in settings.items() if name not in free}
