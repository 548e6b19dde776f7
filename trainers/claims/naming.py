"""What arms are called."""

from collections.abc import Iterable, Mapping

from trainers.results.arms import Arm
from trainers.results.roles import METHOD, PLACE, default_settings
from trainers.run.method_lookup import known_method, method_of

# Settings that have their own words, or that the name of the arm tells.
_TOLD = PLACE | {"method", "mix_labels", "alpha", "mean_dominant_weight"}
_TOLD_OF_ICT = {"target", "consistency_weight", "teacher_decay"}


def name_of(arm: Arm) -> str:
    """Returns a short name of an arm's method, such as "ICT[4]"."""
    return method_of(arm.any).name_of(arm.settings)


def method_name(method: str) -> str:
    """Returns the name of a method, of any number of points."""
    return known_method(method).short_name


def labels_of(arm: Arm) -> str:
    """Returns the words for how many labels an arm has."""
    noise = f", {percent(arm.label_noise)} of them random" if arm.label_noise else ""
    return f"{count_of_labels(arm.num_labels)}{noise}"


def count_of_labels(number: int | None) -> str:
    """Returns the words for a number of labels, `None` for all."""
    return f"{'all' if number is None else number} labels"


def percent(share: float) -> str:
    """Returns the words for a share."""
    return f"{100 * share:.0f} %"


def listed(numbers: Iterable[object]) -> str:
    """Returns numbers as words, such as "2, 3 and 4"."""
    words = [str(number) for number in numbers]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def details(arm: Arm, mixing: bool = True) -> str:
    """Returns the words for the options of an arm's method.

    Those that matter most, and all others that are not at their default.

    Args:
        arm: `Arm`.
        mixing: bool, whether how strongly it mixes is said.
    """
    if known_method(arm.method).is_plain:
        return method_name(arm.method)
    words: list[str] = []
    told = _TOLD
    if arm.method == "ict":
        words, told = _of_ict(arm.settings), _TOLD | _TOLD_OF_ICT
    if arm.method == "mixupe":
        words, told = [arm.settings["variant"]], _TOLD | {"variant"}
    strength = f"alpha {arm.settings['alpha']}"
    if arm.strength is not None:
        strength = f"mean dominant weight {arm.strength:g}"
    defaults = default_settings()
    rest = [
        f"{name} {arm.settings[name]}"
        for name in sorted(METHOD - told)
        if arm.settings[name] != defaults[name]
    ]
    options = [*words, *([strength] if mixing else []), *rest]
    return f"{method_name(arm.method)}: {', '.join(options)}"


def _of_ict(settings: Mapping[str, str]) -> list[str]:
    teacher = settings["teacher_decay"]
    return [
        settings["target"],
        f"weight {float(settings['consistency_weight']):g}",
        "no teacher" if teacher == "none" else f"teacher {teacher}",
    ]
