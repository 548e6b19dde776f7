"""The result.json of a finished run, read without Keras."""

from trainers import files
from trainers.errors import UsageError


def read(path):
    """Returns the contents of a result.json, `None` where there is no file.

    Raises:
        UsageError: when it is not what a finished run leaves.
    """
    content = files.read_json(path)
    try:
        whole = content is None or _is_whole(content)
    except (AttributeError, KeyError, TypeError):
        whole = False
    if not whole:
        raise UsageError(
            f"{path!r} must be the result of a run, with its accuracies and "
            "linearity; received another object. Remove it: the same command of "
            "trainers.run writes it again."
        )
    return content


def _is_whole(content):
    networks = [content[name] for name in ("student", "teacher") if name in content]
    accuracies = [content["accuracy"]] + [
        {split: scores[split]["accuracy"] for split in ("validation", "test")}
        for scores in networks
    ]
    numbers = [one[split] for one in accuracies for split in ("validation", "test")]
    for layer in content["linearity"].values():
        numbers += [layer["value"], layer["floor"]]
    return (
        "student" in content
        and isinstance(content["steps"], int)
        and (not content["linearity"] or isinstance(content["evaluated_network"], str))
        and all(isinstance(number, int | float) for number in numbers)
    )
