"""When, in the course of a training run, something is evaluated."""

import numpy as np


class EvaluationTimes:
    """Says at which numbers of training batches, or of epochs, to evaluate.

    Args:
        every_steps: Positive integer, the batches from one evaluation to the next, or
            `None`.
        points: Integer of at least 2, the evaluations in the whole run, spread evenly
            with both ends, or `None`. With neither, every epoch ends with one.
        steps_per_epoch: Integer, or `None` if unknown. Points are then ends of epochs.
        epochs: Integer, the epoch at which the run ends, or `None` if unknown. Points
            are then the ends of all epochs.
    """

    def __init__(
        self,
        every_steps: int | None,
        points: int | None,
        steps_per_epoch: int | None,
        epochs: int | None,
    ) -> None:
        self.every_steps = every_steps
        total = (steps_per_epoch or 0) * (epochs or 0)
        self.by_epoch = every_steps is None and not (points and total)
        self._times: set[int] | None = None
        if points is not None and epochs:
            end = epochs if self.by_epoch else total
            self._times = {round(time) for time in np.linspace(0, end, points)}

    def due(self, before: int, now: int) -> bool:
        """Whether there is a time after `before` and up to `now`."""
        if self.every_steps is not None:
            return now // self.every_steps > before // self.every_steps
        if self._times is None:
            return now > before
        return any(before < time <= now for time in self._times)


def check_times(every_steps: int | None, points: int | None) -> None:
    """Raises a `ValueError` for times that make no sense."""
    if every_steps is not None and points is not None:
        raise ValueError(
            "Give `every_steps` or `points`, not both. Received: "
            f"every_steps={every_steps}, points={points}"
        )
    if every_steps is not None and not (
        isinstance(every_steps, int) and every_steps > 0
    ):
        raise ValueError(
            "`every_steps` must be a positive integer. Received: "
            f"every_steps={every_steps!r}"
        )
    if points is not None and not (isinstance(points, int) and points > 1):
        raise ValueError(
            "`points` must be an integer of at least 2, since both ends of the run are "
            f"among them. Received: points={points!r}"
        )
