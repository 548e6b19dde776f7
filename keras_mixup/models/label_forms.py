"""How the labels of a loss are mixed, and what the outputs under it mean."""

import dataclasses
import re
import threading
from typing import Any

import keras
from keras import ops

CLASS_IDS, ROWS, BINARY, SIGNS, TARGETS, OTHER, UNMIXABLE = (
    "class_ids",
    "rows",
    "binary",
    "signs",
    "targets",
    "other",
    "unmixable",
)

_LOSSES: dict[str, tuple[type, ...]] = {
    CLASS_IDS: (keras.losses.SparseCategoricalCrossentropy,),
    ROWS: (
        keras.losses.CategoricalCrossentropy,
        keras.losses.CategoricalFocalCrossentropy,
        keras.losses.KLDivergence,
    ),
    BINARY: (keras.losses.BinaryCrossentropy, keras.losses.BinaryFocalCrossentropy),
    SIGNS: (keras.losses.Hinge, keras.losses.SquaredHinge),
    TARGETS: (
        keras.losses.CosineSimilarity,
        keras.losses.Huber,
        keras.losses.LogCosh,
        keras.losses.MeanAbsoluteError,
        keras.losses.MeanAbsolutePercentageError,
        keras.losses.MeanSquaredError,
        keras.losses.MeanSquaredLogarithmicError,
        keras.losses.Poisson,
    ),
    UNMIXABLE: (
        keras.losses.CTC,
        keras.losses.CategoricalGeneralizedCrossEntropy,
        keras.losses.CategoricalHinge,
        keras.losses.Circle,
    ),
}

# The activation that turns logits into what the labels are compared with.
_ACTIVATIONS = {
    CLASS_IDS: "softmax",
    ROWS: "softmax",
    BINARY: "sigmoid",
    TARGETS: "linear",
}


@dataclasses.dataclass(frozen=True)
class LabelForm:
    """The form of the labels that one loss takes.

    Attributes:
        kind: One of the constants above.
        name: Name of the loss, for messages.
        mixed_loss: The loss of mixed labels, `None` where it is the loss itself.
        ignore_class: Class id that the loss leaves out, or `None`.
        is_mean: Whether masked elements are left out of a mean over elements.
        from_logits: Whether the loss takes logits, `None` where it does not say.
        reason: Why its labels have no mixtures, and what to do, where they have none.
    """

    kind: str
    name: str = ""
    mixed_loss: Any = None
    ignore_class: int | None = None
    is_mean: bool = True
    from_logits: bool | None = None
    reason: str = ""

    @property
    def activation(self) -> str | None:
        """The function from outputs to predictions, `None` where it is not known.

        "softmax" and "sigmoid" make probabilities of logits, "linear" leaves the
        outputs of a regression.
        """
        if self.from_logits is False:
            return None
        return _ACTIVATIONS.get(self.kind)


def form_of(loss: Any) -> LabelForm:
    """Returns the form of the labels of one loss.

    Args:
        loss: A `keras.losses.Loss`, a function, or the name of one.

    """
    known = _resolved(loss)
    kind = _kind(known)
    name = str(getattr(known, "name", None) or getattr(known, "__name__", loss))
    if not isinstance(known, keras.losses.Loss):
        return LabelForm(kind, name)
    config = _config(known)
    form = LabelForm(
        kind,
        name,
        ignore_class=config.get("ignore_class"),
        is_mean=known.reduction in ("sum_over_batch_size", "mean"),
        # A divergence is between probabilities, and has no such argument.
        from_logits=config.get("from_logits", False if kind == ROWS else None),
    )
    if kind == CLASS_IDS:
        reason = _why_not_dense(known)
        if reason:
            return dataclasses.replace(form, kind=UNMIXABLE, reason=reason)
        return dataclasses.replace(form, mixed_loss=_dense_crossentropy(config))
    if kind == SIGNS:
        return dataclasses.replace(form, mixed_loss=_HingeOfSigns(known))
    return form


def _resolved(loss):
    """The loss as an object of Keras' class where Keras has one for a function."""
    try:
        loss = keras.losses.get(loss)
    except (ValueError, TypeError):
        return loss
    if isinstance(loss, keras.losses.Loss):
        return loss
    return _OBJECTS[loss]() if _is_known_function(loss) else loss


def _is_known_function(loss):
    try:
        return loss in _OBJECTS
    except TypeError:
        return False


def _functions():
    """The class of each of Keras' functions that has one."""
    found = {}
    for group in _LOSSES.values():
        for cls in group:
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
            function = getattr(keras.losses, name, None)
            if function is not None:
                found[function] = cls
    return found


_OBJECTS = _functions()


def _kind(loss):
    for kind, classes in _LOSSES.items():
        if isinstance(loss, classes):
            return kind
    return OTHER


def _config(loss):
    try:
        return loss.get_config()
    except (NotImplementedError, TypeError, ValueError):
        return {}


def _why_not_dense(loss):
    if type(loss) is not keras.losses.SparseCategoricalCrossentropy:
        return (
            "A loss of your own on class ids has no known form for mixed labels: write "
            "it for rows of probabilities and one-hot encode the labels. Received: a "
            f"subclass of SparseCategoricalCrossentropy, {type(loss).__name__}"
        )
    # Keras leaves it out of the configuration.
    axis = getattr(loss, "_fn_kwargs", {}).get("axis", -1)
    if axis != -1:
        return (
            "Class ids can be mixed where the classes are the last axis of the "
            "outputs: move them there, or one-hot encode the labels and compile "
            f"CategoricalCrossentropy. Received: axis={axis}"
        )
    return ""


def _dense_crossentropy(config):
    known = ("name", "reduction", "from_logits", "dtype")
    return keras.losses.CategoricalCrossentropy(
        **{key: config[key] for key in known if key in config}
    )


def check_mixes(form: LabelForm) -> None:
    """Raises a `ValueError` for a loss whose labels have no mixtures."""
    if form.kind == UNMIXABLE:
        raise ValueError(
            form.reason
            or f"The loss {form.name!r} reads its labels by value, and the mixture of "
            "two values is a third. Compile a cross-entropy, or train without mixing "
            f"labels (`num_points=1`). Received: loss={form.name}"
        )


class _HingeOfSigns(keras.losses.Loss):
    """A hinge loss of labels from -1 to 1, which takes none of them for 0 or 1."""

    def __init__(self, loss: keras.losses.Loss) -> None:
        super().__init__(name=loss.name, reduction=loss.reduction)
        self.power = 2 if isinstance(loss, keras.losses.SquaredHinge) else 1

    def call(self, y_true, y_pred):
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.reshape(ops.cast(y_true, y_pred.dtype), ops.shape(y_pred))
        return ops.mean(ops.maximum(1.0 - y_true * y_pred, 0.0) ** self.power, axis=-1)


def signs(labels: Any) -> Any:
    """Labels of a hinge loss as -1 and 1, from 0 and 1 if that is what they are."""
    is_binary = ops.all((labels == 0) | (labels == 1))
    return ops.where(is_binary, 2.0 * labels - 1.0, labels)


class LossSwitch(keras.losses.Loss):
    """A loss, and the loss that stands for it where labels are mixed.

    Args:
        loss: The loss as it was given to `compile`.
        mixed_loss: The loss of mixed labels.
        state: A `threading.local`, whose `mixed` says which labels it is given.
    """

    def __init__(self, loss: Any, mixed_loss: Any, state: threading.local) -> None:
        loss = _resolved(loss)
        super().__init__(name=loss.name, reduction=loss.reduction)
        self.given = loss
        self.mixed_loss = mixed_loss
        self._state = state

    def __call__(self, y_true, y_pred, sample_weight=None):
        mixed = getattr(self._state, "mixed", False)
        loss = self.mixed_loss if mixed else self.given
        return loss(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        return self.given.call(y_true, y_pred)
