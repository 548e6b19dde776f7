"""Tables as text."""


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
