"""How far a setting is from the one that a paper publishes."""

import dataclasses
from collections.abc import Collection, Mapping


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The published setting, as far as the paper states it.

    Attributes:
        datasets: names of the data sets.
        networks: the beginnings of the names of the networks.
        steps: int, the fewest steps that are as many as published; `None` where the
            paper does not say.
        options: `{flag: texts}` of ICT, each with the words for it.
    """

    datasets: Collection[str]
    networks: tuple[str, ...]
    steps: int | None
    options: Mapping[str, tuple[str, Collection[str]]] = dataclasses.field(
        default_factory=dict
    )


_CIFAR = ("cifar10", "cifar100")
# The paper on linearity names no teacher, and the code that its setting is from has one
# of decay .999: both count as published. It does not say how long it trains; that code
# trains for a million steps, and fewer than 100,000 are another training in any case.
_OBJECTIVE = {
    "target": ("target", ("logits",)),
    "consistency_weight": ("weight", ("100.0",)),
    "teacher_decay": ("teacher", ("none", "0.999")),
}
# By the paper's name in `trainers.claims.papers`. Mixup and MixupE train for 200 epochs
# of batches of 128.
RECIPES = {
    "Linearity": Recipe(
        (*_CIFAR, "svhn_cropped"), ("wide_resnet_28_2",), 100_000, _OBJECTIVE
    ),
    "Mixup": Recipe(_CIFAR, ("preact_resnet_18",), 78_000),
    "MixupE": Recipe(
        (*_CIFAR, "svhn_cropped"), ("preact_resnet_", "wide_resnet_28_10"), 78_000
    ),
    "Regularization": Recipe(_CIFAR, (), None),
    "Calibration": Recipe(_CIFAR, (), None),
    "Data dependency": Recipe((), (), None),
}


def distance(source: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Returns words for what differs between runs and the recipe of a source.

    Args:
        source: that of a claim, which begins with the name of a paper. Of an open
            question nothing is published, and nothing differs.
        settings: `{flag: text}` of a run.
    """
    names = sorted(RECIPES, key=len, reverse=True)
    name = next((name for name in names if source.startswith(name)), None)
    if name is None:
        return ()
    recipe = RECIPES[name]
    differs = {
        "data": settings["dataset"] not in recipe.datasets,
        "network": not settings["architecture"].startswith(recipe.networks),
        "steps": recipe.steps is not None and int(settings["steps"]) < recipe.steps,
    }
    if settings["method"] == "ict":
        differs |= {
            words: settings[flag] not in texts
            for flag, (words, texts) in recipe.options.items()
        }
    return tuple(words for words, other in differs.items() if other)
