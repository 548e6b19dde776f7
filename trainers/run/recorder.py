"""Records a run while it goes on."""

import contextlib

import keras

from trainers.run import state
from trainers.run.scores import score


class Recorder(keras.callbacks.Callback):
    """Writes metrics and a checkpoint at the end of each epoch.

    The checkpoint comes last, so that it never stands for metrics that are not on the
    disk.

    Args:
        steps: int, the steps of the whole run.
        steps_per_epoch: int.
        log: a `MetricsLog`.
        checkpoints: a `Checkpoints`.
        linearity: the `LinearityCallback` that is called before this one, or `None`.
        networks: `{name: keras.Model}`, which are scored.
        examples: `{split: (x, y)}`, the examples on which they are scored.
        extra_measure: function without arguments that returns more numbers by name.
        measuring: function of the model that returns a context in which `networks`
            have its weights and can be measured.
    """

    def __init__(
        self,
        steps,
        steps_per_epoch,
        log,
        checkpoints,
        linearity,
        networks,
        examples,
        extra_measure=dict,
        measuring=contextlib.nullcontext,
    ):
        super().__init__()
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch
        self.log = log
        self.checkpoints = checkpoints
        self.linearity = linearity
        self.networks = networks
        self.examples = examples
        self.extra_measure = extra_measure
        self.measuring = measuring
        self._recorded = max((row["step"] for row in log.rows), default=-1)

    def on_epoch_end(self, epoch, logs=None):
        step = (epoch + 1) * self.steps_per_epoch
        if step < self.steps:
            self._record(step, logs)

    def on_train_end(self, logs=None):
        # The last step may lie within an epoch, and linearity is measured after it.
        if self._recorded < self.steps:
            self._record(self.steps, logs)

    def _record(self, step, logs):
        self._record_linearity()
        with self.measuring(self.model):
            values = self._values(logs)
        self.log.write(step, values)
        self.log.flush()
        self.checkpoints.save(step, state.read(self.model))
        self._recorded = step

    def _record_linearity(self):
        for entry in self.linearity.history if self.linearity else ():
            if entry["step"] > self._recorded:
                values = {k: v for k, v in entry.items() if k != "step"}
                self.log.write(entry["step"], values)

    def _values(self, logs):
        names = ["loss", "accuracy", *self.model.loss_parts]
        values = {_tag(name): float(logs[name]) for name in names if name in logs}
        for name, network in self.networks.items():
            for split, examples in self.examples.items():
                scores = score(network, examples)
                values[f"accuracy/{split}_{name}"] = scores["accuracy"]
                values[f"loss/{split}_{name}"] = scores["cross_entropy"]
        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        extra = {name: float(value) for name, value in self.extra_measure().items()}
        return {**values, "learning_rate": float(rate), **extra}


def _tag(name):
    """The tag of a log: losses stand together on TensorBoard's page."""
    known = {"loss": "loss/total", "accuracy": "accuracy/train"}
    if name.endswith("_loss"):
        return f"loss/{name.removesuffix('_loss')}"
    return known.get(name, name)
