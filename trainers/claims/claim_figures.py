"""Which figure shows a claim."""

import os

from trainers.claims.claim import Claim

# The beginning of a name; of several figures it is the first.
FIGURES = {
    "L1": "linearity_cifar10_wide_resnet_10_1_1500steps_4000labels",
    "L2 ERM": "layers_digits_wide_resnet_10_1_1500steps_50labels",
    "L2 mixup": "layers_digits_wide_resnet_10_1_1500steps_200labels",
    "A1": "accuracy_digits_wide_resnet_10_1_1500steps",
    "A2 growth": "accuracy_cifar10_wide_resnet_10_1_1500steps",
    "D1": "counterexample",
    "D2": "collinear_free",
    "D3": "separable",
    "D4": "two_moons",
    "D5": "margin",
    "R3": "reliability_digits_mlp_128_128_1500steps_50labels",
    "R8": "between_digits_mlp_128_128_1500steps_50labels",
    "E3": "losses_digits_wide_resnet_10_1_1500steps_alllabels",
    "Q3 calibration": "reliability_digits_wide_resnet_10_1_1500steps_alllabels_0.5",
}


def figure_of(claim: Claim, folder: str) -> str | None:
    """Returns the name of a claim's figure without its suffix, `None` for none.

    Args:
        claim: `Claim`.
        folder: path of the folder of figures, which need not exist.
    """
    beginning = FIGURES.get(claim.id)
    if beginning is None or not os.path.isdir(folder):
        return None
    names = sorted(
        name.removesuffix(".png")
        for name in os.listdir(folder)
        if name.startswith(beginning) and name.endswith(".png")
    )
    return names[0] if names else None
