"""Claims on attacks, deformations and what lies between two examples."""

from trainers.claims.catalogue.calibration_claims import MIXUP
from trainers.claims.claim import Claim, Finder
from trainers.claims.comparisons import PLAIN, POINTS, Difference
from trainers.claims.evaluations import compare, of_each_arm
from trainers.results.arms import Arm
from trainers.results.quantities import attacked, between, deformed, names_in
from trainers.results.settings import HOURS, MINUTES, Setting


def _attacked(*kinds: str) -> Finder:
    """R5: more accurate than ERM under each attack of some kinds."""

    def compare_arm(setting: Setting, arm: Arm) -> list[Difference]:
        erm = setting.counterpart(arm, "erm")
        return [
            compare(
                *(arm, erm, f"accuracy, mixup and ERM: {words}, strength {strength}"),
                *(attacked(kind, strength), "above", POINTS),
            )
            for kind in kinds
            for words in (kind.replace("_", " "),)
            for strength in names_in((arm, erm), "fgsm", kinds[0])
        ]

    return of_each_arm("mixup", compare_arm, **MIXUP)


def _between(setting: Setting, arm: Arm) -> list[Difference]:
    """R8: fewer misses and smaller gradients than ERM."""
    erm = setting.counterpart(arm, "erm")
    return [
        compare(arm, erm, f"mixup and ERM: {name}", between(key), "below", unit)
        for name, key, unit in (
            ("misses", "misses", POINTS),
            ("gradient norm", "gradient_norms", PLAIN),
        )
    ]


def _deformed(beginning: str, claimed: str) -> Finder:
    """E4: more, or less, accurate than mixup on one kind of unseen deformation."""

    def compare_arm(setting: Setting, arm: Arm) -> list[Difference]:
        mixup = setting.counterpart(arm, "mixup")
        return [
            compare(
                *(arm, mixup, f"accuracy, MixupE and mixup: {name.replace('_', ' ')}"),
                *(deformed(name), claimed, POINTS),
            )
            for name in names_in((arm, mixup), "deformations")
            if name.startswith(beginning)
        ]

    return of_each_arm("mixupe", compare_arm)


ATTACKS = [
    Claim(
        "R5",
        "Mixup is more robust than ERM to FGSM, white box and black box",
        "Mixup, table 3",
        "order only",
        (MINUTES, HOURS),
        _attacked("white_box", "black_box"),
    ),
    Claim(
        "R5 iterative",
        "Mixup is more robust than ERM to the iterative attack, black box",
        "Mixup, table 3",
        "order only",
        (HOURS,),
        _attacked("black_box_iterative"),
    ),
]
BETWEEN = Claim(
    "R8",
    "Between two examples, a mixup model misses less and has smaller gradients than "
    "ERM",
    "Mixup, fig. 2",
    "order only",
    (MINUTES, HOURS),
    of_each_arm("mixup", _between, **MIXUP),
)
_DEFORMATIONS = {
    "rotation": ("rotation", "above", "better on unseen rotations"),
    "small shear": ("shear_28", "above", "better on small shear"),
    "zoom in": ("zoom_in", "above", "better on zoom in"),
    "zoom out": ("zoom_out", "below", "worse on zoom out"),
}
DEFORMATIONS = [
    Claim(
        f"E4 {name}",
        f"MixupE against mixup: {words}",
        "MixupE",
        "order only",
        (HOURS,),
        _deformed(beginning, claimed),
    )
    for name, (beginning, claimed, words) in _DEFORMATIONS.items()
]
