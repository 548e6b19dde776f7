"""Writes a page about results: `python -m trainers.report --help`."""

import dataclasses
import datetime
import os
import sys

from trainers import files
from trainers.claims.catalogue.catalogue import CLAIMS
from trainers.claims.claim import judge
from trainers.claims.comparisons_csv import comparisons_as_csv
from trainers.claims.rule import NOT_RUN
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.markdown import bullets, escaped
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.report import (
    claims_part,
    commands_part,
    comparison,
    figures_part,
    machines_part,
    summary_part,
    tables_part,
    timings_part,
    toys_part,
)
from trainers.report.page import page
from trainers.results import reading
from trainers.results.roles import MEAN_LINEARITY
from trainers.results.settings import settings_of

USAGE = """
Writes all results to one page: tables, claims, figures, commands, versions.

  python -m trainers.report --results=runs/digits
  python -m trainers.report --results=runs/digits,runs/digits_noise --workdir=page
  python -m trainers.report --results=runs/digits_erm,runs/digits_ict

The page, WORKDIR/report.html, opens from the disk, without a network; report.md is the
same in Markdown, with claims.csv and the folder figures beside it. Folders of the runs
of one recipe each are compared: differences to the first, paired by seed, which are
printed too. Nothing is trained again; the same results make the same page, byte for
byte but for the date.
"""


# Holds every comparison behind the verdicts.
_CSV = "claims.csv"


@dataclasses.dataclass(frozen=True)
class Report:
    """Which results the page is about.

    Example:

    ```python
    from trainers.report.command import Report, write_report

    write_report(Report(results=("runs/digits",), workdir="runs/report"))
    ```
    """

    results: tuple[str, ...] = option(
        (),
        "folders or files of results: of sweeps, of trainers.toys and of "
        "trainers.tabular, or a folder that holds them; required",
        "What",
    )
    title: str | None = option(
        None, "heading of the page", "How", none="what the results are called"
    )
    date: str | None = option(
        None, "date on the page; none leaves it out", "How", none="today"
    )
    workdir: str = option(
        "runs/report", "folder of report.html, report.md and figures", "How"
    )

    def __post_init__(self):
        check_fields(self)
        if not self.results:
            raise UsageError("--results must name a folder or file, as runs/digits.")

    @property
    def heading(self):
        """The title, by default the names of the results."""
        return self.title or f"Results: {', '.join(map(_name, self.results))}"

    @property
    def day(self):
        """The date as text, `None` for none."""
        if self.date is None:
            return datetime.date.today().isoformat()
        return None if self.date in ("", "none") else self.date


def _name(path):
    """What is known by a path: results.json and its like by their folder."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.basename(folder) if name.startswith("results.") else name


def write_report(options):
    """Writes the page and returns its path."""
    files.make_workdir(options.workdir)
    results = reading.read(options.results)
    times, untimed = timings_part.read(options.results)
    times = timings_part.of_records(results.records, times)
    groups, not_compared = comparison.groups(options.results)
    complaints = results.complaints + untimed + not_compared
    results = dataclasses.replace(results, complaints=complaints)
    for complaint in results.complaints:
        print(f"warning: {complaint}", file=sys.stderr)
    if not (results.records or results.examples or results.tables):
        raise UsageError(f"No results were found in {', '.join(options.results)}.")
    compared = comparison.tables(groups) if groups else []
    text = _markdown(options, results, times, compared)
    path = os.path.join(options.workdir, "report")
    files.write_text(f"{path}.md", text)
    files.write_text(f"{path}.html", page(text, options.workdir))
    print("\n\n".join([*compared, f"Written to {path}.html and {path}.md."]))
    return f"{path}.html"


def _markdown(options, results, times, compared):
    """The report in Markdown; what it links to is written to files."""
    found = settings_of(results.records, MEAN_LINEARITY)
    judgements = judge(CLAIMS, results)
    judged = [one for one in judgements if one.verdict != NOT_RUN]
    files.write_text(os.path.join(options.workdir, _CSV), comparisons_as_csv(judged))
    drawn = figures_part.draw(results, options.workdir)
    made = machines_part.made_on(results)
    parts = [
        f"# {escaped(options.heading)}",
        options.day and f"Written on {escaped(options.day)}.",
        summary_part.section(results, times, judgements, drawn),
        compared and "\n\n".join(["## Comparison", comparison.NOTE, *compared]),
        found and tables_part.section(found, times),
        (results.examples or results.tables)
        and toys_part.section(results.examples, results.tables),
        claims_part.section(judgements, _CSV),
        figures_part.section(drawn),
        commands_part.section(found, results, options.results),
        made and machines_part.section(made),
        "## Left out",
        bullets(map(escaped, results.complaints)) or "Nothing was left out.",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(write_report, Report, USAGE, argv)
