"""Evaluates a finished run: `python -m trainers.evaluate --help`."""

import contextlib
import dataclasses
import math
import os
import sys

from trainers import backend, files, plots, strict_json
from trainers.backend import BACKENDS, default_backend
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.run.finished import FinishedRun
from trainers.run.methods import METHODS

USAGE = """
Evaluates the network of a finished run beyond its accuracy.

  python -m trainers.evaluate --workdir=runs/digits-50_mixup2_seed0
  python -m trainers.evaluate --workdir=runs/digits-50_mixup2_seed0 \\
      --black_box=runs/digits-50_erm_seed0 --fgsm=0.01,0.03,0.1

It measures likelihood, calibration and entropy, for mixup with the corrected prediction
too, each also at a temperature fitted on validation data; attacks by the sign of the
gradient; deformed images; predictions between two examples; clean and corrupted labels.
The tables are printed; evaluation.json, reliability.png and between.png go to the run's
folder, and the numbers and pictures to its tensorboard/.
"""

SPLITS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What is measured on which run.

    Example:

    ```python
    from trainers.evaluate.command import Evaluation, evaluate

    result = evaluate(Evaluation(workdir="runs/digits-50_mixup2_seed0"))
    print(result["scores"]["corrected"]["test"]["cross_entropy"])
    ```
    """

    workdir: str = option("", "folder of the finished run; required", "What")
    network: str | None = option(
        None,
        "student, or teacher (of a run that averages weights)",
        "What",
        choices=("student", "teacher"),
        none="as the run reports",
    )
    split: tuple[str, ...] = option(
        ("validation", "test"),
        "splits to score; what follows is measured on the last of them",
        "What",
    )
    num_examples: int | None = option(
        None,
        "examples to attack, to deform and to walk between; the first ones",
        "What",
        low=2,
        none="all",
    )
    corrected: bool = option(
        True,
        "score the corrected prediction too, of methods that mix labelled inputs and "
        "their labels",
        "What",
    )
    scaled: bool = option(
        True,
        "score each prediction at the temperature that suits the validation data too",
        "What",
    )
    num_bins: int = option(15, "bins of the reliability diagram", "What", low=1)
    fgsm: tuple[str, ...] = option(
        ("0.01", "0.03"),
        "strengths of the attack: of images, shares of the range of pixel values; of "
        "other features, standard deviations; none named: no attack",
        "Robustness",
    )
    ifgsm_steps: int = option(
        0,
        "steps of the iterative attack of the same strengths, I-FGSM; 0: none",
        "Robustness",
        low=0,
        high=10_000,
    )
    black_box: str | None = option(
        None,
        "folder of another finished run on the same data set, whose gradients attack "
        "this one",
        "Robustness",
        none="none",
    )
    deformations: bool = option(
        True, "rotate, shear and zoom (images only)", "Robustness"
    )
    interpolation: str = option(
        "bilinear",
        "how deformed images are sampled; the published code takes the nearest pixel",
        "Robustness",
        choices=("bilinear", "nearest"),
    )
    num_pairs: int = option(
        1000, "pairs of examples to walk between; 0: none", "Robustness", low=0
    )
    num_weights: int = option(
        11, "places on the way from one to the other", "Robustness", low=2
    )
    seed: int = option(0, "of deformations and pairs", "Running", low=0, below=2**31)
    backend: str = option(default_backend, "Keras backend", "Running", choices=BACKENDS)

    def __post_init__(self):
        check_fields(self)
        if not self.workdir:
            raise UsageError("--workdir must name the folder of a finished run.")
        unknown = [name for name in self.split if name not in SPLITS]
        if unknown or not self.split:
            raise UsageError(
                f"--split must name some of {', '.join(SPLITS)}; received "
                f"{','.join(self.split)!r}."
            )
        _ = self.strengths

    @property
    def strengths(self):
        """The strengths of the attack as numbers."""
        try:
            strengths = [float(word) for word in self.fgsm]
        except ValueError:
            strengths = [-1.0]
        if not all(math.isfinite(eps) and eps > 0 for eps in strengths):
            raise UsageError(
                "--fgsm must be positive numbers, as 0.01,0.03; received "
                f"{','.join(map(str, self.fgsm))!r}."
            )
        return strengths


def evaluate(options):
    """Measures everything, prints the tables, writes the files, returns the figures."""
    # Before TensorFlow takes its seconds to start.
    runs = [
        FinishedRun(folder)
        for folder in (options.workdir, options.black_box)
        if folder is not None
    ]
    files.make_workdir(options.workdir)
    # Before minutes of measuring that would be for nothing.
    plots.check_installed()
    backend.start(options.backend)
    from trainers.evaluate import evaluation_tables, measures

    for run in runs:
        run.check_version()
    result = measures.evaluate_run(options, *runs)
    strict_json.check(result, "evaluation.json")
    print(evaluation_tables.tables(result))
    for note in _left_out(options, runs[0], result):
        print(f"\n{note}")
    _write(options, runs[0], result)
    return result


def _left_out(options, run, result):
    from trainers.evaluate.measures import is_corrected

    if options.deformations and not result["deformations"]:
        shape = run.source.input_shape
        yield f"Left out: deformations, since inputs of shape {shape} are no images."
    if options.corrected and "corrected" not in result["scores"]:
        method = run.experiment.method
        corrected = [name for name, row in METHODS.items() if is_corrected(row)]
        yield (
            "Left out: the corrected prediction, which is for mixtures of inputs and "
            f"labels as --method={', '.join(corrected)} make them; received a "
            f"run of --method={method}."
        )


def _write(options, run, result):
    from trainers.evaluate import evaluation_tables
    from trainers.run import event_files

    figures = [run.file("reliability.png"), run.file("between.png")]
    name = f"{run.experiment.name}_evaluation"
    # None of an evaluation before this one is left.
    for path in (run.file("evaluation.json"), *figures):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
    drawn = evaluation_tables.draw(result, *figures)
    event_files.write(
        run.file("tensorboard", name),
        run.experiment.steps,
        evaluation_tables.scalars(result),
        {f"evaluation/{key}": path for key, path in drawn.items()},
    )
    written = {"options": dataclasses.asdict(options), **result}
    del written["options"]["workdir"], written["options"]["black_box"]
    # Last: it says that the evaluation is done.
    files.write_json(run.file("evaluation.json"), written)
    names = ", ".join(os.path.basename(path) for path in drawn.values())
    print(f"\nIn {run.path}: evaluation.json, {names}, tensorboard/{name}.")


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(evaluate, Evaluation, USAGE, argv)
