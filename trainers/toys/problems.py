"""The examples of when mixup fails, and when it does not, as data."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Column:
    """A measured number and how a table shows it.

    Args:
        key: its name in the JSON file.
        heading: its name in the table.
        scale: what it is multiplied by, 100 for percent.
        digits: how many digits the table shows.
    """

    key: str
    heading: str
    scale: float
    digits: int


TRAINING_ERROR = Column("training_error", "training error, %", 100, 1)
_OF_THE_DIRECTION = (
    TRAINING_ERROR,
    Column("angle", "angle, degrees", 1, 3),
    Column("margin", "margin", 1, 4),
    Column("norm", "length of w", 1, 2),
)


@dataclasses.dataclass(frozen=True)
class Example:
    """One example: what is trained, on what, and what is measured.

    Args:
        question: what it is about, in a line.
        published: what the figures are compared with, in a line.
        dataset: name of an embedded data set.
        hidden_units: widths of the hidden layers of the network.
        alphas: settings: `None` for empirical risk minimisation, or the alpha of
            mixup of two points.
        steps: training steps.
        seeds: how many runs of each setting, seeds 0, 1, ...
        columns: what is measured.
        batch_size: examples in a step, or `None` for all.
        optimizer: "adam" or "sgd".
        learning_rate: learning rate.
        cosine: whether the learning rate falls to 0 along a cosine.
        points: how many times it is measured, evenly over the steps.
    """

    question: str
    published: str
    dataset: str
    hidden_units: tuple[int, ...]
    alphas: tuple[float | None, ...]
    steps: int
    seeds: int
    columns: tuple[Column, ...]
    batch_size: int | None = None
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    cosine: bool = False
    points: int = 20


EXAMPLES = {
    "counterexample": Example(
        question="Inputs 0, 1, 2 with labels 0, 1, 0: what mixup predicts at 1.",
        published="Compare with section 2.3 of Chidambaram et al., 2022: training "
        "error 0 % for ERM and alpha = 1, 33.3 % for alpha = 128, where P(y=1 at x=1) "
        "tends to 1/3.",
        dataset="counterexample",
        hidden_units=(512,),
        alphas=(None, 1.0, 32.0, 128.0),
        steps=5000,
        seeds=5,
        columns=(
            TRAINING_ERROR,
            Column("probability", "P(y=1 at x=1)", 1, 4),
        ),
    ),
    "two_moons": Example(
        question="Two moons: the decision boundary of ERM and of mixup.",
        published="Compare with the pictures of two moons of Chidambaram et al., 2022; "
        "their script never resets the gradients of mixup, so a right one differs.",
        dataset="two_moons",
        hidden_units=(500,),
        alphas=(None, 1.0, 1024.0),
        steps=5000,
        seeds=5,
        columns=(
            TRAINING_ERROR,
            Column("test_error", "test error, %", 100, 1),
        ),
    ),
    "separable": Example(
        question="A linear model, every point a support vector: the direction that "
        "ERM and mixup converge to.",
        published="Compare with the theorem on linear models of Chidambaram et al., "
        "2022: both converge to the direction of the widest margin, here (2, 1) / "
        "sqrt(5) with a margin of 1.",
        dataset="separable",
        hidden_units=(),
        alphas=(None, 1.0, 128.0),
        steps=2000,
        seeds=5,
        columns=_OF_THE_DIRECTION,
        optimizer="sgd",
        learning_rate=1.0,
        cosine=True,
    ),
    "separable_longer": Example(
        question="A linear model, every point a support vector: how long w becomes "
        "at a constant learning rate.",
        published="Plain training makes w longer without end, by ln 2 = 0.69 in twice "
        "the steps at a margin of 1. The population loss of mixup has its optimum at a "
        "length of 3.542 for alpha = 1 and 5.676 for alpha = 128.",
        dataset="separable",
        hidden_units=(),
        alphas=(None, 1.0, 128.0),
        steps=16_000,
        seeds=5,
        columns=_OF_THE_DIRECTION,
        optimizer="sgd",
        learning_rate=1.0,
        points=16,
    ),
    "collinear_free": Example(
        question="Digits, where no mixture comes near a third example: does mixup fit "
        "the training set?",
        published="Compare with section 2 of Chidambaram et al., 2022: without "
        "collinearity the training error tends to 0 even for alpha = 1024.",
        dataset="digits",
        hidden_units=(256,),
        alphas=(None, 1024.0),
        steps=8000,
        seeds=3,
        columns=(
            TRAINING_ERROR,
            Column("test_error", "test error, %", 100, 1),
        ),
        batch_size=100,
    ),
    "margin": Example(
        question="Points up to half way to another class: does a network of mixup give "
        "them the class that the theorem on its margin names?",
        published="Compare with theorem 3.2 of Chidambaram et al., 2022: the optimum "
        "of mixup gives a point the class of all mixtures near it, if each has more "
        "than half of its weight from that class. So the error on such points is 0.",
        dataset="digits",
        hidden_units=(256,),
        alphas=(None, 1.0, 1024.0),
        steps=8000,
        seeds=3,
        columns=(
            TRAINING_ERROR,
            Column("margin_error", "error within the margin, %", 100, 1),
        ),
        batch_size=100,
    ),
}


def name_of(alpha):
    """Returns what a setting is called in tables and files."""
    return "ERM" if alpha is None else f"mixup, alpha = {alpha:g}"
