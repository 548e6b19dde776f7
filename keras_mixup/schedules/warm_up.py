from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_mixup")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Leads up to a learning rate, or to a schedule of it, in equal steps.

    At step t = 0, 1, ... the rate is `min((t + 1) / warmup_steps, 1)` times that of
    `learning_rate`, whose own steps are counted from the beginning too.

    Reference: the gradual warm-up of
    [Goyal et al., 2017](https://arxiv.org/abs/1706.02677), section 2.2.

    Args:
        learning_rate: Positive float, or a schedule.
        warmup_steps: Integer of at least 1: the step of this number is the first at
            the full rate.

    Call arguments:
        step: Integer or scalar integer tensor, the number of steps done.

    Raises:
        ValueError: If `warmup_steps` is below 1.

    Example:

    >>> rate = keras_mixup.schedules.WarmUp(1.0, warmup_steps=4)
    >>> [float(rate(step)) for step in (0, 1, 3, 4, 100)]
    [0.25, 0.5, 1.0, 1.0, 1.0]
    """

    def __init__(self, learning_rate: Any, warmup_steps: int) -> None:
        super().__init__()
        if warmup_steps < 1:
            raise ValueError(
                "`warmup_steps` must be at least 1; leave the schedule out for none. "
                f"Received: warmup_steps={warmup_steps}"
            )
        self.learning_rate = learning_rate
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        rate = self.learning_rate
        rate = rate(step) if callable(rate) else rate
        done = ops.cast(step, "float32") + 1.0
        return rate * ops.minimum(done / self.warmup_steps, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {
            "learning_rate": keras.saving.serialize_keras_object(self.learning_rate),
            "warmup_steps": self.warmup_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """Makes the schedule that `get_config` described."""
        rate = keras.saving.deserialize_keras_object(config["learning_rate"])
        return cls(rate, config["warmup_steps"])
