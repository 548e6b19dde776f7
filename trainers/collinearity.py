"""Is mixup safe on a data set? `python -m trainers.collinearity --help`."""

import dataclasses
import sys

from trainers import backend, files
from trainers.backend import default_backend
from trainers.command_line import one_line, run_command
from trainers.errors import RunFailure, UsageError
from trainers.option_checks import check_fields, check_output
from trainers.options import option

USAGE = """
Tells, before training, whether mixup would flip labels of the training points.

  python -m trainers.collinearity --dataset=two_moons --alpha=1024
  python -m trainers.collinearity --dataset=data.npz --num_points=3 --json=out.json

Where mixtures of other points fall on a training point, mixup trains it on their labels
as well, and with enough of them the best network for its loss is wrong there. Inputs
are taken as a network is given them. The exit code is 0 whatever the verdict.
"""


@dataclasses.dataclass(frozen=True)
class Inquiry:
    """The data set and the mixtures that are asked about.

    Example:

    ```python
    from trainers.collinearity import Inquiry, inquire

    inquire(Inquiry(dataset="two_moons", alpha=1024.0))
    ```
    """

    dataset: str = option(
        "digits", "as for trainers.run: a name, or the path of an .npz file", "What"
    )
    data_dir: str | None = option(
        None, "where TensorFlow Datasets keeps its files", "What", none="default"
    )
    alpha: float = option(
        1.0, "concentration of the Dirichlet weights", "What", above=0
    )
    num_points: int = option(2, "examples mixed into one (K)", "What", low=2)

    radius: float = option(
        0.125,
        "of the ball around a point whose mixtures count, as a share of the distance "
        "to the nearest point of another class",
        "How",
        above=0,
        high=0.5,
    )
    max_points: int = option(500, "training points to examine", "How", low=1)
    max_mixtures: int | None = option(
        None,
        "tuples of K training points to look at for each point: all up to here, beyond "
        "a sample",
        "How",
        low=1,
        none="a million pairs, fewer tuples of more",
    )
    seed: int = option(
        0, "of the split and of what is sampled", "How", low=0, below=2**31
    )
    json: str | None = option(None, "where the figures are written", "How", none="none")

    def __post_init__(self):
        check_fields(self)
        if self.json is not None:
            check_output("json", self.json)


def inquire(options):
    """Examines the data set, prints the verdict and returns the figures."""
    backend.start(default_backend())
    from keras_mixup import data
    from keras_mixup.collinearity import collinearity

    try:
        source = data.load(
            options.dataset, data_dir=options.data_dir, seed=options.seed
        )
        result = collinearity(
            *source.standardized("train"),
            alpha=options.alpha,
            num_points=options.num_points,
            radius=options.radius,
            max_points=options.max_points,
            max_mixtures=options.max_mixtures,
            seed=options.seed,
        )
    except (ValueError, OSError, ImportError) as error:
        raise UsageError(one_line(error)) from error
    figures = _figures(options, result)
    print(report(figures))
    if options.json:
        _write(options.json, figures)
    return figures


def _write(path, figures):
    try:
        files.write_json(path, figures)
    except OSError as error:
        raise RunFailure(f"{path} cannot be written: {one_line(error)}") from error
    print(f"\nWritten to {path}.")


def _figures(options, result):
    settings = dataclasses.asdict(options)
    del settings["json"], settings["data_dir"]
    quantiles = result.closeness_quantiles()
    return {
        **settings,
        "num_examples": result.num_examples,
        "num_examined": len(result.points),
        "num_mixtures": result.num_mixtures,
        "exhaustive": result.exhaustive,
        "num_flipped": result.num_flipped,
        "fraction_flipped": result.fraction_flipped,
        "interval": _interval(result),
        "flipped": result.flipped.tolist(),
        "mean_label_probability": float(result.label_probability.mean()),
        "fraction_close": result.fraction_close,
        "closeness_quantiles": {str(q): value for q, value in quantiles.items()},
    }


def _interval(result):
    """The 95 % interval of the fraction in the whole set."""
    from scipy import stats

    if len(result.points) == result.num_examples:
        return [result.fraction_flipped] * 2
    test = stats.binomtest(result.num_flipped, len(result.points))
    return list(test.proportion_ci(method="wilson"))


def report(figures):
    """Returns the verdict and the figures behind it, as text."""
    examined, total = figures["num_examined"], figures["num_examples"]
    low, high = (100 * bound for bound in figures["interval"])
    between = f", in the whole set {low:.1f} to {high:.1f} %" if low < high else ""
    quantiles = ", ".join(
        f"{value:.3f} ({'closest' if q == '0.0' else f'{100 * float(q):g} %'})"
        for q, value in figures["closeness_quantiles"].items()
    )
    return "\n".join(
        [
            f"{figures['dataset']}: {total} training points, {examined} examined, "
            f"num_points={figures['num_points']}, alpha={figures['alpha']:g}",
            "",
            _verdict(figures),
            "",
            f"Labels that the mixup optimum flips: {figures['num_flipped']} of "
            f"{examined} ({100 * figures['fraction_flipped']:.1f} %{between})",
            "Probability that it gives to the right label, on average: "
            f"{figures['mean_label_probability']:.3f}",
            "Distance to the nearest mixture of which half or more is of other "
            "classes, as a",
            "  share of the distance to the nearest point of another class (at most "
            f"0.5): {quantiles}",
            f"Points with such a mixture within {figures['radius']:g}: "
            f"{100 * figures['fraction_close']:.1f} %",
            _mixtures(figures),
        ]
    )


def _verdict(figures):
    fraction = figures["fraction_flipped"]
    is_ = "is" if figures["exhaustive"] else "looks"
    if fraction == 0 and figures["fraction_close"] > 0.5:
        return (
            "No training point would lose its label, but most have mixtures of other "
            "classes right beside them: compare mixup with plain training on "
            "validation data."
        )
    if fraction == 0:
        return f"Mixup {is_} safe here: no training point would lose its label."
    if fraction < 0.01:
        return f"Mixup {is_} nearly safe here: fewer than 1 % of the labels would flip."
    advice = (
        "A smaller --alpha keeps mixtures nearer to their examples."
        if figures["alpha"] > 1
        else "Classes overlap, or points lie between points of another class."
    )
    return (
        "Mixup is not safe here: the network that is best for its loss gets "
        f"{100 * fraction:.1f} % of the training labels wrong. {advice}"
    )


def _mixtures(figures):
    count, points = figures["num_mixtures"], figures["num_points"]
    what = "pairs" if points == 2 else f"tuples of {points} points"
    if figures["exhaustive"]:
        return f"Mixtures: all {what}" + (
            "" if points == 2 else f", with {count} draws of the weights"
        )
    return (
        f"Mixtures: a sample of {count} of {figures['num_examples'] ** points:.2g} "
        f"{what}, so flips by few of them go unseen, and distances can be smaller"
    )


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(inquire, Inquiry, USAGE, argv)


if __name__ == "__main__":
    sys.exit(main())
