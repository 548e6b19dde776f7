"""The catalogue against the list of all claims: nothing is forgotten."""

import re

from trainers.claims.catalogue.catalogue import CLAIMS
from trainers.claims.claim import judge
from trainers.claims.rule import NOT_RUN
from trainers.results.settings import GPU, SCALES

# In how many parts each is judged. A new claim is counted here too.
PARTS = {
    **dict.fromkeys(("A3", "D3", "D4", "D5"), 1),
    **dict.fromkeys(("R2", "R3", "R6", "R7", "R8", "R11", "E3"), 1),
    **dict.fromkeys(("L3", "A1", "D1", "D2", "D3b", "R1", "R4", "R5", "E1"), 2),
    **{"L1": 3, "L2": 4, "A2": 3, "R9": 2, "R10": 4, "R12": 2},
    **{"E2": 3, "E4": 4, "Q1": 1, "Q2": 5, "Q3": 2},
}


def test_every_claim_is_there():
    found = [claim.id.split()[0] for claim in CLAIMS]
    assert {name: found.count(name) for name in set(found)} == PARTS
    # In this order.
    assert list(dict.fromkeys(name[0] for name in found)) == list("LADREQ")
    assert found == sorted(found, key=_place)


def _place(name):
    number, part = re.fullmatch(r"(\d+)(\w?)", name[1:]).groups()
    return "LADREQ".index(name[0]), int(number), part


def test_names_are_names():
    names = [claim.id for claim in CLAIMS]
    assert len(set(names)) == len(names)
    # A comma would part them on the command line.
    assert all(re.fullmatch(r"[A-Z]\d+[a-z]?( \w+)*", name) for name in names)


def test_claims_are_whole():
    for claim in CLAIMS:
        assert claim.source
        assert claim.published
        assert not claim.text.endswith(".")
        assert set(claim.scales) <= set(SCALES)
        # What has no finder is what needs a GPU.
        assert (claim.find is None) == (claim.scales == (GPU,))


def test_of_nothing_nothing_is_judged(made):
    judgements = judge(CLAIMS, made.results())
    assert [one.claim for one in judgements] == CLAIMS
    assert {one.verdict for one in judgements} == {NOT_RUN}
