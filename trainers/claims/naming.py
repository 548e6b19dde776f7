"""What lines are called."""

from trainers.run.roles import METHOD, PLACE, default_settings

_NAMES = {"erm": "ERM", "ict": "ICT", "mixupe": "MixupE"}
# Those that are told in words of their own, or by the name of the line.
_TOLD = PLACE | {"method", "mix_labels", "alpha", "mean_dominant_weight"}
_TOLD_OF_ICT = {"target", "consistency_weight", "teacher_decay"}


def name_of(line):
    """Returns a short name of a line's method, such as "ICT[4]"."""
    name = method_name(line.method)
    if line.method == "mixup" and not line.mixes_labels:
        name = "mixup of inputs alone"
    if line.method == "ict" or (line.method != "erm" and line.num_points != 2):
        name += f"[{line.num_points}]"
    return name


def method_name(method):
    """Returns the name of a method, of any number of points."""
    return _NAMES.get(method, method.replace("_", " "))


def labels_of(line):
    """Returns the words for how many labels a line has."""
    noise = f", {percent(line.label_noise)} of them random" if line.label_noise else ""
    return f"{count_of_labels(line.num_labels)}{noise}"


def count_of_labels(number):
    """Returns the words for a number of labels, `None` for all."""
    return f"{'all' if number is None else number} labels"


def percent(share):
    """Returns the words for a share."""
    return f"{100 * share:.0f} %"


def listed(numbers):
    """Returns numbers as words, such as "2, 3 and 4"."""
    words = [str(number) for number in numbers]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def details(line, mixing=True):
    """Returns the words for the options of a line's method.

    Those that matter most, and all others that are not at their default.

    Args:
        line: `Line`.
        mixing: bool, whether how strongly it mixes is said.
    """
    if line.method == "erm":
        return "ERM"
    words, told = [], _TOLD
    if line.method == "ict":
        words, told = _of_ict(line.settings), _TOLD | _TOLD_OF_ICT
    if line.method == "mixupe":
        words, told = [line.settings["variant"]], _TOLD | {"variant"}
    strength = f"alpha {line.settings['alpha']}"
    if line.strength is not None:
        strength = f"mean dominant weight {line.strength:g}"
    defaults = default_settings()
    rest = [
        f"{name} {line.settings[name]}"
        for name in sorted(METHOD - told)
        if line.settings[name] != defaults[name]
    ]
    options = [*words, *([strength] if mixing else []), *rest]
    return f"{method_name(line.method)}: {', '.join(options)}"


def _of_ict(settings):
    teacher = settings["teacher_decay"]
    return [
        settings["target"],
        f"weight {float(settings['consistency_weight']):g}",
        "no teacher" if teacher == "none" else f"teacher {teacher}",
    ]
