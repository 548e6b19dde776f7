"""Records that are made up, as those of the claims."""

from tests.trainers.claims.conftest import made

__all__ = ["made"]
