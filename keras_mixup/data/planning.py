from typing import Literal, TypedDict, Unpack

import numpy as np

from keras_mixup.data import array_checks, random_bits, splits
from keras_mixup.data import augmentation as augmentation_lib
from keras_mixup.data import label_noise as label_noise_lib
from keras_mixup.data.batch_plan import BatchPlan
from keras_mixup.data.source import Source
from keras_mixup.data.stream import Stream


class LabeledOptions(TypedDict, total=False):
    """The options of `plan` for every batch, which its other fronts pass on."""

    augmentation: str
    max_shift: int | None
    seed: int
    label_noise: float


class PlanOptions(LabeledOptions, total=False):
    """All options of `plan`, those for unlabelled batches too."""

    unlabeled_includes_labeled: bool
    num_views: int


def plan(
    source: Source,
    num_labels: int | None,
    batch_size: int,
    unlabeled_batch_size: int | Literal["equal"] | None = None,
    *,
    augmentation: str = "auto",
    max_shift: int | None = None,
    seed: int = 0,
    label_noise: float = 0.0,
    unlabeled_includes_labeled: bool = True,
    num_views: int = 1,
) -> BatchPlan:
    """Plans the batches of a training run: which examples each step reads, and how.

    Use it to train on a set in memory, from any step on, and on any backend:
    `plan.dataset()` gives the batches as an endless `tf.data.Dataset`,
    `plan.batches()` the same, bit for bit, as a `keras.utils.PyDataset`.

    Each run of as many examples as have labels visits each of them exactly once, in a
    new random order; batches go across its border, so all have the same size, and fewer
    labels than a batch repeat within it. The unlabelled examples are a second stream of
    this kind.

    Args:
        source: A `Source`.
        num_labels: Integer, how many training examples are labelled (see
            `choose_labeled`), or `None` for all.
        batch_size: Integer of at least 1, the labelled examples of a step.
        unlabeled_batch_size: Integer of at least 1, the unlabelled examples of a step,
            at most as many as there are; `"equal"`, as many as labelled ones; or `None`
            for labelled examples alone. Defaults to `None`.
        augmentation: `"none"`; `"crop"`, which pads images by reflection and crops
            them at random; `"crop_flip"`, which mirrors half of them as well; or
            `"auto"`: crop images, flip where the source says that mirrored images are
            good ones, and leave all else alone. Drawn per example. Defaults to
            `"auto"`.
        max_shift: Integer, by how many pixels a crop may move, or `None`: one for
            every 8 pixels of the shorter side. Defaults to `None`.
        seed: Integer: choice of labels, order, augmentation and label noise. Defaults
            to `0`.
        label_noise: Float in [0, 1], the share of the labelled examples whose label is
            replaced by one drawn uniformly from all classes (see `corrupt_labels`).
            Validation and test labels stay as they are. Defaults to `0.0`.
        unlabeled_includes_labeled: Boolean. Whether the unlabelled examples are the
            whole training set, `source.unlabeled` included, or only the examples
            without a label. Defaults to `True`.
        num_views: Integer of at least 1, how many times each unlabelled example is
            augmented, independently. The first view equals the single one. Defaults to
            `1`.

    Returns:
        A `BatchPlan`.

    Raises:
        ValueError: For an argument outside its range (see also `choose_labeled`), and
            for an option of unlabelled batches where there are none.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> plan = keras_mixup.data.plan(
    ...     source, num_labels=50, batch_size=32, unlabeled_batch_size=64)
    >>> inputs, y = plan.batches(start_step=1000)[0]
    >>> inputs["labeled"].shape, inputs["unlabeled"].shape, y.shape
    ((32, 8, 8, 1), (64, 8, 8, 1), (32,))
    """
    array_checks.check_positive("num_views", num_views)
    labeled = _labeled(source, num_labels, seed)
    labels = source.train.y.copy()
    labels[labeled] = label_noise_lib.corrupt_labels(
        labels[labeled], label_noise, source.num_classes, seed
    )
    augment = augmentation_lib.resolve(
        augmentation, source.input_shape, source.mirrored, max_shift
    )
    array_checks.check_positive("batch_size", batch_size)
    key = random_bits.root_key(seed, random_bits.LABELED)
    first = Stream(labeled, int(batch_size), key, augment)
    if unlabeled_batch_size is None:
        _check_without_unlabeled(unlabeled_includes_labeled, num_views)
        return BatchPlan(source, (first,), labels)
    unlabeled = np.arange(source.num_train + source.num_unlabeled)
    if not unlabeled_includes_labeled:
        unlabeled = np.setdiff1d(unlabeled, labeled)
    size = _unlabeled_size(batch_size, unlabeled_batch_size, len(unlabeled))
    key = random_bits.root_key(seed, random_bits.UNLABELED)
    second = Stream(unlabeled, size, key, augment, int(num_views))
    return BatchPlan(source, (first, second), labels)


def with_unlabeled(
    source: Source,
    num_labels: int | None,
    batch_size: int,
    unlabeled_batch_size: int | None,
    **options: Unpack[PlanOptions],
) -> BatchPlan:
    """The plan of the semi-supervised fronts, where `None` is as many of both kinds."""
    if unlabeled_batch_size is None:
        return plan(source, num_labels, batch_size, "equal", **options)
    return plan(source, num_labels, batch_size, unlabeled_batch_size, **options)


def _labeled(source, num_labels, seed):
    if num_labels is None:
        return np.arange(source.num_train)
    return splits.choose_labeled(source.train.y, num_labels, source.num_classes, seed)


def _unlabeled_size(batch_size, unlabeled_batch_size, num_examples):
    name, size = "unlabeled_batch_size", unlabeled_batch_size
    if size == "equal":
        name, size = "batch_size", batch_size
    array_checks.check_positive(name, size)
    if size > num_examples:
        raise ValueError(
            f"`{name}` must be at most the number of unlabelled examples, "
            f"{num_examples}. Received: {name}={size}"
        )
    return int(size)


def _check_without_unlabeled(unlabeled_includes_labeled, num_views):
    if num_views != 1 or not unlabeled_includes_labeled:
        raise ValueError(
            "`num_views` and `unlabeled_includes_labeled` are options of unlabelled "
            "batches: expected an `unlabeled_batch_size` next to them; give it, or "
            "leave them out. Received: unlabeled_batch_size=None, "
            f"num_views={num_views}, "
            f"unlabeled_includes_labeled={unlabeled_includes_labeled}"
        )
