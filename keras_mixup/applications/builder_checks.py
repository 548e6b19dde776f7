"""Checks of arguments that the networks share."""

from collections.abc import Sequence


def check_classes(num_classes: int) -> None:
    if not isinstance(num_classes, int) or num_classes < 1:
        raise ValueError(
            "`num_classes` must be a positive integer, the number of logits. "
            f"Received: num_classes={num_classes!r}"
        )


def check_dropout(dropout: float) -> None:
    if not 0 <= dropout < 1:
        raise ValueError(
            "`dropout` must be a rate in [0, 1), 0 for none. "
            f"Received: dropout={dropout!r}"
        )


def check_image_shape(input_shape: Sequence[int | None]) -> None:
    if len(tuple(input_shape)) != 3:
        raise ValueError(
            "`input_shape` must be (height, width, channels), without the batch. "
            f"Received: input_shape={input_shape}. Give grey images a last axis of "
            "length 1; use `MLP` for vectors."
        )


def check_momentum(batch_norm_momentum: float) -> None:
    if not 0 <= batch_norm_momentum < 1:
        raise ValueError(
            "`batch_norm_momentum` must be in [0, 1), the share of the moving "
            "statistics that a step keeps. "
            f"Received: batch_norm_momentum={batch_norm_momentum!r}"
        )
