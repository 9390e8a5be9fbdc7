"""Order per key: of the events of one customer, say, one run after the other, in the order of the events.

Every door that makes a run fills its `order_key` with `key_for(version_id, data)`, where
`data` is what `{{ trigger.… }}` sees, and inserts it as any other run: queued,
due at once. Only where `workflows.versions.order_of(version_id)` is not None is there
a key; elsewhere the column stays null. Nothing else is asked of a door.

The claim asks `may_begin`: a run whose turn it is gets the key's `Turn`, one that
is too early waits, out of the claim's way (`waiting`, due never), and one that is
too late is superseded, if the workflow says so. The end of the run that holds the
turn lets the next one go in the same transaction (`release`), by the time of the
events, then by id; a sweep does it for ends that did not say so.

Whatever is decided about a key is decided under its lock, which is taken behind the locks of runs' rows.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connection as database

from apps.catalog.registry import UnknownKeyError
from apps.common import crypto
from apps.common.crypto import SealError
from apps.language.errors import UnsafeJSONError
from apps.runs.models import Run, Turn
from apps.workflows.versions import order_of

if TYPE_CHECKING:
    from apps.runs.querysets import RunQuerySet

log = structlog.get_logger(__name__)

REASON_CODE = "order"
UNFINISHED = ("queued", "running", "waiting", "parked", "held", "needs_decision")


def key_for(version_id: int, data: Mapping[str, Any]) -> bytes | None:
    """Return the key of a new run of this version: a keyed hash of workflow and value; None without one.

    An event in which the field is empty is in no order.
    """
    ordered = order_of(version_id)
    value = ordered.plan.value_in(data) if ordered is not None else ""
    if ordered is None or not value:
        return None
    return crypto.search_hash(value, kind="order", workspace=str(ordered.workflow_id))


def assign(runs: Iterable[Run]) -> None:
    """Give new runs their keys, as far as their versions have an order; the caller writes them.

    It opens the events' bodies, which the door for many does not need to. An event
    that can't be read has no key: its run says itself what is wrong.
    """
    for run in runs:
        ordered = order_of(run.version_id)
        if ordered is not None:
            run.order_key = _read_key(run, ordered.plan.trigger)


def release(runs: Iterable[Run], *, at: datetime) -> int:
    """Let the next run of each key go; returns how many.

    `runs` have ended, and their rows have been written in this transaction. Costs
    nothing where none of them has a key.
    """
    keyed = {run.pk: bytes(run.order_key) for run in runs if run.order_key}
    if not keyed:
        return 0
    keys = set(keyed.values())
    lock(keys)
    Turn.objects.filter(run__in=keyed).delete()
    return let_next(keys, at=at)


def let_next(keys: Collection[bytes], *, at: datetime) -> int:
    """Queue the first of each key whose turn nobody has, if that is what it waits for; returns how many.

    The caller has locked the keys. A row that a person has locked is left out: what
    they do with it ends in another look.
    """
    taken = set(holders(keys))
    moved = 0
    for key in sorted(set(keys) - taken):
        first = first_of(key)
        if first is not None and first.status == "waiting" and first.reason_code == REASON_CODE:
            free = Run.objects.filter(pk=first.pk, status="waiting", reason_code=REASON_CODE)
            if free.select_for_update(skip_locked=True, of=("self",)).values_list("pk").first():
                moved += free.update(status="queued", due_at=at, reason_code="", reason="", remedy="")
    return moved


def first_of(key: bytes) -> Run | None:
    """Return the earliest event's run that has not ended and has not had its turn given."""
    return unfinished_of(key).filter(turn__isnull=True).order_by("event_at", "id").first()


def unfinished_of(key: bytes) -> "RunQuerySet":
    """Return the runs of a key that have not ended."""
    return Run.objects.filter(order_key=key, status__in=UNFINISHED)


def waits_for(run: Run) -> Run | None:
    """Return what holds up a run that waits for its turn: the run that has it, or the first in the order."""
    if run.status != Run.Status.WAITING or run.reason_code != REASON_CODE or not run.order_key:
        return None
    key = bytes(run.order_key)
    holder = Turn.objects.filter(order_key=key, passed=False).select_related("run").first()
    found = holder.run if holder is not None else first_of(key)
    return found if found is not None and found.pk != run.pk else None


def needs_a_person(run: Run) -> bool:
    """Tell whether a run goes on only when a person has decided, as long as which its followers wait.

    Its workflow's pause is such a decision, too: nothing else ends it.
    """
    return run.status in (Run.Status.HELD, Run.Status.NEEDS_DECISION)


def newer_that_ran(run: Run) -> Run | None:
    """Return the run of the newest event of the key that began, where that event is newer than this run's."""
    if not run.order_key:
        return None
    began = Run.objects.filter(
        order_key=bytes(run.order_key), started_at__isnull=False, event_at__gt=run.event_at
    )
    return began.order_by("-event_at").first()


def lock(keys: Collection[bytes]) -> None:
    """Be the only one that decides about these keys until the transaction ends, as on SQLite anyway."""
    if database.vendor == "postgresql":
        numbers = sorted(int.from_bytes(key[:8], signed=True) for key in keys)
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", [numbers])


def holders(keys: Collection[bytes]) -> dict[bytes, int]:
    """Return the id of the run that has each key's turn."""
    rows = Turn.objects.filter(order_key__in=list(keys), passed=False).values_list("order_key", "run")
    return {bytes(key): run for key, run in rows}


def _read_key(run: Run, trigger: str) -> bytes | None:
    from apps.runs import payload

    try:
        return key_for(run.version_id, payload.trigger_data(run, trigger))
    except (payload.PayloadGoneError, SealError, UnknownKeyError, UnsafeJSONError):
        return None
    except Exception:
        log.exception("ordering.unreadable_event", run=str(run.code))
        return None
