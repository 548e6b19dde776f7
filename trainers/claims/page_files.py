"""Writes the page of all claims, the pages of papers, and the CSV file."""

import os
from collections.abc import Collection, Sequence

from trainers import files
from trainers.claims import overview_page, paper_page
from trainers.claims.claim import Judgement
from trainers.claims.comparisons_csv import comparisons_as_csv
from trainers.claims.pages import page_of
from trainers.errors import UsageError
from trainers.results.arms import grouped

# Where `trainers.claims.error_rates` writes its page, beside that of all claims.
_ERROR_RATES = "error_rates.md"


def write(path: str, judgements: Sequence[Judgement], command: str) -> list[str]:
    """Writes everything, and returns the paths.

    Pages of papers that an earlier call left in their folder are removed, and no other
    file.

    Args:
        path: of the page of all claims, which ends with ".md". The CSV file and the
            folder of the pages of papers are named like it, the folder of figures that
            they show is "figures" beside it.
        judgements: list of `trainers.claims.claim.Judgement`.
        command: the command that makes them.

    Raises:
        UsageError: when a page would replace a file that is none, or there is no place
            for the folder.
    """
    folder, name = path.removesuffix(".md"), os.path.basename(path)
    figures = os.path.join(os.path.dirname(path), "figures")
    pages = {
        os.path.join(folder, f"{page.name}.md"): paper_page.markdown(
            page, judged, name, figures
        )
        for page, judged in grouped(judgements, lambda one: page_of(one.claim)).items()
    }
    _make_way(folder, pages)
    csv_path = f"{folder}.csv"
    rates = os.path.join(os.path.dirname(path), _ERROR_RATES)
    overview = overview_page.markdown(
        judgements,
        command,
        os.path.basename(csv_path),
        os.path.basename(folder),
        _ERROR_RATES if os.path.isfile(rates) else None,
    )
    texts = {path: overview, csv_path: comparisons_as_csv(judgements), **pages}
    for place, text in texts.items():
        files.write_text(place, text)
    return list(texts)


def _make_way(folder: str, pages: Collection[str]) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--page: the pages of papers go to the folder {folder}, which cannot be "
            f"made: {error.strerror}. Name another page."
        ) from error
    stale = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if not (name.endswith(".md") and os.path.isfile(path)):
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            is_made = paper_page.MADE in file.read()
        if path in pages and not is_made:
            raise UsageError(
                f"--page: {path} would be replaced, and is no page of claims. Move it "
                "away, or name another page."
            )
        if path not in pages and is_made:
            stale.append(path)
    for path in stale:
        os.remove(path)
