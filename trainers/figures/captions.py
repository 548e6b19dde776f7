"""What a caption says of the runs in a figure."""

from trainers.figures.lines import is_plain
from trainers.results.roles import LABELS, default_settings, shared_settings

OVER_SEEDS = "means over seeds, with the 95 % interval of the mean (Student's t)"

_SAID = {"dataset", "num_labels", "architecture", "steps", "batch_size"}
# Which backend trained is no part of what a figure shows.
_SAID |= {"backend"}


def setting_of(group):
    """Returns the words for what a `trainers.figures.groups.Group` was trained on."""
    return setting(group.records, group.varied)


def setting(records, varied=()):
    """Returns the words for what was trained: data, labels, network, steps, seeds.

    Args:
        records: list of records.
        varied: names of other settings that are told, of all but plain training.
    """
    labels = _values(records, lambda record: record.num_labels or "all")
    return (
        f"{_values(records, lambda r: r.settings['dataset'])} with {labels} labels, "
        f"{_values(records, lambda r: r.settings['architecture'])}, "
        f"{_values(records, lambda r: r.settings['steps'])} steps of "
        f"{_values(records, lambda r: r.settings['batch_size'])} labelled examples, "
        f"{_besides(records)}{_varied(records, varied)}"
        f"{seeds(record.seed for record in records)}"
    )


def _varied(records, names):
    mixed = [record for record in records if not is_plain(record)]
    return "".join(
        f"{name} of {_values(mixed, lambda r, name=name: r.settings[name])}, "
        for name in names
    )


def _besides(records):
    """The shared settings that are not at their defaults."""
    defaults = shared_settings(default_settings(identity_only=True), LABELS)
    words = ""
    for name in [name for name in defaults if name not in _SAID]:
        text = _values(records, lambda r, name=name: r.settings[name])
        if text != defaults[name]:
            words += f"{name}={text}, "
    return words


def seeds(values):
    """Returns the words for seeds: "seed 3", "seeds 2 to 4", or "seeds 0, 7"."""
    values = set(values)
    return f"seed{'s' * (len(values) > 1)} {_span(values)}"


def _span(values):
    values = sorted(set(values), key=lambda value: (str(type(value)), value))
    numbers = all(isinstance(value, int) for value in values)
    if numbers and len(values) > 2 and values[-1] - values[0] == len(values) - 1:
        return f"{values[0]} to {values[-1]}"
    return ", ".join(map(str, values))


def _values(records, read):
    return _span(read(record) for record in records)
