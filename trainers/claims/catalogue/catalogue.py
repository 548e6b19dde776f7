"""All claims, in the order of the table."""

from trainers.claims.catalogue import (
    accuracy_claims,
    calibration_claims,
    label_claims,
    linearity_claims,
    robustness_claims,
    strength_claims,
    table_claims,
    toy_claims,
)
from trainers.claims.claim import Claim
from trainers.results.settings import GPU

_WEIGHT_DECAY = Claim(
    "R7",
    "ERM prefers a weight decay of 5e-4, mixup one of 1e-4",
    "Mixup",
    "PreActResNet-18, CIFAR-10: 5.18 and 4.24 % error",
    (GPU,),
)

CLAIMS = [
    *linearity_claims.CLAIMS,
    *label_claims.CLAIMS,
    *toy_claims.CLAIMS,
    *calibration_claims.CLAIMS,
    *accuracy_claims.WRONG_LABELS,
    robustness_claims.ATTACKS,
    accuracy_claims.INPUTS_ONLY,
    _WEIGHT_DECAY,
    robustness_claims.BETWEEN,
    *accuracy_claims.ORDER,
    *table_claims.CLAIMS,
    calibration_claims.LOSSES,
    *robustness_claims.DEFORMATIONS,
    *linearity_claims.OPEN,
    *strength_claims.CLAIMS,
    *calibration_claims.OPEN,
]
