"""How linear a saved network is: `python -m trainers.linearity --help`."""

import dataclasses
import os
import sys

from trainers.common import backend, files
from trainers.common.checks import check_fields
from trainers.common.command_line import one_line, run_command
from trainers.common.errors import UsageError
from trainers.common.options import option
from trainers.experiments.experiment import default_backend

USAGE = """
Measures how linear each layer of a saved network is between examples of a data set.

  python -m trainers.linearity --model=runs/digits/model.keras --dataset=digits
  python -m trainers.linearity --model=mine.keras --dataset=data.npz --standardize=false

The network is any functional or Sequential classifier that Keras has saved, or a model
that was trained here. Printed are NonLin with its floor and the relative measure, over
all pairs of examples, those of one class and those of different classes apart; they
are also drawn to linearity.png and written to linearity.json.
"""


@dataclasses.dataclass(frozen=True)
class Linearity:
    """What is measured, and on what.

    Example:

    ```python
    from trainers.linearity import Linearity, measure

    results = measure(Linearity(model="runs/digits/model.keras", dataset="digits"))
    print(results["same_class"]["relative"]["layer_1"].value)
    ```
    """

    model: str = option("", "path of the saved model; required", "What")
    dataset: str = option("digits", "see python -m trainers.run --help", "What")
    split: str = option(
        "test",
        "the split that the examples come from",
        "What",
        choices=("train", "validation", "test"),
    )
    num_examples: int = option(512, "how many examples, at most", "What", low=2)
    standardize: bool = option(
        True,
        "give the network standardised examples, as training here does; false: the "
        "raw ones",
        "What",
    )
    data_dir: str | None = option(
        None, "where TensorFlow Datasets keeps its files", "What", none="default"
    )
    num_validation: int | None = option(
        None,
        "training examples set aside for validation, as in the training: the others "
        "give mean and deviation",
        "What",
        low=1,
        none="default",
    )
    layers: tuple[str, ...] = option(
        (), "layers to measure, by name and comma; none named: all", "How"
    )
    measure: str = option(
        "both",
        "unit_norm: NonLin and its floor; relative: 0 for a linear layer",
        "How",
        choices=("both", "unit_norm", "relative"),
    )
    start: str = option(
        "input",
        "measure from the network's input, or from the previous layer",
        "How",
        choices=("input", "previous"),
    )
    num_points: int = option(2, "examples in a mixture", "How", low=2)
    alpha: float = option(0.5, "concentration of the Dirichlet weights", "How", above=0)
    seed: int = option(
        0, "of the mixtures, and of the data set's splits", "How", low=0, below=2**31
    )
    workdir: str | None = option(
        None,
        "folder of linearity.png and linearity.json",
        "Running",
        none="beside the model",
    )
    backend: str = option(
        default_backend, "Keras backend", "Running", choices=("tensorflow", "jax")
    )

    def __post_init__(self):
        check_fields(self)
        if not self.model:
            raise UsageError("--model must name a saved model, as --model=model.keras.")

    @property
    def folder(self):
        """Where the files go."""
        beside = os.path.dirname(self.model) or "."
        return beside if self.workdir is None else self.workdir


def measure(options):
    """Measures everything, prints the tables, writes the files, returns the figures.

    Returns:
        `{pairs: {measure: {layer: Nonlinearity}}}`.
    """
    if not os.path.isfile(options.model):
        raise UsageError(f"Expected a saved model at {options.model!r}, found no file.")
    files.make_workdir(options.folder)
    backend.start(options.backend)
    from trainers.evaluation import linearity_report

    try:
        results = _results(options)
    except (ValueError, OSError, ImportError) as error:
        raise UsageError(one_line(error)) from error
    print(linearity_report.tables(results))
    _write(options, results)
    return results


def _results(options):
    from keras_mixup import data
    from keras_mixup.taps import functional_network
    from trainers.experiments.saved_network import check_input, load_model

    network = functional_network(load_model(options.model))
    source = data.load(
        options.dataset,
        data_dir=options.data_dir,
        num_validation=options.num_validation,
        seed=options.seed,
    )
    check_input(network, source)
    if not options.standardize:
        source = dataclasses.replace(source, standardize=False)
    x, y = (array[: options.num_examples] for array in getattr(source, options.split))
    probes = _probes(options, network)
    x = source.network_inputs(x)
    return {
        pairs: {
            name: probe(x, options.seed, y, pairs) for name, probe in probes.items()
        }
        for pairs in _possible_pairs(y)
    }


def _probes(options, network):
    from keras_mixup.linearity import LinearityProbe

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
    from keras_mixup.pairs import PAIRS, standardize_labels

    for pairs in PAIRS:
        try:
            standardize_labels(y, pairs, len(y))
        except ValueError as error:
            print(f"Left out: {one_line(error)}\n")
        else:
            yield pairs


def _write(options, results):
    from trainers.evaluation import linearity_report

    name = os.path.basename(options.model)
    written = {
        "options": dataclasses.asdict(options),
        "linearity": linearity_report.to_json(results),
    }
    figure, numbers = (
        os.path.join(options.folder, f"linearity.{suffix}")
        for suffix in ("png", "json")
    )
    try:
        # The numbers first, to be there where nothing can be drawn.
        files.write_json(numbers, written)
        linearity_report.draw(figure, results, f"{name}, {options.split} examples")
    except OSError as error:
        raise UsageError(
            f"--workdir={options.folder} cannot be written: {error.strerror}."
        ) from error
    print(f"\nDrawn to {figure}, written to {numbers}.")


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(measure, Linearity, USAGE, argv)


if __name__ == "__main__":
    sys.exit(main())
