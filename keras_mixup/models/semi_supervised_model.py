from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.network_calls import training_argument
from keras_mixup.models import model_checks
from keras_mixup.models.averaged_network import AveragedNetwork
from keras_mixup.models.mixing_model import MixingModel
from keras_mixup.models.ramp_length import RampLength


class SemiSupervisedModel(MixingModel):
    """A network in training on labelled and unlabelled examples.

    The base of the models whose batches are `({"labeled": x, "unlabeled": u}, y)` and
    whose loss is `supervised + w(t) * consistency`. It holds the weight and its ramp,
    the average of the network's weights, and the form of the batches.

    Args:
        network: A `keras.Model` from inputs to logits.
        consistency_weight: Number or schedule of the step.
        ramp: Float from 0 to 1, or `None`.
        teacher_decay: Float from 0 to below 1, or `None` for no average.
        evaluated_network: "student" or "teacher".
        seed: Integer or `None`.
        teacher_statistics: "averaged" or "copied".
    """

    loss_parts = ("supervised_loss", "consistency_loss", "consistency_weight")

    def __init__(
        self,
        network: keras.Model,
        consistency_weight: Any,
        ramp: float | None,
        teacher_decay: float | None,
        evaluated_network: str = "student",
        seed: int | None = None,
        teacher_statistics: str = "averaged",
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        _check_decay(teacher_decay)
        super().__init__(network, seed=seed, **kwargs)
        self.consistency_weight = consistency_weight
        self.ramp = ramp
        self.teacher_decay = teacher_decay
        self.evaluated_network = evaluated_network
        self.teacher_statistics = teacher_statistics
        self._average = None if teacher_decay is None else AveragedNetwork(network)
        # How many steps the ramp takes; 0 until a run says how long it is.
        self.ramp_steps = self.add_weight(
            name="ramp_steps",
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
        )
        self._started = False

    def check_settings(self) -> None:
        _check_weight(self.consistency_weight)
        model_checks.check_fraction("ramp", self.ramp)
        _check_decay(self.teacher_decay)
        if (self.teacher_decay is None) != (self._average is None):
            raise ValueError(
                "Whether there is a teacher is decided when the model is made: make "
                "another around the network. Received: "
                f"teacher_decay={self.teacher_decay}"
            )
        if self.teacher_statistics not in ("averaged", "copied"):
            raise ValueError(
                '`teacher_statistics` must be "averaged" or "copied". Received: '
                f"teacher_statistics={self.teacher_statistics!r}"
            )
        if self.evaluated_network not in ("student", "teacher"):
            raise ValueError(
                '`evaluated_network` must be "student" or "teacher". Received: '
                f"evaluated_network={self.evaluated_network!r}"
            )
        if self.evaluated_network == "teacher" and self._average is None:
            raise ValueError(
                '`evaluated_network="teacher"` needs averaged weights: give a '
                "`teacher_decay`. Received: teacher_decay=None"
            )

    @property
    def teacher(self) -> keras.Model | None:
        """The averaged weights as a `keras.Model`, `None` where there is no average.

        It shares its weights with this model. Compile it to evaluate it.
        """
        return None if self._average is None else self._average.model

    def call(self, inputs, training=None):
        if is_semi_supervised(inputs):
            inputs = inputs["labeled"]
        if self.evaluated_network == "teacher" and not training:
            network = self._average.network
            return network(inputs, **training_argument(network, training))
        return super().call(inputs, training=training)

    def weighted(self, x, loss):
        """Reports the consistency loss of a batch, and returns it times its weight."""
        weight = ops.cast(self.at_step(self.consistency_weight), "float32")
        if self._ramps:
            # A run that has not said how long it is has its full weight.
            length = ops.cast(self.ramp_steps.value, "float32")
            done = ops.cast(self.step.value, "float32")
            share = ops.minimum(done / ops.maximum(length, 1.0), 1.0)
            weight = weight * ops.where(length > 0, share, 1.0)
        self.report(x, consistency_loss=self.unscaled(loss), consistency_weight=weight)
        return ops.cast(weight, loss.dtype) * loss

    @property
    def _ramps(self):
        # A schedule is the whole rule.
        return bool(self.ramp) and not callable(self.consistency_weight)

    def after_update(self):
        if self._average is not None:
            self._average.update(
                self.network,
                self.step.value,
                self.teacher_decay,
                self.teacher_statistics,
            )

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        *args,
        **kwargs,
    ):
        """Trains as `keras.Model.fit` does.

        Raises:
            ValueError: For a ramp over a run whose length is not known in time; see
                also `MixingModel.fit`.
        """
        self._start()
        if self._ramps:
            if not isinstance(callbacks, keras.callbacks.CallbackList):
                callbacks = list(keras.tree.flatten(callbacks or []))
            # Last, so that a callback that restores a run has done so.
            callbacks.append(RampLength())
        if hasattr(x, "without_end"):
            # Keras would begin a pair at batch 0 in each epoch, or stop at its end.
            kwargs["steps_per_epoch"] = kwargs.get("steps_per_epoch") or x.num_batches
            kwargs["shuffle"] = False
            x = x.without_end()
        return super().fit(
            x, y, batch_size, epochs, verbose, callbacks, *args, **kwargs
        )

    def train_on_batch(self, *args, **kwargs):
        self._start()
        return super().train_on_batch(*args, **kwargs)

    def _start(self):
        """Gives the teacher the weights that the network has when training starts.

        They may have been loaded after the teacher was made.
        """
        if self._started or self._average is None:
            return
        self._started = True
        if int(ops.convert_to_numpy(self.step.value)) == 0:
            self._average.copy_from(self.network)

    def export(self, *args: Any, **kwargs: Any) -> None:
        """Exports the evaluated network, as `keras.Model.export` does."""
        if self.evaluated_network == "teacher" and self.teacher is not None:
            self.teacher.export(*args, **kwargs)
        else:
            super().export(*args, **kwargs)

    def load_own_variables(self, store):
        """Loads the counters; files of version 0.1 hold the step alone."""
        if len(store.keys()) == 1:
            self.step.assign(store["0"])
        else:
            super().load_own_variables(store)

    def settings(self) -> dict[str, Any]:
        return {
            **super().settings(),
            "consistency_weight": self.consistency_weight,
            "ramp": self.ramp,
            "teacher_decay": self.teacher_decay,
            "evaluated_network": self.evaluated_network,
            "teacher_statistics": self.teacher_statistics,
        }


def is_semi_supervised(inputs):
    return isinstance(inputs, dict) and set(inputs) == {"labeled", "unlabeled"}


def check_semi_supervised(x, num_views=1):
    """Raises a `ValueError` unless a batch has the form that the model trains on."""
    if not is_semi_supervised(x):
        structure = sorted(x) if isinstance(x, dict) else type(x).__name__
        raise ValueError(
            'Expected a batch of ({"labeled": x, "unlabeled": u}, y). Received '
            f"inputs of the structure {structure}. For training without "
            "unlabelled examples use `keras_mixup.models.MixupModel`."
        )
    for labeled, unlabeled in zip(
        keras.tree.flatten(x["labeled"]), keras.tree.flatten(x["unlabeled"])
    ):
        _check_views(tuple(labeled.shape), tuple(unlabeled.shape), num_views)


def _check_views(labeled_shape, shape, num_views):
    if num_views == 1 and len(shape) == len(labeled_shape) + 1:
        raise ValueError(
            "Expected unlabelled inputs with one view of each example, of the form of "
            f"labelled ones, {labeled_shape}: give the model the `num_views` of the "
            f"pipeline. Received: shape {shape}, num_views=1"
        )
    if num_views > 1 and (
        len(shape) != len(labeled_shape) + 1 or shape[1] != num_views
    ):
        raise ValueError(
            f"Expected unlabelled inputs with {num_views} views of each example, "
            f"of shape (batch, {num_views}, ...) before the shape of an example "
            f"{labeled_shape[1:]}: give the pipeline `num_views={num_views}`. "
            f"Received: shape {shape}"
        )


def views(unlabeled, num_views):
    """The views of unlabelled inputs, each of the form of labelled inputs."""
    if num_views == 1:
        return [unlabeled]
    return [
        keras.tree.map_structure(lambda t, v=view: t[:, v], unlabeled)
        for view in range(num_views)
    ]


def check_num_views(num_views):
    if not isinstance(num_views, int | np.integer) or num_views < 1:
        raise ValueError(
            "`num_views` must be an integer of at least 1. Received: "
            f"num_views={num_views!r}"
        )


def _check_weight(weight):
    if not callable(weight) and not 0 <= weight < float("inf"):
        raise ValueError(
            "`consistency_weight` must be a number that is not negative, or a "
            f"schedule. Received: consistency_weight={weight}"
        )


def _check_decay(teacher_decay):
    if teacher_decay is not None and not 0 <= teacher_decay < 1:
        raise ValueError(
            "`teacher_decay` must be at least 0 and below 1, or None for no teacher. "
            f"Received: teacher_decay={teacher_decay}"
        )
