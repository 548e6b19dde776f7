"""The options of the training methods."""

import dataclasses

from trainers.options import option
from trainers.run.methods import METHODS

SEMI_SUPERVISED = "ICT, mean teacher and MixMatch"


@dataclasses.dataclass(frozen=True)
class MethodOptions:
    """Which method trains, and how: the first half of an `Experiment`."""

    method: str = option(
        "ict",
        "; ".join(f"{name}: {method.summary}" for name, method in METHODS.items()),
        "Method",
        choices=tuple(METHODS),
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

    mix_labels: bool = option(
        True,
        "false mixes the inputs only, with the label of the largest weight; for mixup "
        "alone",
        "Mixup and its relatives",
    )
    eta: float | None = option(
        None,
        "weight of MixupE's regulariser",
        "Mixup and its relatives",
        low=0,
        none="default",
    )
    variant: str = option(
        "absolute",
        "MixupE by the paper's formula, or the signed one of the authors' code",
        "Mixup and its relatives",
        choices=("absolute", "signed"),
    )
    threshold: float = option(
        1.0,
        "signed MixupE leaves out the examples above it",
        "Mixup and its relatives",
    )
    mixing_layers: tuple[str, ...] = option(
        (),
        "layers of which manifold mixup draws one a step, by name and comma, `input` "
        "among them; none named: what suits the network",
        "Mixup and its relatives",
    )
    num_samples: int = option(
        1,
        "random directions for each example in a step of approximate mixup",
        "Mixup and its relatives",
        low=1,
    )

    consistency_weight: float = option(
        10.0, "weight of the consistency loss after the ramp", SEMI_SUPERVISED, low=0
    )
    ramp_shape: str = option(
        "linear",
        "how the consistency weight grows from 0; exponential is exp(-5(1-t)^2)",
        SEMI_SUPERVISED,
        choices=("linear", "exponential", "none"),
    )
    ramp_fraction: float = option(
        0.4,
        "fraction of the steps that the ramp takes",
        SEMI_SUPERVISED,
        low=0,
        high=1,
    )
    teacher_decay: float | None = option(
        0.99,
        "decay of the averaged weights, which for ICT and mean teacher make the "
        "targets; none: no average, the network itself makes them",
        SEMI_SUPERVISED,
        low=0,
        below=1,
        none="none",
    )
    num_views: int | None = option(
        None,
        "augmentations of each unlabelled example; 1 for ICT, otherwise 2",
        SEMI_SUPERVISED,
        low=1,
        none="default",
    )
    target: str = option(
        "probabilities",
        "what is compared",
        "ICT and mean teacher only",
        choices=("probabilities", "logits", "softmax_of_mixed_logits"),
    )
    distance: str = option(
        "mean_squared",
        "how it is compared",
        "ICT and mean teacher only",
        choices=("mean_squared", "euclidean"),
    )
    stop_gradient: bool = option(
        True, "keep gradients out of the target side", "ICT and mean teacher only"
    )
    supervised_num_points: int = option(
        1,
        "examples mixed in the supervised part; 1 mixes nothing",
        "ICT and mean teacher only",
        low=1,
    )
    temperature: float = option(
        0.5, "sharpness of MixMatch's guesses; 1 leaves them", "MixMatch only", above=0
    )

    @property
    def uses_unlabeled(self):
        """Whether the method trains on unlabelled examples too."""
        return METHODS[self.method].uses_unlabeled

    @property
    def takes_points(self):
        """Whether the method mixes as many points as it is told."""
        return METHODS[self.method].takes_points

    @property
    def views(self):
        """How many augmentations of each unlabelled example a batch holds."""
        return self.num_views or METHODS[self.method].num_views

    @property
    def concentration(self):
        """`alpha`, or the concentration that has the wanted strength."""
        if self.mean_dominant_weight is None:
            return self.alpha
        from keras_mixup.calibration import alpha_for

        # The methods that take no number of points mix two, if any.
        num_points = self.num_points if self.takes_points else 2
        return alpha_for(self.mean_dominant_weight, num_points)
