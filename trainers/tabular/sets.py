"""The sets of the tabular comparison, and what was published of them."""

import dataclasses
import os

from trainers.errors import UsageError


@dataclasses.dataclass(frozen=True)
class TabularSet:
    """A data set of Zou et al., MixupE (https://arxiv.org/abs/2212.13381), table 4.

    Args:
        openml_id: int, its number at openml.org.
        published: test error in percent, mean and standard deviation of five trials,
            by method.
    """

    openml_id: int
    published: dict


def _published(erm, mixup, mixupe):
    return {"erm": erm, "mixup": mixup, "mixupe": mixupe}


SETS = {
    "balance_scale": TabularSet(
        11, _published((3.87, 1.03), (3.70, 1.00), (3.68, 0.97))
    ),
    "cmc": TabularSet(23, _published((45.77, 1.49), (46.67, 1.83), (45.42, 2.05))),
    "iris": TabularSet(61, _published((9.06, 7.01), (8.14, 6.48), (7.29, 6.95))),
    "letter": TabularSet(6, _published((4.56, 0.27), (3.71, 0.18), (4.04, 0.20))),
    "mfeat_karhunen": TabularSet(
        16, _published((3.74, 0.58), (3.06, 0.29), (2.47, 0.32))
    ),
    "optdigits": TabularSet(28, _published((1.48, 0.19), (1.15, 0.21), (1.33, 0.14))),
    "pendigits": TabularSet(32, _published((1.03, 0.25), (0.76, 0.19), (0.72, 0.16))),
}


def location(name, data_dir):
    """Returns what `--dataset` calls a set.

    Args:
        name: str, a key of `SETS`.
        data_dir: str, a folder of .npz files, or "openml".

    Raises:
        UsageError: when the folder does not hold the set.
    """
    if data_dir == "openml":
        return f"openml:{SETS[name].openml_id}"
    path = os.path.join(data_dir, f"{name}.npz")
    if not os.path.isfile(path):
        raise UsageError(
            f"--data_dir must hold a file {name}.npz with the arrays X and y, or be "
            f"openml to download it; there is no {path!r}."
        )
    return path
