"""The commands that run everything that claims rest on."""

import dataclasses
import os
import signal
from collections.abc import Sequence

from trainers.results.settings import HOURS, MINUTES
from trainers.sweep import grid, processes

_GRIDS = {
    MINUTES: (
        "digits",
        "digits_strength",
        "digits_supervised",
        "digits_noise",
        "digits_mlp",
        "digits_decide",
        "digits_layer_to_layer",
        "digits_no_augmentation",
        "digits_group_norm",
    ),
    HOURS: ("cifar10_labels", "cifar10_supervised", "cifar10_no_augmentation"),
}
_EXAMPLES = (
    "counterexample",
    "two_moons",
    "separable",
    "separable_longer",
    "collinear_free",
    "margin",
)
_SEEDS = 10


@dataclasses.dataclass(frozen=True)
class Part:
    """One command.

    Attributes:
        name: of the folder that it writes to.
        arguments: list of strings, what follows `python -m`.
    """

    name: str
    arguments: list[str]

    def run(self) -> int:
        """Runs it, its output with ours, and returns its exit code.

        It ends with this process, whatever ends that; after Ctrl-C it gets the time to
        end well.
        """
        # Ctrl-C reaches it once, from here.
        process = processes.start(["-m", *self.arguments])
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise


def plan(
    scales: Sequence[str],
    workdir: str,
    data_dir: str | None = None,
    tabular_dir: str = "openml",
    jobs: int | None = None,
) -> list[Part]:
    """Returns the `Part`s of the scales. Each goes on where it was stopped.

    Args:
        scales: tuple of `MINUTES` and `HOURS`.
        workdir: folder that gets a folder for each part.
        data_dir: where TensorFlow Datasets keeps its files, or `None`.
        tabular_dir: folder of the tables, or "openml".
        jobs: int, runs at a time in a sweep, or `None` for what suits the machine.
    """
    parts = []
    for scale in scales:
        for name in _GRIDS[scale]:
            path = os.path.join(grid.GRIDS, f"{name}.flags")
            parts.append(
                ("trainers.sweep", name, [f"--flagfile={path}", *_own(data_dir, jobs)])
            )
    if MINUTES in scales:
        for name in _EXAMPLES:
            flags = [f"--example={name}", f"--seeds={_SEEDS}"]
            parts.append(("trainers.toys", name, flags))
        flags = [f"--data_dir={tabular_dir}", f"--trials={_SEEDS}"]
        parts.append(("trainers.tabular", "tabular", flags))
    return [
        Part(name, [module, *flags, f"--workdir={os.path.join(workdir, name)}"])
        for module, name, flags in parts
    ]


def _own(data_dir: str | None, jobs: int | None) -> list[str]:
    flags = {"data_dir": data_dir, "jobs": jobs}
    return [f"--{name}={value}" for name, value in flags.items() if value is not None]
