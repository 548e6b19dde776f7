"""All claims, in the order of the table."""

import re

from trainers.claims.catalogue import (
    accuracy_claims,
    alpha_claims,
    calibration_claims,
    inputs_only_claims,
    label_claims,
    linearity_claims,
    norm_claims,
    random_label_claims,
    robustness_claims,
    strength_claims,
    table_claims,
    temperature_claims,
    toy_claims,
    weight_decay_claims,
)
from trainers.claims.claim import Claim


def _place(claim: Claim) -> tuple[int, int]:
    """By the letter and the number of the id."""
    return "LADREQ".index(claim.id[0]), int(re.findall(r"\d+", claim.id)[0])


_ALL = [
    *linearity_claims.CLAIMS,
    *label_claims.CLAIMS,
    *toy_claims.CLAIMS,
    *norm_claims.CLAIMS,
    *calibration_claims.CLAIMS,
    *accuracy_claims.WRONG_LABELS,
    *robustness_claims.ATTACKS,
    accuracy_claims.INPUTS_ONLY,
    weight_decay_claims.CLAIM,
    robustness_claims.BETWEEN,
    *alpha_claims.CLAIMS,
    *random_label_claims.CLAIMS,
    *inputs_only_claims.CLAIMS,
    *temperature_claims.CLAIMS,
    *accuracy_claims.ORDER,
    *table_claims.CLAIMS,
    calibration_claims.LOSSES,
    *robustness_claims.DEFORMATIONS,
    *linearity_claims.OPEN,
    *strength_claims.CLAIMS,
    *calibration_claims.OPEN,
]
# In the order of their ids, of which the parts of a claim keep theirs.
CLAIMS = sorted(_ALL, key=_place)
