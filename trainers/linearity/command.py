"""How linear a saved network is: `python -m trainers.linearity --help`."""

import dataclasses
import os
import sys

from trainers import backend, files
from trainers.backend import BACKENDS, default_backend
from trainers.command_line import one_line, run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.options import option

USAGE = """
Measures how linear each layer of a saved network is between examples of a data set.

  python -m trainers.linearity --model=runs/digits/model.keras --dataset=digits
  python -m trainers.linearity --model=mine.keras --dataset=data.npz --standardize=false
  python -m trainers.linearity --model=erm.keras,mixup.keras --dataset=digits

The network is any functional or Sequential classifier that Keras has saved, or a model
that was trained here. Printed are NonLin with its floor and the relative measure, over
all pairs of examples, pairs of one class and pairs of different classes; they are also
drawn to linearity.png and written to linearity.json. Several networks, by comma, are
compared in one figure, also as SVG and PDF, with error bars.
"""


@dataclasses.dataclass(frozen=True)
class Linearity:
    """What is measured, and on what.

    Example:

    ```python
    from trainers.linearity.command import Linearity, measure

    results = measure(Linearity(model="runs/digits/model.keras", dataset="digits"))
    print(results["same_class"]["relative"]["layer_1"].value)
    ```
    """

    model: str = option(
        "", "path of the saved model, or of several, by comma; required", "What"
    )
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
        "measure from the network's input (input), from the layer measured before "
        "(previous), or from the layer of this name, as for words behind their "
        "embedding",
        "How",
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
    backend: str = option(default_backend, "Keras backend", "Running", choices=BACKENDS)

    def __post_init__(self):
        check_fields(self)
        if not self.models or len(set(self.models)) < len(self.models):
            raise UsageError(
                "--model must name a saved model, as --model=model.keras, or several "
                f"different ones, by comma. Received: {self.model!r}."
            )

    @property
    def models(self):
        """The paths of the saved models."""
        return [path for path in self.model.split(",") if path]

    @property
    def folder(self):
        """Where the files go; by default, beside the first model."""
        beside = os.path.dirname(self.models[0]) or "."
        return beside if self.workdir is None else self.workdir


def measure(options):
    """Measures everything, prints the tables, writes the files, returns the figures.

    Returns:
        `{pairs: {measure: {layer: Nonlinearity}}}`; of several models, a dictionary
        of these by the names that tell the models apart.
    """
    for path in options.models:
        if not os.path.isfile(path):
            raise UsageError(f"Expected a saved model at {path!r}, found no file.")
    files.make_workdir(options.folder)
    backend.start(options.backend)
    from trainers.linearity import linearity_figure
    from trainers.linearity.linearity_measurement import LinearityMeasurement

    names = linearity_figure.short_names(options.models)
    try:
        results = dict(zip(names, map(LinearityMeasurement(options), options.models)))
    except (ValueError, OSError, ImportError) as error:
        raise UsageError(one_line(error)) from error
    _print(results)
    _write(options, results)
    return results if len(results) > 1 else results[names[0]]


def _print(results):
    from trainers.linearity import linearity_tables

    for name, by_pairs in results.items():
        if len(results) > 1:
            print(f"\n{name}\n")
        print(linearity_tables.tables(by_pairs))


def _write(options, results):
    from trainers.linearity import linearity_tables

    by_model = {n: linearity_tables.to_json(r) for n, r in results.items()}
    numbers = os.path.join(options.folder, "linearity.json")
    content = {"linearity": by_model if len(results) > 1 else by_model.popitem()[1]}
    try:
        # The numbers first, to be there where nothing can be drawn.
        files.write_json(numbers, {"options": dataclasses.asdict(options), **content})
        figures = _draw(options, results)
    except OSError as error:
        raise UsageError(
            f"--workdir={options.folder} cannot be written: {error.strerror}."
        ) from error
    print(f"\nDrawn to {', '.join(figures)}, written to {numbers}.")


def _draw(options, results):
    from trainers.linearity import linearity_figure, linearity_tables

    stem = os.path.join(options.folder, "linearity")
    if len(results) > 1:
        return linearity_figure.draw(stem, results)
    ((name, by_pairs),) = results.items()
    title = f"{name}, {options.split} examples"
    linearity_tables.draw(f"{stem}.png", by_pairs, title)
    return (f"{stem}.png",)


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(measure, Linearity, USAGE, argv)
