"""Measures how linear saved networks are on the examples of one data set."""

import dataclasses

from keras_mixup import data
from keras_mixup._networks.graph import functional_network
from keras_mixup.linearity import LinearityProbe
from keras_mixup.linearity.pairs import PAIRS, standardize_labels
from trainers.command_line import one_line
from trainers.run.saved_network import check_input, load_model


class LinearityMeasurement:
    """Measures saved networks on the same examples, which are read once.

    Args:
        options: A `trainers.linearity.Linearity`.

    Call arguments:
        path: the path of a saved model.

    Returns:
        When called, `{pairs: {measure: {layer: Nonlinearity}}}`.
    """

    def __init__(self, options):
        self._options = options
        self._source = None

    def __call__(self, path):
        options = self._options
        network = functional_network(load_model(path))
        if self._source is None:
            self._source = _source(options)
            y = getattr(self._source, options.split)[1][: options.num_examples]
            self._pairs = list(_possible_pairs(y))
        check_input(network, self._source)
        x, y = (a[: options.num_examples] for a in getattr(self._source, options.split))
        x = self._source.network_inputs(x)
        probes = _probes(options, network)
        return {
            pairs: {
                name: probe(x, options.seed, y, pairs) for name, probe in probes.items()
            }
            for pairs in self._pairs
        }


def _source(options):
    source = data.load(
        options.dataset,
        data_dir=options.data_dir,
        num_validation=options.num_validation,
        seed=options.seed,
    )
    return (
        source
        if options.standardize
        else dataclasses.replace(source, standardize=False)
    )


def _probes(options, network):
    both = options.measure == "both"
    return {
        name: LinearityProbe(
            network,
            layers=list(options.layers) or None,
            num_points=options.num_points,
            alpha=options.alpha,
            measure=name,
            start=options.start,
        )
        for name in (("unit_norm", "relative") if both else (options.measure,))
    }


def _possible_pairs(y):
    """The kinds of pairs that the examples allow; says which are left out, and why."""
    for pairs in PAIRS:
        try:
            standardize_labels(y, pairs, len(y))
        except ValueError as error:
            print(f"Left out: {one_line(error)}\n")
        else:
            yield pairs
