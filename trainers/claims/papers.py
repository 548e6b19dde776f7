"""The papers whose claims are judged, by the names that they have here."""

import textwrap

# Authors and number at arXiv. A name that begins another one comes after it.
PAPERS = {
    "Data dependency": ("Chidambaram et al.", "2110.07647"),
    "Linearity": ("Chaudhry et al.", "2210.16413"),
    "Regularization": ("Carratino et al.", "2006.06049"),
    "Calibration": ("Thulasidasan et al.", "1905.11001"),
    "MixupE": ("Zou et al.", "2212.13381"),
    "Mixup": ("Zhang et al.", "1710.09412"),
}


def sources() -> str:
    """Returns the sentence that names all papers, as lines of Markdown."""
    papers = "; ".join(
        f"{name} is {authors}, [arXiv:{number}](https://arxiv.org/abs/{number})"
        for name, (authors, number) in PAPERS.items()
    )
    return textwrap.fill(
        f"Sources: {papers}.", 88, break_long_words=False, break_on_hyphens=False
    )


def paper_of(source: str) -> str | None:
    """Returns the paper that a source names first, `None` for none."""
    found = {name: source.find(name) for name in PAPERS if name in source}
    # A name that begins another one comes after it: the first of the least is right.
    return min(found, key=found.__getitem__, default=None)
