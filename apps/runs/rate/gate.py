"""What a drain asks before it sends, and what it tells afterwards."""

from collections.abc import Iterable
from datetime import datetime

from apps.runs.dispatch import Piece, Result


def admit(pieces: Iterable[Piece], now: datetime) -> dict[Piece, float]:
    """Return the seconds that each piece must wait; those that are not in it may be sent now."""
    return {}


def heard(result: Result, now: datetime) -> None:
    """Take note of an answer: a provider that asks for fewer calls is called less often by everybody."""


def reset() -> None:
    """Forget what this process has leased and learnt: for a new life of the drain, and for tests."""
