"""What is known of a training method, in one row."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

# What decides how strongly points are mixed, of which one point takes no notice.
STRENGTH = ("alpha", "mean_dominant_weight", "per_example", "dominant_first")
# The colour of a row that names none.
GREY = "#7F7F7F"
_PLAIN_TEXT = re.compile(r"[\w .+-]{1,60}")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def _accept(experiment: Any) -> None:
    """The check of a method whose options all fit each other."""


@dataclasses.dataclass(frozen=True)
class Method:
    """A training method: everything that commands, figures and reports know of it.

    Args:
        title: what headings and `--help` call it, such as "Plain training".
        summary: what `--help` says of it.
        build: function of an experiment and a network that returns the model to fit.
        name: what legends and tables call it, such as "ERM"; by default the title.
        color: its colour in every figure, as "#0072B2".
        mixes: what it mixes, some of "inputs", "labels", "activations" and
            "unlabeled"; points are drawn from the batches of what is mixed. Exactly
            "inputs" and "labels" says that it trains on their mixtures alone, and
            `trainers.evaluate` then scores the corrected prediction too. A method that
            trains on the clean batch as well leaves `mixes` empty, if it takes
            `num_points`.
        options: names of the options of an experiment that it uses, besides those that
            every method uses, each a field of
            `trainers.run.method_options.MethodOptions`; `None` where this is not known.
        num_views: how many augmentations of each unlabelled example, by default.
        min_points: the fewest points that it takes.
        usual_points: the number of points that its name leaves out, or `None`.
        renamed: `{(option, text): name}` for settings that make another name of it.
        check: function of an experiment that raises `UsageError` for options that do
            not fit the method.
    """

    title: str
    summary: str
    build: Callable | None
    name: str = ""
    color: str = GREY
    mixes: tuple[str, ...] = ()
    options: tuple[str, ...] | None = ()
    num_views: int = 1
    min_points: int = 1
    usual_points: int | None = 2
    renamed: dict = dataclasses.field(default_factory=dict)
    check: Callable = _accept

    def uses(self, option: str) -> bool:
        """Whether it takes notice of an option, as far as is known."""
        return self.options is None or option in self.options

    @property
    def uses_unlabeled(self) -> bool:
        """Whether its batches hold unlabelled examples."""
        return self.uses("unlabeled_batch_size")

    @property
    def takes_points(self) -> bool:
        """Whether it mixes any number of points."""
        return self.uses("num_points")

    @property
    def is_plain(self) -> bool:
        """Whether it has no options, as plain training on labelled examples."""
        return self.options == ()

    @property
    def short_name(self) -> str:
        """What legends and tables call the method, of any number of points."""
        return self.name or self.title

    def name_of(self, settings: Mapping[str, str]) -> str:
        """Returns the name of an arm in legends and tables, such as "ICT[4]".

        Args:
            settings: `{flag: text}` of its runs.
        """
        names = (
            name
            for (option, text), name in self.renamed.items()
            if settings[option] == text
        )
        name = next(names, self.short_name)
        points = settings["num_points"]
        said = self.takes_points and points != str(self.usual_points)
        return f"{name}[{points}]" if said else name

    def described(self) -> dict[str, Any]:
        """Returns what readers of results need of a row, for a file in JSON."""
        return {name: getattr(self, name) for name in _DESCRIBED}


_DESCRIBED = ("title", "name", "color", "options", "usual_points")


def from_description(name: str, description: Any) -> Method:
    """Returns the row of a method whose module is not at hand.

    Args:
        name: the text of `--method`, as "my_methods:SHARP_MIXUP".
        description: what `Method.described` returned, or anything else, such as what a
            damaged file holds; then the name is all that is known.
    """
    if _is_description(description):
        options = description["options"]
        options = None if options is None else tuple(options)
        description = {**description, "options": options}
        return Method(summary="", build=None, **description)
    title = name.rpartition(":")[-1].replace("_", " ")
    return Method(title, "", None, options=None)


def _is_description(found: Any) -> bool:
    if not isinstance(found, dict) or set(found) != set(_DESCRIBED):
        return False
    options = found["options"] or ()
    if not isinstance(options, list | tuple):
        return False
    texts = (found["title"], found["name"] or found["title"], *options)
    return (
        all(isinstance(text, str) and _PLAIN_TEXT.fullmatch(text) for text in texts)
        and isinstance(found["color"], str)
        and _COLOR.fullmatch(found["color"]) is not None
        and isinstance(found["usual_points"], int | None)
    )
