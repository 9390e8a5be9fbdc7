"""Heals the order per key: what ended without letting the next run go, and who waits for nobody."""

from datetime import datetime

from django.db import transaction

from apps.runs import ordering
from apps.runs.models import Run, Turn
from apps.runs.worker.sharing import every

BATCH = 500
ROWS = 2_000
"""So many waiting runs are looked at each time; the next look goes on behind them."""

_after: list[bytes] = [b""]


@every(seconds=2)
def heal(*, at: datetime) -> int:
    """Take the turns of runs that have ended, and let those go whose key nobody has the turn of."""
    ended = Turn.objects.filter(run__status__in=Run.FINISHED).select_related("run")[:BATCH]
    with transaction.atomic():
        moved = ordering.release([turn.run for turn in ended], at=at)
    return moved + _free(at=at)


def _free(*, at: datetime) -> int:
    waiting = Run.objects.filter(
        order_key__gt=_after[0], status__in=ordering.UNFINISHED, reason_code=ordering.REASON_CODE
    )
    rows = waiting.order_by("order_key").values_list("order_key", flat=True)[:ROWS]
    keys = list(dict.fromkeys(bytes(key) for key in rows if key is not None))
    _after[0] = keys[-1] if keys else b""
    idle = set(keys) - set(ordering.holders(keys)) if keys else set()
    if not idle:
        return 0
    with transaction.atomic():
        some = sorted(idle)[:BATCH]
        ordering.lock(some)
        return ordering.let_next(some, at=at)
