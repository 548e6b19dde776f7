"""Checks of arguments that the networks share."""


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
