"""Judges the claims of the papers: `python -m trainers.claims --help`."""

import dataclasses
import os
import shlex
import sys

from trainers import files
from trainers.claims import page_files, plans, terminal
from trainers.claims.catalogue.catalogue import CLAIMS
from trainers.claims.claim import Claim, Judgement, judge
from trainers.claims.introduction import RULE
from trainers.command_line import run_command
from trainers.errors import RunFailure, UsageError
from trainers.option_checks import check_fields, check_output
from trainers.options import option
from trainers.results import reading
from trainers.results.settings import HOURS, MINUTES

USAGE = """
Which claims of the papers do the results support, and which do they contradict?

  python -m trainers.claims --results=runs/digits,runs/digits_noise
  python -m trainers.claims --run=minutes --workdir=runs/claims
  python -m trainers.claims --run=minutes,hours --workdir=runs/claims

Prints every claim with its source, the measurements, and a verdict by a stated rule.
The page of all claims, claims.md, and claims.csv with every comparison go to --workdir,
and a page for each paper to the folder claims there. They show figures that
trainers.figures wrote to the folder figures beside them. With --run, the runs of a
scale are done first, a folder of --workdir for each part: "minutes" are runs of a
minute on a CPU core, "hours" runs of several minutes, on layers, labels and
evaluations. Rerun the command to resume it.

Exit codes: 0 success, whatever the verdicts; 1 some runs failed; 2 bad input.
"""


@dataclasses.dataclass(frozen=True)
class Claims:
    """Which results are judged.

    Example:

    ```python
    from trainers.claims.command import Claims, judge_claims

    judge_claims(Claims(results=("docs/results",), workdir="runs/claims"))
    ```
    """

    results: tuple[str, ...] = option(
        (),
        "folders or files of results: of sweeps, of trainers.toys and of "
        "trainers.tabular, or a folder that holds them",
        "What",
    )
    run: tuple[str, ...] = option(
        (), "scales to run first: minutes, hours; none named: nothing is run", "What"
    )
    claims: tuple[str, ...] = option(
        (), "the claims, by the beginning of their names; none named: all", "What"
    )
    workdir: str = option(
        "runs/claims",
        "folder of the pages, of claims.csv and of what --run runs",
        "How",
    )
    page: str | None = option(
        None,
        "where the page goes, its CSV and the folder of pages beside it",
        "How",
        none="WORKDIR/claims.md",
    )
    data_dir: str | None = option(
        None, "where TensorFlow Datasets keeps its files", "How", none="default"
    )
    tabular_dir: str = option(
        "openml", "folder of the tables, or openml to download them", "How"
    )
    jobs: int | None = option(
        None, "runs at a time", "How", low=1, none="what suits the machine"
    )

    def __post_init__(self) -> None:
        check_fields(self)
        if not set(self.run) <= {MINUTES, HOURS}:
            raise UsageError(
                "--run takes minutes, hours or both; received "
                f"{','.join(self.run)!r}. S is called minutes now and C hours; what "
                "needs a GPU is not among the plans."
            )
        if not self.results and not self.run:
            raise UsageError(
                "--results must name folders or files of results, as runs/digits; or "
                "let --run=minutes make them."
            )
        if self.page and not self.page.endswith(".md"):
            raise UsageError(
                f"--page must end with .md, since the CSV file and the folder of pages "
                f"are named like it; received {self.page!r}: name the page .md."
            )
        for word in self.claims:
            if not any(claim.id.startswith(word) for claim in CLAIMS):
                names = ", ".join(claim.id for claim in CLAIMS)
                raise UsageError(
                    f"--claims: none begins with {word!r}. There are {names}."
                )

    @property
    def chosen(self) -> list[Claim]:
        """The claims that were asked for."""
        wanted = tuple(self.claims) or ("",)
        return [claim for claim in CLAIMS if claim.id.startswith(wanted)]


def judge_claims(options: Claims) -> list[Judgement]:
    """Judges the claims, prints and writes them, and returns the judgements."""
    files.make_workdir(options.workdir)
    path = options.page or os.path.join(options.workdir, "claims.md")
    check_output("page", path)
    failed = _run(options)
    judgements = judge(options.chosen, _read(options, failed))
    written = page_files.write(path, judgements, _command(options))
    print(
        terminal.text(judgements),
        RULE.replace("**", ""),
        terminal.summary(judgements),
        f"Written to {', '.join(written)}.",
        sep="\n\n",
    )
    if failed:
        raise RunFailure(_complaint(failed))
    return judgements


def _read(options: Claims, failed: list[str]) -> reading.Results:
    """Reads the results, and says what was left out."""
    results = reading.read(_paths(options))
    for complaint in results.complaints:
        print(f"warning: {complaint}", file=sys.stderr)
    if results.records or results.examples or results.tables:
        return results
    if failed:
        raise RunFailure(_complaint(failed))
    raise UsageError(f"No results were found in {', '.join(_paths(options))}.")


def _run(options: Claims) -> list[str]:
    """Runs what was asked for and returns the names of what failed."""
    parts = plans.plan(
        options.run,
        options.workdir,
        options.data_dir,
        options.tabular_dir,
        options.jobs,
    )
    failed = []
    for number, part in enumerate(parts, 1):
        print(f"{number} of {len(parts)}: {part.name}", flush=True)
        if part.run() != 0:
            failed.append(part.name)
    return failed


def _complaint(failed: list[str]) -> str:
    return f"These failed, which the same command tries again: {', '.join(failed)}."


def _paths(options: Claims) -> list[str]:
    """What is read, in an order that does not hang on the command's."""
    return sorted({*options.results, *([options.workdir] if options.run else [])})


def _command(options: Claims) -> str:
    """The command that makes the page from the results, whatever made them."""
    flags = [f"--results={','.join(_paths(options))}"]
    if options.claims:
        flags.append(f"--claims={','.join(options.claims)}")
    if options.page:
        flags.append(f"--page={options.page}")
    return shlex.join(["python", "-m", "trainers.claims", *flags])


def main(argv: list[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    argv = sys.argv if argv is None else argv
    return run_command(judge_claims, Claims, USAGE, argv)
