"""The examples of when mixup fails, and the comparison on tables."""

from trainers.claims.naming import method_name
from trainers.report.markup import Section, join, table
from trainers.results.summaries import spread
from trainers.tabular.sets import SETS
from trainers.toys.problems import EXAMPLES, name_of

_METHODS = ("erm", "mixup", "mixupe")


def section(examples, tables):
    """Returns the section of examples and tables.

    Args:
        examples: `{name: contents of results.json}` of `trainers.toys`.
        tables: the contents of the results.json of `trainers.tabular`, or `None`.
    """
    parts = [_example(EXAMPLES[name], content) for name, content in examples.items()]
    if tables is not None:
        caption = (
            "Test error in %, mean ± standard deviation over trials, and as published "
            "(MixupE, table 4)"
        )
        parts.append(table(_table_rows(tables), caption=caption))
    return Section("Examples and tables", join(*parts, between="\n"))


def _example(example, content):
    rows = [["", "seeds", *(column.heading for column in example.columns)]]
    for alpha in dict.fromkeys(run["alpha"] for run in content["runs"]):
        last = [r["measured"][-1] for r in content["runs"] if r["alpha"] == alpha]
        cells = (
            spread([column.scale * row[column.key] for row in last], column.digits)
            for column in example.columns
        )
        rows.append([name_of(alpha), str(len(last)), *cells])
    return table(rows, caption=f"{example.question} {example.published}")


def _table_rows(tables):
    rows = [["data set"]]
    for method in _METHODS:
        rows[0] += [method_name(method), f"{method_name(method)}, published"]
    for dataset, by_method in tables.items():
        rows.append([dataset])
        for method in _METHODS:
            errors = by_method.get(method, {}).get("errors", [])
            rows[-1] += [spread(errors, 2), _published(dataset, method)]
    return rows


def _published(dataset, method):
    if dataset not in SETS:
        return ""
    mean, deviation = SETS[dataset].published[method]
    return f"{mean:.2f} ± {deviation:.2f}"
