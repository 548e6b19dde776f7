"""Tables as text."""

import csv
import io

# A spreadsheet computes what begins so, and some of it runs commands.
_OF_FORMULAS = ("=", "+", "-", "@")


def table(rows):
    """Returns rows of words as lines, the first column flush left."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:])]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join(lines)


def markdown_table(rows, numbers=False):
    """Returns rows of words as a table in Markdown.

    Args:
        rows: list of lists of Markdown, the first of them the head.
        numbers: bool, whether all columns but the first hold numbers, flush right.
    """
    rule = ["---"] + ["---:" if numbers else "---"] * (len(rows[0]) - 1)
    head, *body = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *body))


def csv_text(columns, rows):
    """Returns dictionaries as CSV; what lacks is empty, and no cell is a formula."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return file.getvalue()


def _cell(value):
    if not isinstance(value, str):
        return value
    # Python before 3.13 writes it without quotes, and so ends the row.
    value = value.replace("\r", " ")
    if not value.lstrip().startswith(_OF_FORMULAS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
