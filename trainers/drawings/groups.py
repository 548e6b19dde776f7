"""Runs that belong together, and what they have in common."""

import collections


def grouped(records, key):
    """Returns `{key(record): [record, ...]}` in the order of the records."""
    groups = collections.defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return dict(groups)


def setting(records):
    """Returns the words for what was trained: data, labels, network, steps, seeds."""
    labels = _values(records, lambda record: record.num_labels or "all")
    return (
        f"{_values(records, lambda r: r.settings['dataset'])} with {labels} labels, "
        f"{_values(records, lambda r: r.settings['architecture'])}, "
        f"{_values(records, lambda r: r.settings['steps'])} steps of "
        f"{_values(records, lambda r: r.settings['batch_size'])} labelled examples, "
        f"seeds {_values(records, lambda r: r.seed)}"
    )


def _values(records, read):
    values = sorted(
        {read(record) for record in records}, key=lambda v: (str(type(v)), v)
    )
    numbers = all(isinstance(value, int) for value in values)
    if numbers and len(values) > 2 and values[-1] - values[0] == len(values) - 1:
        return f"{values[0]} to {values[-1]}"
    return ", ".join(map(str, values))
