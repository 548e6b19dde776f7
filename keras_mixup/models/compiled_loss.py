"""The loss of a model that mixes labels: as it was given, and as it is computed."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from keras_mixup.models import label_forms
from keras_mixup.models.targets import Output, Outputs


class CompiledLoss:
    """A loss, and what follows from it for labels that are mixed.

    Args:
        loss: As `compile` takes it: one loss, a structure of one an output, or `None`.

    Attributes:
        given: The loss.
        forms: The `LabelForm` of each loss, in the same structure.
        switches: The losses that Keras is given in their place, which compute another
            one on mixed labels where that is needed.
    """

    def __init__(self, loss: Any) -> None:
        self.given = loss
        self.forms = keras.tree.map_structure(_form_of, loss)
        self._state = threading.local()
        self.switches = keras.tree.map_structure(self._switch, loss, self.forms)

    @classmethod
    def unknown(cls) -> "CompiledLoss":
        """The loss of a model before `compile`: any label is mixed as it is."""
        loss = cls(None)
        loss.forms = label_forms.LabelForm(label_forms.OTHER)
        return loss

    @property
    def all_forms(self) -> list[label_forms.LabelForm]:
        """The forms, flat."""
        return [form for form in keras.tree.flatten(self.forms) if form]

    @property
    def activation(self) -> str | None:
        """What the loss of a single output makes of it, or `None`."""
        forms = self.all_forms
        return forms[0].activation if len(forms) == 1 else None

    @contextlib.contextmanager
    def on_mixed_labels(self, mixed: bool) -> Iterator[None]:
        """Whether labels are mixed, in this thread, while the loss is computed."""
        self._state.mixed = mixed
        try:
            yield
        finally:
            self._state.mixed = False

    def labels_for_metrics(self, y: Any, y_pred: Any, output_names: Any) -> Any:
        """Labels as metrics take them, ids for the rows that were made of ids."""
        kinds = {form.kind for form in self.all_forms}
        if label_forms.CLASS_IDS not in kinds or y is None:
            return y
        outputs = Outputs.of(keras.tree.map_structure(Output.of, y_pred), output_names)
        return outputs.map_labels(_dominant_ids, self.forms, y)

    def _switch(self, loss, form):
        if form is None or form.mixed_loss is None:
            return loss
        return label_forms.LossSwitch(loss, form.mixed_loss, self._state)


def _form_of(loss):
    return None if loss is None else label_forms.form_of(loss)


def _dominant_ids(number, form, y, output):
    # Ids end in an axis of size 1 or lack the axis of the classes, of which there are
    # two or more: labels of the form of the logits are rows that were made here.
    rows = (len(y.shape), y.shape[-1]) == (len(output.shape), output.shape[-1])
    if form is None or form.kind != label_forms.CLASS_IDS or not rows:
        return y
    return ops.argmax(y, axis=-1)
