"""The two ways in which a run ends before its time."""


class UsageError(ValueError):
    """The user asked for something that cannot be done (exit code 2).

    The message is one line: what was expected, what was received, how to mend it.
    """


class RunFailure(RuntimeError):
    """The run began well and then failed (exit code 1)."""
