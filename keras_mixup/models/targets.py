"""The labels and weights of a batch: which output they belong to, and their mixtures.

Labels are mixed by the weights of the examples as well as by those of the mixture: with
`w_k` the weight of an example (of a step, of a pixel; 0 where it is masked or its class
is ignored), a mixture has the weight `w~ = sum_k lambda_k w_k` and the label
`sum_k lambda_k w_k y_k / w~`. For a loss that is linear in the label, such as a
cross-entropy, that is the mixture of the weighted losses, in which an example of weight
0 has no say.
"""

import dataclasses
from typing import Any

import keras
from keras import ops

from keras_mixup import _labels as labels_lib
from keras_mixup import mixing
from keras_mixup._networks.masks import mask_of
from keras_mixup.models import label_forms
from keras_mixup.models.label_forms import LabelForm


@dataclasses.dataclass(frozen=True)
class Output:
    """One output of a network.

    Attributes:
        shape: Tuple, with the batch axis.
        is_masked: Whether Keras hands a mask on with it.
    """

    shape: tuple
    is_masked: bool

    @classmethod
    def of(cls, tensor: Any) -> "Output":
        return cls(tuple(tensor.shape), mask_of(tensor) is not None)


@dataclasses.dataclass(frozen=True)
class Outputs:
    """The outputs of a network, with the structure in which they are returned."""

    structure: Any
    names: tuple[str, ...]

    @classmethod
    def of(cls, structure: Any, output_names: Any) -> "Outputs":
        """Names a structure of `Output` as losses and labels name them."""
        count = len(keras.tree.flatten(structure))
        if isinstance(structure, dict) and len(structure) == count:
            names = sorted(structure)
        elif output_names and len(output_names) == count:
            names = list(output_names)
        else:
            names = [str(index) for index in range(count)]
        return cls(structure, tuple(names))

    @property
    def flat(self) -> list[Output]:
        return keras.tree.flatten(self.structure)

    def by_output(self, values: Any, what: str) -> list[Any]:
        """The value for each output, from a structure that names or lists them.

        Raises:
            ValueError: If the structure fits neither names nor number of the outputs.
        """
        count = len(self.names)
        if not keras.tree.is_nested(values):
            return [values] * count
        if isinstance(values, dict) and set(values) <= set(self.names):
            return [values.get(name) for name in self.names]
        flat = keras.tree.flatten(values)
        if len(flat) == count:
            return flat
        raise ValueError(
            f"Expected {what} for each of the outputs {list(self.names)}, by name or "
            f"in their order. Received: {what} of the structure "
            f"{keras.tree.map_structure(lambda _: '*', values)}"
        )

    def map_labels(self, function: Any, forms: Any, y: Any) -> Any:
        """Labels, each changed by a function.

        The function is given the number of the output, the form of its loss, the labels
        and the `Output`.
        """
        flat = keras.tree.flatten(y)
        places = keras.tree.pack_sequence_as(y, list(range(len(flat))))
        forms = self.by_output(forms, "losses")
        places = self.by_output(places, "labels")
        for number, (form, place) in enumerate(zip(forms, places)):
            if place is not None:
                flat[place] = function(number, form, flat[place], self.flat[number])
        return keras.tree.pack_sequence_as(y, flat)

    def pack(self, values: list[Any]) -> Any:
        """The values in the structure of the outputs."""
        return keras.tree.pack_sequence_as(self.structure, values)


@dataclasses.dataclass(frozen=True)
class Target:
    """Labels and weights of one output, as they can be mixed.

    Attributes:
        rows: Float tensor of labels: rows for class ids, numbers for all else.
        weight: Tensor of weights, of the rank of the loss of single elements, or
            `None`.
        scale: What the mean over the batch is to be multiplied by, since it leaves
            masked elements out, or `None`.
    """

    rows: Any
    weight: Any = None
    scale: Any = None

    def mixed(self, weights: Any, partners: Any) -> tuple[Any, Any]:
        """The labels and the weights of mixtures."""
        if self.weight is None:
            return mixing.mix(self.rows, weights, partners), None
        rows, weight = mixing.mix_labels(self.rows, self.weight, weights, partners)
        return rows, self.scaled(weight)

    def scaled(self, weight: Any) -> Any:
        if self.scale is None:
            return weight
        return weight * ops.cast(self.scale, weight.dtype)


class BatchTargets:
    """The labels and weights of a batch, for every output.

    Args:
        outputs: The outputs of the network.
        forms: The forms of the losses, in any structure that Keras takes.
        y: Labels, in any structure that Keras takes.
        sample_weight: Sample weights, likewise, or `None`.
        masks: List of the Keras masks of the outputs, `None` for one without.
    """

    def __init__(
        self, outputs: Outputs, forms: Any, y: Any, sample_weight: Any, masks: list[Any]
    ) -> None:
        self._outputs = outputs
        self._y = y
        self._weights = outputs.by_output(sample_weight, "sample weights")
        self._masks = masks
        self._forms = forms

    def each(self, function: Any) -> tuple[Any, Any]:
        """Labels and weights that a function makes of each `Target`.

        Returns:
            Labels in the structure in which they were given; weights `None`, a tensor
            for one output, or in the structure of several.
        """
        weights = list(self._weights)

        def change(number, form, y, output):
            if form is None:
                return y
            made = target(
                form, y, self._weights[number], self._masks[number], output.shape
            )
            rows, weights[number] = function(made)
            return rows

        rows = self._outputs.map_labels(change, self._forms, self._y)
        return rows, self._packed(weights)

    def _packed(self, weights):
        if all(weight is None for weight in weights):
            return None
        return weights[0] if len(weights) == 1 else self._outputs.pack(weights)

    def mixed(self, weights: Any, partners: Any) -> tuple[Any, Any]:
        """The labels and the weights of the mixtures."""
        return self.each(lambda target: target.mixed(weights, partners))

    def only(self) -> Target:
        """The target of a network with one output.

        Raises:
            ValueError: Where no loss was compiled for it.
        """
        found: list[Target] = []

        def keep(target):
            found.append(target)
            return target.rows, target.weight

        if self._y is not None:
            self.each(keep)
        if len(found) != 1:
            raise ValueError(
                "Expected labels and a compiled loss for one output. Received: "
                f"{len(found)} of them"
            )
        return found[0]

    def unmixed_weights(self) -> Any:
        """The weights of examples that keep their labels, masks among them."""
        weights = list(self._weights)
        for number, form in enumerate(self._outputs.by_output(self._forms, "losses")):
            mask, shape = self._masks[number], self._outputs.flat[number].shape
            if form is not None and mask is not None:
                weight, scale = _weight_and_scale(
                    form, weights[number], _excluded(mask, shape), shape
                )
                weights[number] = weight if scale is None else weight * scale
        return self._packed(weights)


def target(
    form: LabelForm, y: Any, weight: Any, mask: Any, output_shape: tuple
) -> Target:
    """Returns the labels of one output in the form in which they can be mixed.

    Args:
        form: The form of its loss.
        y: Tensor of labels, as the loss takes them.
        weight: Sample weights, of any rank up to that of the loss of single elements
            and with a last axis of size 1 at most more, or `None`.
        mask: Keras mask of the output at the examples, or `None`.
        output_shape: Shape of the output.

    Raises:
        ValueError: For labels that have no mixtures, and for weights of another shape.
    """
    label_forms.check_mixes(form)
    y = ops.convert_to_tensor(y)
    excluded = _excluded(mask, output_shape)
    if form.ignore_class is not None:
        ids = _without_class_axis(y, output_shape)
        ignored = ops.equal(ids, ops.cast(form.ignore_class, ids.dtype))
        excluded = ignored if excluded is None else ops.logical_or(excluded, ignored)
    weight, scale = _weight_and_scale(form, weight, excluded, output_shape)
    return Target(_rows(form, y, weight, output_shape), weight, scale)


def _excluded(mask, output_shape):
    if mask is None:
        return None
    return ops.logical_not(_of_rank(mask, output_shape, "bool"))


def _weight_and_scale(form, weight, excluded, output_shape):
    weight = None if weight is None else _of_rank(weight, output_shape)
    if excluded is None:
        return weight, None
    counts = ops.cast(ops.logical_not(excluded), "float32")
    scale = share_scale(counts) if form.is_mean else None
    return (counts if weight is None else weight * counts), scale


def _rows(form, y, weight, output_shape):
    if form.kind == label_forms.CLASS_IDS:
        if weight is not None:
            # An example that has no say may have any label, such as -1.
            ids = _without_class_axis(y, output_shape)
            counts = ops.broadcast_to(weight > 0, ops.shape(ids))
            y = ops.where(counts, ids, ops.zeros_like(ids))
        return labels_lib.class_rows(y, output_shape[-1], rank=len(output_shape))
    labels_lib.check_mixable(
        y, output_shape, is_known=form.kind != label_forms.OTHER, loss=form.name
    )
    rows = ops.cast(y, "float32")
    return label_forms.signs(rows) if form.kind == label_forms.SIGNS else rows


def _without_class_axis(ids, output_shape):
    if len(ids.shape) == len(output_shape) and ids.shape[-1] == 1:
        return ops.squeeze(ids, axis=-1)
    return ids


def share_scale(counts: Any) -> Any:
    """By what a mean over all elements differs from that over those that count."""
    size = ops.cast(ops.size(counts), "float32")
    total = ops.sum(counts)
    return ops.where(total > 0, size / ops.where(total > 0, total, 1.0), 0.0)


def _of_rank(weight, output_shape, dtype="float32"):
    """Weights with the rank of the loss of single elements, axes of size 1 added."""
    rank = max(1, len(output_shape) - 1)
    weight = ops.cast(ops.convert_to_tensor(weight), dtype)
    if len(weight.shape) == rank + 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, axis=-1)
    missing = rank - len(weight.shape)
    if missing < 0:
        raise ValueError(
            "Expected a sample weight for each example or for each element of the "
            f"loss, of rank {rank} at most. Received: sample weights of shape "
            f"{tuple(weight.shape)}"
        )
    return ops.reshape(weight, (*ops.shape(weight), *(1,) * missing))
