"""Each claim in a few words, for the table of all."""

from trainers.claims.claim import Claim

HEADLINES = {
    "L1": "Supervised mixup bends the middle layers and straightens the logits",
    "L1 somewhere": "Mixup bends some layer in the middle",
    "L1 layer 0": "Mixup lowers the floor of layer 0",
    "L2 ERM": "ICT makes every layer more linear than plain training does",
    "L2 ERM layer 0": "ICT lowers the floor of layer 0",
    "L2 mixup": "ICT makes every layer more linear than mixup does",
    "L2 mixup layer 0": "The floor of layer 0 is higher with ICT than with mixup",
    "L3": "Four points make every layer more linear than two do",
    "L3 layer 0": "Four points lower the floor of layer 0",
    "A1": "ICT is more accurate than plain training and mixup",
    "A1 teacher": "The teacher of ICT is more accurate than both",
    "A2 growth": "Every further point makes ICT more accurate",
    "A2 slope": "On the whole, accuracy rises with the number of points",
    "A2 convergence": "More labels make the number of points matter less",
    "A3": "ICT[4] needs 500 labels for 70 % on CIFAR-10, mixup 1800",
    "D1": "Strong mixup cannot fit the counterexample",
    "D1 probabilities": "The counterexample has the published probabilities",
    "D2": "Without collinear points, strong mixup fits the training set",
    "D2 residual": "Strong mixup fits it by a residual network too",
    "D3": "On support vectors, mixup finds the widest margin",
    "D3b": "There the weights grow without end under plain training alone",
    "D3b optimum": "Under mixup they go to the optimum of the loss",
    "D4": "On two moons, strong mixup does not fit the training set",
    "D5": "Mixup keeps a class up to half way to the next one",
    "R1 correction": "Corrected predictions are better",
    "R1 distance": "Corrected mixup comes close to approximate mixup",
    "R2": "Approximate mixup behaves like mixup",
    "R3": "Mixup is less certain and better calibrated",
    "R4 mixup": "Mixup withstands random labels",
    "R4 dropout": "Dropout helps mixup against random labels",
    "R5": "Mixup withstands attacks better",
    "R5 iterative": "Mixup withstands iterative attacks of others better",
    "R6": "Mixing inputs without their labels is worse",
    "R7": "Mixup prefers a smaller weight decay",
    "R8": "Mixup behaves better between two examples",
    "R9 error": "A larger alpha raises the training error",
    "R9 gap": "A larger alpha narrows the gap to the test error",
    "R10 ERM": "Best and last, mixup withstands random labels",
    "R10 dropout": "Best and last, it does so better than dropout",
    "R10 both": "Best and last, dropout helps mixup further",
    "R10 last": "Mixup loses less towards the end of training",
    "R11": "Mixing inputs alone is worse with smoothed labels too",
    "R12": "The correction is temperature scaling",
    "R12 rest": "After temperature scaling, mixup is better calibrated",
    "E1 mixup": "Mixup lowers the test error",
    "E1 MixupE": "MixupE lowers it further",
    "E2 ERM": "ERM has the published errors on seven tables",
    "E2 mixup": "Mixup has the published errors on seven tables",
    "E2 MixupE": "MixupE has the published errors on seven tables",
    "E3": "MixupE trains to a higher loss and tests at a lower one",
    "E4 rotation": "MixupE withstands rotation better than mixup",
    "E4 small shear": "MixupE withstands a small shear better",
    "E4 zoom in": "MixupE withstands zooming in better",
    "E4 zoom out": "MixupE withstands zooming out worse",
    "Q1 share": "The floor is less than half of NonLin",
    "Q2 points": "At equal strength, more points are more accurate",
    "Q2 strength": "At equal points, stronger mixing is more accurate",
    "Q2 strength or points": "Strength matters more than the number of points",
    "Q2 points and linearity": "At equal strength, more points are more linear",
    "Q2 strength and linearity": "At equal points, stronger mixing is more linear",
    "Q3 correction": "Where labels are wrong, corrected predictions are better",
    "Q3 calibration": "Where labels are wrong, mixup is better calibrated",
}
# The published numbers, where those of the claim are too many for a table.
PUBLISHED = {
    "D2 residual": "within 1 %",
    "D3b optimum": "3.542 and 5.676",
    "R12": "exact in a case",
    "D1 probabilities": ".84 and .35",
    "R7": "error 5.18 and 4.24 %",
    "E1 mixup": "CIFAR-10: error 4.24 to 3.03 %",
    "E1 MixupE": "CIFAR-10: error 3.03 to 2.94 %",
    "E2 ERM": "table 4",
    "E2 mixup": "table 4",
    "E2 MixupE": "table 4",
}
_SHORT = {"order only": "order", "none": "–"}


def headline(claim: Claim) -> str:
    """Returns a claim in a few words."""
    return HEADLINES.get(claim.id, claim.text)


def published(claim: Claim) -> str:
    """Returns what is published, in a few words."""
    return PUBLISHED.get(claim.id, _SHORT.get(claim.published, claim.published))
