from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_mixup import labels as labels_lib
from keras_mixup import mixing, random
from keras_mixup.layers import input_forms


@keras.saving.register_keras_serializable(package="keras_mixup")
class DirichletMixup(keras.layers.Layer):
    """Mixes the examples of a batch, K at a time, with Dirichlet weights.

    Use it in a `tf.data` pipeline (with `keras_mixup.data.mix`, which makes a parallel
    map repeatable), in a training loop of your own, or, told `mix_labels=False`, as the
    first layer of a network. To train with mixup through `fit`,
    `keras_mixup.models.MixupModel` is the shorter way.

    For each example, `lambda ~ Dirichlet(alpha)` is drawn, and K - 1 partners from
    random permutations of the batch; the example itself is point 0. Inputs, labels and
    sample weights all become `sum_k lambda_k * point_k`.

    Reference: [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413), equation 1;
    with two points, [Zhang et al., 2018](https://arxiv.org/abs/1710.09412).

    Args:
        num_points: Integer of at least 1, the number K of examples in a mixture. 1
            mixes nothing. Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            weights. Small values leave most examples almost alone, large ones average
            them. Defaults to `0.5`.
        per_example: Boolean. Whether weights are drawn for each example, or once for
            the batch. Partners always differ. Defaults to `True`.
        symmetrize: Boolean. Whether the weights of an example are sorted so that it
            weighs the most in its own mixture. Defaults to `False`.
        num_classes: Integer of at least 2, or `None`. With it, labels are classes:
            ids, or rows of `num_classes` probabilities. Without it they are numbers,
            mixed as they are.
        mix_labels: Boolean. Whether labels and sample weights are mixed with the
            inputs. Defaults to `True`.
        seed: Integer or `None`. The seed of the draws.

    Call arguments:
        x: Tensor of shape `(batch, ...)`, of any rank, or a dictionary with "images"
            and any of "labels", "segmentation_masks" and "sample_weight".
        y: Labels, optional. Class ids of shape `(batch,)`, `(batch, 1)` or
            `(batch, ...)`; rows of shape `(batch, ..., num_classes)`; or regression
            targets of shape `(batch, ...)`.
        sample_weight: Tensor of shape `(batch,)`, optional.
        training: Boolean. Without training, what was given is returned as it is. Like
            Keras' own augmenting layers it trains unless told otherwise, so inside a
            network `network(x)` mixes, and `fit`, `evaluate` and `predict` do what
            their names say.

    Output shape:
        What was given: `x`, `(x, y)`, `(x, y, sample_weight)` or the dictionary. Inputs
        keep their shape and their float dtype (integers become float32). Class ids
        become float32 rows of shape `(batch, ..., num_classes)`.

    Raises:
        ValueError: For an argument outside its range; for integer labels without
            `num_classes`; for labels that fit neither ids nor rows; for arrays of
            different length; for an unknown key; and in a functional network, where
            labels are out of reach, unless `mix_labels=False`.

    Example:

    >>> layer = keras_mixup.layers.DirichletMixup(num_classes=3, seed=0)
    >>> x, y = layer(np.ones((4, 8, 8, 1)), np.array([0, 1, 2, 0]))
    >>> tuple(x.shape), tuple(y.shape)
    ((4, 8, 8, 1), (4, 3))
    """

    def __init__(
        self,
        num_points: int = 2,
        alpha: float | Sequence[float] = 0.5,
        per_example: bool = True,
        symmetrize: bool = False,
        num_classes: int | None = None,
        mix_labels: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        # Autocasting would round labels to the float16 of a mixed policy.
        super().__init__(autocast=False, **kwargs)
        random.standardize_alpha(alpha, num_points)
        if num_classes is not None and num_classes < 2:
            raise ValueError(
                "`num_classes` must be at least 2, or None for labels that are not "
                f"classes. Received: num_classes={num_classes}"
            )
        self.num_points = num_points
        self.alpha = random.plain_alpha(alpha)
        self.per_example = per_example
        self.symmetrize = symmetrize
        self.num_classes = num_classes
        self.mix_labels = mix_labels
        self.seed = random.concrete_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def call(self, x, y=None, sample_weight=None, training=True):
        given = input_forms.pack(x, y, sample_weight)
        self._check_reach(given)
        if not training:
            return given
        return self.mix(given, self.seed_generator.next())

    def mix(self, inputs: Any, seed: random.Seed) -> Any:
        """Mixes one batch with the draws of a given seed, and no state.

        Args:
            inputs: What `call` takes: `x`, a tuple `(x, y)` or
                `(x, y, sample_weight)`, or a dictionary.
            seed: Pair of integers or integer tensor of shape `(2,)`.

        Returns:
            What was given, mixed.
        """
        parts = input_forms.unpack(inputs)
        batch_size = input_forms.batch_size(parts)
        weights, partners = mixing.draw(
            batch_size,
            self.num_points,
            self.alpha,
            seed,
            per_example=self.per_example,
            symmetrize=self.symmetrize,
        )
        mixed = {}
        for key, value in parts.items():
            if key != "images" and not self.mix_labels:
                mixed[key] = value
            else:
                mixed[key] = mixing.mix(
                    self._rows(key, value, parts), weights, partners
                )
        return input_forms.like(inputs, mixed)

    def _rows(self, key, value, parts):
        """What is mixed in place of the values given under a key."""
        if key == "images":
            return value
        if key == "sample_weight":
            return ops.cast(value, "float32")
        value = ops.convert_to_tensor(value)
        if key == "segmentation_masks":
            input_forms.check_mask(value, parts["images"])
            if self.num_classes is not None:
                return self._mask_rows(value, len(parts["images"].shape))
        return self._label_rows(key, value)

    def _mask_rows(self, mask, image_rank):
        """Masks of ids or of rows: the rank of the images tells which."""
        has_channels = len(mask.shape) == image_rank
        if has_channels and mask.shape[-1] == self.num_classes:
            return ops.cast(mask, "float32")
        if has_channels and mask.shape[-1] != 1:
            raise ValueError(
                "Segmentation masks must hold class ids, or one channel for each "
                f"class. Received: masks of shape {tuple(mask.shape)}, "
                f"num_classes={self.num_classes}"
            )
        return labels_lib.class_rows(mask, self.num_classes)

    def _label_rows(self, key, labels):
        dtype = keras.backend.standardize_dtype(labels.dtype)
        shape = tuple(labels.shape)
        if self.num_classes is None:
            if not keras.backend.is_float_dtype(dtype):
                raise ValueError(
                    f"Integer {key} are class ids, and mixing them needs the number of "
                    "classes: give `num_classes`. For regression targets, cast them to "
                    f"float. Received: {key} of dtype {dtype} and shape {shape}, "
                    "num_classes=None"
                )
            return ops.cast(labels, "float32")
        has_rows = len(shape) > 1 and shape[-1] == self.num_classes
        if has_rows and keras.backend.is_float_dtype(dtype):
            return ops.cast(labels, "float32")
        if has_rows:
            raise ValueError(
                f"Integer {key} of shape {shape} could be one-hot rows or class ids. "
                "Cast one-hot rows to float; give ids another trailing axis of size 1. "
                f"Received: dtype {dtype}, num_classes={self.num_classes}"
            )
        if len(shape) > 1 and shape[-1] not in (1, None):
            self._check_not_rows(labels, dtype)
        return labels_lib.class_rows(labels, self.num_classes)

    def _check_not_rows(self, labels, dtype):
        """Refuses float rows of the wrong width before they pass for ids."""
        if keras.backend.is_float_dtype(dtype):
            raise ValueError(
                "Rows of labels must have one column for each class. Received: labels "
                f"of shape {tuple(labels.shape)} and dtype {dtype}, "
                f"num_classes={self.num_classes}"
            )

    def _check_reach(self, given):
        symbolic = any(
            isinstance(leaf, keras.KerasTensor) for leaf in keras.tree.flatten(given)
        )
        if symbolic and self.mix_labels:
            raise ValueError(
                "Inside a network DirichletMixup mixes the inputs but cannot reach the "
                "labels. Mix both in the data pipeline or with "
                "`keras_mixup.models.MixupModel`; to mix the inputs alone, give "
                "`mix_labels=False`. Received: a symbolic input, mix_labels=True"
            )

    def compute_output_spec(self, x, y=None, sample_weight=None, training=True):
        given = input_forms.pack(x, y, sample_weight)
        self._check_reach(given)
        return keras.tree.map_structure(
            lambda t: None if t is None else keras.KerasTensor(t.shape, t.dtype), given
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_points": self.num_points,
            "alpha": self.alpha,
            "per_example": self.per_example,
            "symmetrize": self.symmetrize,
            "num_classes": self.num_classes,
            "mix_labels": self.mix_labels,
            "seed": self.seed,
        }
