from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_mixup")
class ExponentialRampUp(keras.optimizers.schedules.LearningRateSchedule):
    """Rises from nearly nothing to a peak as `peak * exp(-5 (1 - t)^2)`.

    Use it as the `consistency_weight` of `keras_mixup.models.ICTModel`, so that the
    labels lead while the targets are still poor. For a linear ramp use
    `keras.optimizers.schedules.PolynomialDecay(0.0, ramp_steps, peak)`.

    Reference: the ramp of [Verma et al., 2019](https://arxiv.org/abs/1903.03825),
    section 3, which is that of
    [Tarvainen and Valpola, 2017](https://arxiv.org/abs/1703.01780).

    Args:
        peak: Float, not negative: the value from step `ramp_steps` on.
        ramp_steps: Integer of at least 1, in training steps.

    Call arguments:
        step: Integer or scalar integer tensor, the number of steps done.

    Raises:
        ValueError: If `peak` is negative or `ramp_steps` below 1.

    Example:

    >>> ramp = keras_mixup.schedules.ExponentialRampUp(peak=100.0, ramp_steps=400)
    >>> round(float(ramp(0)), 3), float(ramp(400)), float(ramp(9000))
    (0.674, 100.0, 100.0)
    """

    def __init__(self, peak: float, ramp_steps: int) -> None:
        super().__init__()
        if not peak >= 0 or ramp_steps < 1:
            raise ValueError(
                "`peak` must not be negative and `ramp_steps` must be at least 1. "
                f"Received: peak={peak}, ramp_steps={ramp_steps}"
            )
        self.peak = peak
        self.ramp_steps = ramp_steps

    def __call__(self, step):
        fraction = ops.minimum(ops.cast(step, "float32") / self.ramp_steps, 1.0)
        return self.peak * ops.exp(-5.0 * ops.square(1.0 - fraction))

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "ramp_steps": self.ramp_steps}
