"""Writes a page about results: `python -m trainers.report --help`."""

import dataclasses
import datetime
import os
import sys

from trainers import files
from trainers.claims.catalogue.catalogue import CLAIMS
from trainers.claims.claim import judge
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.report import (
    claims_part,
    commands_part,
    figures_part,
    machines_part,
    tables_part,
    timings_part,
    toys_part,
)
from trainers.report.document import document
from trainers.report.markup import Section, element
from trainers.report.overview_part import overview
from trainers.report.variants import variants
from trainers.results import reading

USAGE = """
Writes all that results hold to one page: tables, claims, figures, commands, versions.

  python -m trainers.report --results=runs/digits
  python -m trainers.report --results=runs/digits,runs/digits_noise --workdir=page

The page, WORKDIR/report.html, opens from the disk, without a network. Nothing is
trained again; the same results make the same page, byte for byte but for the date.
"""


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
    workdir: str = option("runs/report", "folder of report.html", "How")

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
    results = dataclasses.replace(results, complaints=results.complaints + untimed)
    for complaint in results.complaints:
        print(f"warning: {complaint}", file=sys.stderr)
    if not (results.records or results.examples or results.tables):
        raise UsageError(f"No results were found in {', '.join(options.results)}.")
    judgements = judge(CLAIMS, results)
    page = document(
        options.heading,
        options.day,
        overview(results, times, judgements),
        _sections(options, results, times, judgements),
    )
    path = os.path.join(options.workdir, "report.html")
    files.write_text(path, page)
    print(f"Written to {path}.")
    return path


def _sections(options, results, times, judgements):
    found = variants(results.records)
    sections = []
    if found:
        sections.append(tables_part.section(found, times))
    if results.examples or results.tables:
        sections.append(toys_part.section(results.examples, results.tables))
    sections += [
        claims_part.section(judgements),
        figures_part.section(figures_part.draw(results)),
        commands_part.section(found, results, options.results),
    ]
    made = machines_part.made_on(results)
    if made:
        sections.append(machines_part.section(made))
    return [*sections, _left_out(results.complaints)]


def _left_out(complaints):
    if not complaints:
        return Section("Left out", element("p", "Nothing was left out."))
    items = (element("li", complaint) for complaint in complaints)
    return Section("Left out", element("ul", *items))


def main(argv=None):
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(write_report, Report, USAGE, argv)
