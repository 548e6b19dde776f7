"""The examples of when mixup fails, and the comparison on tables."""

from trainers.claims.naming import method_name
from trainers.markdown import escaped
from trainers.results.summaries import spread
from trainers.tabular.sets import SETS
from trainers.text_tables import markdown_table
from trainers.toys.problems import EXAMPLES, name_of

_METHODS = ("erm", "mixup", "mixupe")
_PUBLISHED = (
    "Test error in %, mean ± standard deviation over trials, and as published "
    "(MixupE, table 4):"
)


def section(examples, tables):
    """Returns the section of examples and tables, in Markdown.

    Args:
        examples: `{name: contents of results.json}` of `trainers.toys`.
        tables: the contents of the results.json of `trainers.tabular`, or `None`.
    """
    parts = ["## Examples and tables"]
    for name, content in examples.items():
        parts += _example(name, EXAMPLES[name], content)
    if tables is not None:
        rows = markdown_table(_table_rows(tables), numbers=True)
        parts += ["### Tables", _PUBLISHED, rows]
    return "\n\n".join(parts)


def _example(name, example, content):
    rows = [["", "seeds", *(column.heading for column in example.columns)]]
    for alpha in dict.fromkeys(run["alpha"] for run in content["runs"]):
        last = [r["measured"][-1] for r in content["runs"] if r["alpha"] == alpha]
        cells = (
            spread([column.scale * row[column.key] for row in last], column.digits)
            for column in example.columns
        )
        rows.append([name_of(alpha), str(len(last)), *cells])
    yield f"### {name.replace('_', ' ').capitalize()}"
    yield f"{escaped(example.question)} {escaped(example.published)}"
    yield markdown_table(rows, numbers=True)


def _table_rows(tables):
    rows = [["data set"]]
    for method in _METHODS:
        rows[0] += [method_name(method), f"{method_name(method)}, published"]
    for dataset, by_method in tables.items():
        rows.append([escaped(dataset)])
        for method in _METHODS:
            errors = by_method.get(method, {}).get("errors", [])
            rows[-1] += [spread(errors, 2), _published(dataset, method)]
    return rows


def _published(dataset, method):
    if dataset not in SETS:
        return ""
    mean, deviation = SETS[dataset].published[method]
    return f"{mean:.2f} ± {deviation:.2f}"
