"""The options of the training methods."""

import dataclasses

from trainers.options import option
from trainers.run.method import STRENGTH
from trainers.run.method_lookup import method_named
from trainers.run.methods import METHODS


def _of_its_methods(name, default, text, **more):
    """Declares an option under the titles of the methods that use it."""
    titles = [row.title for row in METHODS.values() if row.uses(name)]
    *others, last = titles
    group = f"{', '.join(others)} and {last}" if others else last
    return option(default, text, f"{group} only", **more)


@dataclasses.dataclass(frozen=True)
class MethodOptions:
    """Which method trains, and how: the first half of an `Experiment`."""

    method: str = option(
        "ict",
        "; ".join(
            f"{name}: {row.title}, {row.summary}" for name, row in METHODS.items()
        )
        + "; or a row in a module of your own, a trainers.run.method.Method",
        "Method",
        choices=tuple(METHODS),
        besides="MODULE:ROW",
    )
    num_points: int = option(2, "examples mixed into one (K)", "Method", low=1)
    alpha: float = option(
        0.5, "concentration of the Dirichlet weights", "Method", above=0
    )
    mean_dominant_weight: float | None = option(
        None,
        "the strength of mixing in place of --alpha: the mean of the largest weight of "
        "a mixture, above 1/K; with it, another K mixes as strongly",
        "Method",
        above=0,
        below=1,
        none="alpha",
    )
    per_example: bool = option(
        True, "draw weights for each example; otherwise once a batch", "Method"
    )
    dominant_first: bool = option(
        False, "sort the weights, so that each example dominates its mix", "Method"
    )

    mix_labels: bool = _of_its_methods(
        "mix_labels",
        True,
        "false mixes the inputs only, with the label of the largest weight; for mixup "
        "alone",
    )
    eta: float | None = _of_its_methods(
        "eta",
        None,
        "weight of MixupE's regulariser",
        low=0,
        none="default",
    )
    variant: str = _of_its_methods(
        "variant",
        "absolute",
        "MixupE by the paper's formula, or the signed one of the authors' code",
        choices=("absolute", "signed"),
    )
    threshold: float = _of_its_methods(
        "threshold",
        1.0,
        "signed MixupE leaves out the examples above it",
    )
    mixing_layers: tuple[str, ...] = _of_its_methods(
        "mixing_layers",
        (),
        "layers of which manifold mixup draws one a step, by name and comma, `input` "
        "among them; none named: what suits the network",
    )
    num_samples: int = _of_its_methods(
        "num_samples",
        1,
        "random directions for each example in a step of approximate mixup",
        low=1,
    )

    consistency_weight: float = _of_its_methods(
        "consistency_weight",
        10.0,
        "weight of the consistency loss after the ramp",
        low=0,
    )
    ramp_shape: str = _of_its_methods(
        "ramp_shape",
        "linear",
        "how the consistency weight grows from 0; exponential is exp(-5(1-t)^2)",
        choices=("linear", "exponential", "none"),
    )
    ramp_fraction: float = _of_its_methods(
        "ramp_fraction",
        0.4,
        "fraction of the steps that the ramp takes",
        low=0,
        high=1,
    )
    teacher_decay: float | None = _of_its_methods(
        "teacher_decay",
        0.99,
        "decay of the averaged weights, which for ICT and mean teacher make the "
        "targets; none: no average, the network itself makes them",
        low=0,
        below=1,
        none="none",
    )
    teacher_statistics: str = _of_its_methods(
        "teacher_statistics",
        "averaged",
        "the moving statistics that the averaged weights come with: averages too, or "
        "copied from the network, as in the code of MixMatch",
        choices=("averaged", "copied"),
    )
    num_views: int | None = _of_its_methods(
        "num_views",
        None,
        "augmentations of each unlabelled example; by default "
        + ", ".join(
            f"{row.num_views} for {row.title}"
            for row in METHODS.values()
            if row.uses_unlabeled
        ),
        low=1,
        none="default",
    )
    target: str = _of_its_methods(
        "target",
        "probabilities",
        "what is compared",
        choices=("probabilities", "logits", "softmax_of_mixed_logits"),
    )
    distance: str = _of_its_methods(
        "distance",
        "mean_squared",
        "how it is compared",
        choices=("mean_squared", "euclidean"),
    )
    stop_gradient: bool = _of_its_methods(
        "stop_gradient",
        True,
        "keep gradients out of the target side",
    )
    supervised_num_points: int = _of_its_methods(
        "supervised_num_points",
        1,
        "examples mixed in the supervised part; 1 mixes nothing",
        low=1,
    )
    temperature: float = _of_its_methods(
        "temperature", 0.5, "sharpness of MixMatch's guesses; 1 leaves them", above=0
    )

    @property
    def row(self):
        """The `Method`, with all that is known of it."""
        return method_named(self.method)

    @property
    def uses_unlabeled(self):
        """Whether the method trains on unlabelled examples too."""
        return self.row.uses_unlabeled

    @property
    def takes_points(self):
        """Whether the method mixes as many points as it is told."""
        return self.row.takes_points

    @property
    def mixed_points(self):
        """How many points are mixed into one; 1 where nothing is mixed."""
        mixes = self.takes_points or self.row.mixes
        return self.strength_points if mixes else 1

    @property
    def strength_points(self):
        """How many points the mixtures have whose strength is asked for."""
        # The methods that take no number of points mix two, if any.
        return self.num_points if self.takes_points else 2

    @property
    def used_options(self):
        """The names of the options of the method that decide this run."""
        options = self.row.options
        if options is None:
            options = tuple(field.name for field in dataclasses.fields(MethodOptions))
        if self.mixed_points > 1:
            return options
        if "supervised_num_points" in options and self.supervised_num_points > 1:
            return options
        return tuple(name for name in options if name not in STRENGTH)

    @property
    def views(self):
        """How many augmentations of each unlabelled example a batch holds."""
        return self.num_views or self.row.num_views

    @property
    def concentration(self):
        """`alpha`, or the concentration that has the wanted strength."""
        if self.mean_dominant_weight is None:
            return self.alpha
        from keras_mixup.calibration import alpha_for

        return alpha_for(self.mean_dominant_weight, self.strength_points)
