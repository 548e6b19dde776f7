"""The two usual plans as `tf.data` pipelines, by one call each."""

from typing import TYPE_CHECKING, Unpack

from keras_mixup.data import planning
from keras_mixup.data.source import Source

if TYPE_CHECKING:
    import tensorflow as tf


def supervised(
    source: Source,
    num_labels: int | None,
    batch_size: int,
    *,
    start_step: int = 0,
    **options: Unpack[planning.LabeledOptions],
) -> "tf.data.Dataset":
    """Makes an endless `tf.data` pipeline of labelled batches.

    Short for `plan(source, ...).dataset(start_step)`.

    Args:
        source: See `keras_mixup.data.plan`.
        num_labels: See there.
        batch_size: See there.
        start_step: Integer, the step of the first batch. Defaults to `0`.
        **options: `augmentation`, `max_shift`, `seed` and `label_noise` of
            `keras_mixup.data.plan`.

    Returns:
        A `tf.data.Dataset` without end, of `(x, y)` (see `BatchPlan`).

    Raises:
        ValueError: For an argument outside its range.
        ImportError: Without TensorFlow.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> dataset = keras_mixup.data.supervised(source, num_labels=50, batch_size=32)
    >>> x, y = next(iter(dataset))
    >>> tuple(x.shape), tuple(y.shape)
    ((32, 8, 8, 1), (32,))
    """
    plan = planning.plan(source, num_labels, batch_size, None, **options)
    return plan.dataset(start_step)


def semi_supervised(
    source: Source,
    num_labels: int | None,
    batch_size: int,
    unlabeled_batch_size: int | None = None,
    *,
    start_step: int = 0,
    **options: Unpack[planning.PlanOptions],
) -> "tf.data.Dataset":
    """Makes an endless `tf.data` pipeline of labelled and unlabelled batches.

    Short for `plan(source, ...).dataset(start_step)`.

    Args:
        source: See `keras_mixup.data.plan`.
        num_labels: See there.
        batch_size: See there.
        unlabeled_batch_size: Integer, the unlabelled examples of a step, or `None` for
            as many as labelled ones. Defaults to `None`.
        start_step: Integer, the step of the first batch. Defaults to `0`.
        **options: All other options of `keras_mixup.data.plan`.

    Returns:
        A `tf.data.Dataset` without end, of `({"labeled": x, "unlabeled": u}, y)` (see
        `BatchPlan`).

    Raises:
        ValueError: For an argument outside its range.
        ImportError: Without TensorFlow.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> dataset = keras_mixup.data.semi_supervised(
    ...     source, num_labels=50, batch_size=32, unlabeled_batch_size=64)
    >>> inputs, y = next(iter(dataset))
    >>> tuple(inputs["labeled"].shape), tuple(inputs["unlabeled"].shape)
    ((32, 8, 8, 1), (64, 8, 8, 1))
    """
    plan = planning.with_unlabeled(
        source, num_labels, batch_size, unlabeled_batch_size, **options
    )
    return plan.dataset(start_step)
