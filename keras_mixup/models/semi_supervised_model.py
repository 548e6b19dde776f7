from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mixup.models.averaged_network import AveragedNetwork
from keras_mixup.models.mixing_model import MixingModel


class SemiSupervisedModel(MixingModel):
    """A network in training on labelled and unlabelled examples.

    The base of the models whose batches are `({"labeled": x, "unlabeled": u}, y)` and
    whose loss is `supervised + w(t) * consistency`. It holds the weight, the average of
    the network's weights, and the form of the batches.

    Args:
        network: A `keras.Model` from inputs to logits.
        consistency_weight: Number or schedule of the step.
        teacher_decay: Float from 0 to below 1, or `None` for no average.
        seed: Integer or `None`.
    """

    loss_parts = ("supervised_loss", "consistency_loss", "consistency_weight")
    needs_logits = True

    def __init__(
        self,
        network: keras.Model,
        consistency_weight: Any,
        teacher_decay: float | None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        _check_weight(consistency_weight)
        _check_decay(teacher_decay)
        super().__init__(network, seed=seed, **kwargs)
        self.consistency_weight = consistency_weight
        self.teacher_decay = teacher_decay
        self._average = None if teacher_decay is None else AveragedNetwork(network)

    @property
    def teacher(self) -> keras.Model | None:
        """The averaged weights as a `keras.Model`, `None` where there is no average.

        It shares its weights with this model. Compile it to evaluate it.
        """
        return None if self._average is None else self._average.model

    def call(self, inputs, training=None):
        if is_semi_supervised(inputs):
            inputs = inputs["labeled"]
        return super().call(inputs, training=training)

    def weighted(self, x, loss):
        """Reports the consistency loss of a batch, and returns it times its weight."""
        weight = self.consistency_weight
        if callable(weight):
            weight = weight(self.step.value)
        weight = ops.cast(weight, "float32")
        self.report(x, consistency_loss=self.unscaled(loss), consistency_weight=weight)
        return weight * loss

    def after_update(self):
        if self._average is not None:
            self._average.update(self.network, self.step.value, self.teacher_decay)

    def get_config(self) -> dict[str, Any]:
        weight = self.consistency_weight
        if callable(weight):
            weight = keras.saving.serialize_keras_object(weight)
        return {
            **super().get_config(),
            "consistency_weight": weight,
            "teacher_decay": self.teacher_decay,
        }

    @classmethod
    def from_config(cls, config):
        weight = config["consistency_weight"]
        if isinstance(weight, dict):
            weight = keras.saving.deserialize_keras_object(weight)
        return super().from_config({**config, "consistency_weight": weight})


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
