"""All claims, in the order of the table."""

from trainers.verdicts import (
    accuracy_claims,
    evaluation_claims,
    example_claims,
    linearity_claims,
    table_claims,
)
from trainers.verdicts.claim import Claim

_WEIGHT_DECAY = Claim(
    "R7",
    "ERM prefers a weight decay of 5e-4, mixup one of 1e-4",
    "Mixup",
    "PreActResNet-18, CIFAR-10: 5.18 and 4.24 % error",
    "G",
)

CLAIMS = [
    *linearity_claims.CLAIMS,
    *accuracy_claims.LABELS,
    *example_claims.CLAIMS,
    *evaluation_claims.CALIBRATION,
    *accuracy_claims.WRONG_LABELS,
    *evaluation_claims.ROBUSTNESS,
    accuracy_claims.INPUTS_ONLY,
    evaluation_claims.BETWEEN,
    _WEIGHT_DECAY,
    *accuracy_claims.ORDER,
    *table_claims.CLAIMS,
    *evaluation_claims.MIXUPE,
    *linearity_claims.OPEN,
    *accuracy_claims.OPEN,
]
