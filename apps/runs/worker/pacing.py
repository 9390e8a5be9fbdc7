"""Keeps calls back that their connection does not take yet: here for a moment, else in the table."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from math import inf

from apps.runs import rate
from apps.runs.dispatch import Piece
from apps.runs.leases import steady
from apps.runs.pump import Execution
from apps.runs.rate.bucket import HOLD_SECONDS


class Pacing:
    """What one drain has asked for and been told. A run is asked about once before it is announced."""

    def __init__(self) -> None:
        self._admitted: set[Execution] = set()
        self._until: dict[Execution, float] = {}

    def in_time(
        self, changed: Iterable[Execution], now: datetime, *, under_way: Collection[Piece], threads: int
    ) -> list[Execution]:
        """Return what may be written now, in the order given; a run that must wait long is among it."""
        listed = list(changed)
        calling = [each for each in listed if each.verdict is None and each.pieces]
        asked = [each for each in calling if each not in self._admitted and self._may_ask(each)]
        pieces = [piece for each in asked for piece in each.pieces]
        waits = rate.admit(pieces, now, under_way=under_way, threads=threads) if pieces else {}
        for each in asked:
            self._told(each, max((waits.get(piece, 0.0) for piece in each.pieces), default=0.0), now)
        return [each for each in listed if each.verdict is not None or not each.pieces or self._goes(each)]

    def gone(self, executions: Iterable[Execution]) -> None:
        """Forget what has been written."""
        self._admitted.difference_update(executions)

    def __bool__(self) -> bool:
        """Tell whether a run is kept back here."""
        return bool(self._until)

    def wait(self, now: float) -> float:
        """Return the seconds until a kept run may be asked about again; endless where none is."""
        return max(0.0, min(self._until.values(), default=inf) - now)

    def clear(self) -> None:
        """Forget everything: the drain gives back what it has."""
        self._admitted.clear()
        self._until.clear()

    def _may_ask(self, execution: Execution) -> bool:
        if self._until.get(execution, 0.0) > steady():
            return False
        self._until.pop(execution, None)
        return True

    def _told(self, execution: Execution, seconds: float, now: datetime) -> None:
        if not seconds:
            self._admitted.add(execution)
        elif seconds > HOLD_SECONDS:
            execution.come_again(now + timedelta(seconds=seconds), _REASON)
        else:
            self._until[execution] = steady() + seconds

    def _goes(self, execution: Execution) -> bool:
        return execution in self._admitted


_REASON = "Its connection is called as fast as it may be, so this run has its turn a little later."
