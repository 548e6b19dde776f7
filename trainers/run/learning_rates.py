"""The learning rate, the consistency weight and the optimizer of an experiment."""

import keras

from keras_mixup.schedules import ExponentialRampUp, WarmUp


def consistency_weight(experiment):
    """Returns the consistency weight: a number, or a schedule over the steps."""
    peak = experiment.consistency_weight
    ramp_steps = round(experiment.ramp_fraction * experiment.steps)
    if experiment.ramp_shape == "none" or ramp_steps == 0:
        return peak
    if experiment.ramp_shape == "exponential":
        return ExponentialRampUp(peak, ramp_steps)
    return keras.optimizers.schedules.PolynomialDecay(
        0.0, ramp_steps, end_learning_rate=peak, power=1.0
    )


def learning_rate(experiment):
    """Returns the learning rate: a number, or a schedule over the steps."""
    rate = _without_warm_up(experiment)
    if experiment.warmup_steps == 0:
        return rate
    return WarmUp(rate, experiment.warmup_steps)


def _without_warm_up(experiment):
    rate, steps = experiment.learning_rate, experiment.learning_rate_steps
    if experiment.learning_rate_schedule == "cosine":
        decay_steps = experiment.learning_rate_decay_steps or experiment.steps
        return keras.optimizers.schedules.CosineDecay(rate, decay_steps)
    if not steps:
        return rate
    # Keras counts its boundaries among the steps before them.
    return keras.optimizers.schedules.PiecewiseConstantDecay(
        [step - 1 for step in steps],
        [rate * experiment.learning_rate_factor**n for n in range(len(steps) + 1)],
    )


def optimizer(experiment):
    """Returns the optimizer, with decoupled weight decay on the kernels alone."""
    settings = {
        "learning_rate": learning_rate(experiment),
        "weight_decay": experiment.weight_decay or None,
    }
    if experiment.optimizer == "adam":
        result = keras.optimizers.Adam(**settings)
    else:
        result = keras.optimizers.SGD(
            momentum=experiment.momentum,
            nesterov=experiment.optimizer == "nesterov",
            **settings,
        )
    if experiment.weight_decay:
        result.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return result
