"""Follows the linearity of a network's layers through training."""

import os
import time
from collections.abc import Sequence
from typing import Any

import keras

from keras_mixup import _extras
from keras_mixup.callbacks.evaluation_times import EvaluationTimes, check_times
from keras_mixup.linearity import LinearityProbe
from keras_mixup.linearity.default_layers import MOST
from keras_mixup.linearity.probe_inputs import from_data_set
from keras_mixup.linearity.probe_model import check_options


class LinearityCallback(keras.callbacks.Callback):
    """Measures the non-linearity of layers while a network is trained.

    Use it in the `fit` of any functional or Sequential network, or of a model of
    `keras_mixup.models`. What is measured is described at
    `keras_mixup.linearity.nonlinearity`: equation 3 of
    [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413) and its floor, on the
    same mixtures every time. The weights that training arrives at are, bit for bit,
    those without the callback.

    For each layer there are two values, `"nonlin/<layer>"` and
    `"nonlin_floor/<layer>"`. TensorBoard shows them against the number of training
    batches done. The latest ones also stand in the logs of each epoch, unless there are
    more than a dozen layers: `History` has them, and so have callbacks listed after
    this one, `CSVLogger` for instance. A layer whose activations are not finite has the
    value NaN, and training goes on. The first evaluation compiles the measurement;
    where that takes more than a second, a line says so, unless `fit` has `verbose=0`.

    A training run that goes on at an `initial_epoch` counts its batches from there
    (`initial_epoch * steps_per_epoch`). Assign the `history` of the run before to this
    callback's, and logs and times of evaluation are those of a run in one piece; with
    an empty `history`, there is a first evaluation at once.

    Args:
        x: Array of examples, of shape `(examples, ...)`, at least 2; or several, or a
            data set that ends, as `nonlinearity` takes them. It is read once.
        layers: Names of layers or patterns such as `"*_add"`; by default those that
            `nonlinearity` takes, at most about a dozen.
        every_steps: Positive integer, the training batches from one evaluation to the
            next; there is one before training, too. With `steps_per_execution` above
            1, the evaluation comes at the first opportunity.
        points: Integer of at least 2, the number of evaluations, spread evenly over
            the run, the first before training and the last after the last batch, also
            when training is stopped early. Where the length of an epoch is unknown,
            they are at ends of epochs, and where the number of epochs is, too, at the
            end of each. With neither `every_steps` nor `points`, evaluations come
            before training and at the end of each epoch.
        log_dir: Folder for TensorBoard's event files. `None`, the default, writes none.
        network: "student", the network that is trained, or "teacher", the averaged
            weights of a model that keeps them. Defaults to "student".
        num_points: Integer of at least 2, the examples in a mixture. Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            Dirichlet weights. Defaults to `0.5`.
        measure: "unit_norm" or "relative". Defaults to "unit_norm".
        start: "input", "previous" or the name of a layer. Defaults to "input".
        seed: Integer that is not negative. Defaults to `0`.
        log_to_epoch: Boolean, whether the values stand in the logs of epochs.
            Defaults to `None`: where there are at most twelve layers.

    Attributes:
        history: List of dictionaries, one for each evaluation, with "step" (the number
            of training batches done) and the values above. Plain Python numbers.

    Raises:
        ValueError: For an argument outside its range; before the first training step,
            for a layer or a teacher that the model does not have.

    Example:

    >>> model = keras_mixup.applications.MLP((4,), 3, hidden_units=(8,))
    >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(True))
    >>> x, y = np.eye(4), np.array([0, 1, 2, 0])
    >>> callback = keras_mixup.callbacks.LinearityCallback(x, points=3)
    >>> history = model.fit(x, y, epochs=2, callbacks=[callback], verbose=0)
    >>> [values["step"] for values in callback.history]
    [0, 1, 2]
    >>> sorted(history.history)[1:3]
    ['nonlin/layer_0', 'nonlin/layer_1']
    """

    def __init__(
        self,
        x: Any,
        layers: Sequence[str] | None = None,
        every_steps: int | None = None,
        points: int | None = None,
        log_dir: str | os.PathLike | None = None,
        network: str = "student",
        num_points: int = 2,
        alpha: float | Sequence[float] = 0.5,
        measure: str = "unit_norm",
        start: str = "input",
        seed: int = 0,
        log_to_epoch: bool | None = None,
    ) -> None:
        super().__init__()
        check_options(num_points, alpha, measure, start, seed)
        check_times(every_steps, points)
        if network not in ("student", "teacher"):
            raise ValueError(
                '`network` must be "student" or "teacher". Received: '
                f"network={network!r}"
            )
        self.x = x
        self.layers = layers
        self.every_steps = every_steps
        self.points = points
        self.log_dir = log_dir
        self.network = network
        self.options = (num_points, alpha, measure, start)
        self.seed = seed
        self.log_to_epoch = log_to_epoch
        self.history: list[dict[str, float]] = []
        self._writer = None
        self._examples: Any = None

    def on_train_begin(self, logs=None):
        params = self.params or {}
        self._steps_per_epoch = params.get("steps")
        self._times = EvaluationTimes(
            self.every_steps, self.points, self._steps_per_epoch, params.get("epochs")
        )
        model = self.model
        self._probe = LinearityProbe(
            self._measured(), self.layers, *self.options, jit_compile=model.jit_compile
        )
        if self._examples is None:
            self._examples = from_data_set(self.x, self._probe.network)
        self._close_writer()
        self._step: int | None = None
        self._told = False

    def on_epoch_begin(self, epoch, logs=None):
        if self._step is None:
            self._begin(epoch)
        self._epoch_start = self._step
        if self._steps_per_epoch:
            self._epoch_start = epoch * self._steps_per_epoch

    def on_train_batch_end(self, batch, logs=None):
        done = batch + 1
        if self._steps_per_epoch:
            # The last of several steps per execution may count past the end.
            done = min(done, self._steps_per_epoch)
        before, self._step = self._step, self._epoch_start + done
        if not self._times.by_epoch and self._times.due(before, self._step):
            self._evaluate()

    def on_epoch_end(self, epoch, logs=None):
        if self._times.by_epoch and self._times.due(epoch, epoch + 1):
            self._evaluate()
        if logs is not None and self._in_logs():
            logs.update(self._latest())

    def on_train_end(self, logs=None):
        stopped_early = self._step and self._step > self.history[-1]["step"]
        if self.points is not None and stopped_early:
            self._evaluate()
        self._close_writer()

    def _begin(self, epoch):
        """Starts to count at the beginning of the first epoch of a run."""
        self._step = epoch * (self._steps_per_epoch or 0)
        # What follows belongs to another run, or to one that was cut off.
        known = [values["step"] for values in self.history]
        self.history = [v for v in self.history if v["step"] < self._step]
        now = epoch if self._times.by_epoch else self._step
        at_once = self._times.due(now - 1, now) or self._step in known
        if at_once or not self.history:
            self._evaluate()

    def _evaluate(self):
        self._sync_weights()
        values = {}
        began = time.perf_counter()
        measured = self._probe.measure(self._examples, self.seed)
        self._tell_of_compiling(time.perf_counter() - began)
        for name, layer in measured.items():
            values[f"nonlin/{name}"] = layer.value
            values[f"nonlin_floor/{name}"] = layer.floor
        self.history.append({"step": self._step, **values})
        self._write(values)

    def _tell_of_compiling(self, seconds):
        """Says why the first evaluation of a run takes longer than those after it."""
        if not self._told and seconds > 1 and (self.params or {}).get("verbose"):
            print(
                f"LinearityCallback: the first evaluation took {seconds:.1f} s, the "
                "time to compile it included; later ones take less."
            )
        self._told = True

    def _sync_weights(self):
        # On JAX, the property brings the weights of the model up to date.
        return self.model

    def _in_logs(self):
        if self.log_to_epoch is None:
            return len(self._probe.layers) <= MOST
        return self.log_to_epoch

    def _latest(self):
        return {k: v for k, v in self.history[-1].items() if k != "step"}

    def _measured(self):
        model = self.model
        if self.network == "student":
            return model
        teacher = getattr(model, "teacher", None)
        if teacher is None:
            raise ValueError(
                '`network="teacher"` needs a model that averages its weights, such as '
                "`ICTModel` with a `teacher_decay`. Received: a model of type "
                f'{type(model).__name__} without a teacher. Use `network="student"`'
            )
        return teacher

    def _write(self, values):
        if self.log_dir is None:
            return
        if self._writer is None:
            # TensorBoard's own writer, which needs no TensorFlow.
            summary = _extras.require(
                "tensorboard.summary", "trainers", "`log_dir` of LinearityCallback"
            )
            self._writer = summary.Writer(os.fspath(self.log_dir))
        for tag, value in values.items():
            self._writer.add_scalar(tag, value, self._step)
        self._writer.flush()

    def _close_writer(self):
        if self._writer is not None:
            self._writer.close()
            self._writer = None
