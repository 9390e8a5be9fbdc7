"""Counting refused requests in memory and writing the sums once a minute.

A flood of forged requests costs one row per endpoint and reason, and one write
a minute. The first of a kind is written at once, so that a wrong signing secret
shows without delay.
"""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import structlog
from django.db import Error as DatabaseFailure
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.db.models import F, Q

from apps.webhooks.models import Refusal

FLUSH_EVERY = timedelta(seconds=60)

log = structlog.get_logger(__name__)

type Kind = tuple[int | None, str]


class _Pending:
    """The counts of this process that are not in the database yet."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[Kind] = Counter()
        self.written: dict[Kind, datetime] = {}
        self.timer: threading.Timer | None = None


_pending = _Pending()


def count(endpoint_id: int | None, reason: str, *, at: datetime) -> None:
    """Count one refused request."""
    kind: Kind = (endpoint_id, reason)
    with _pending.lock:
        _pending.counts[kind] += 1
        last = _pending.written.get(kind)
        due = last is None or at - last >= FLUSH_EVERY
        if not due and _pending.timer is None:
            _pending.timer = threading.Timer(FLUSH_EVERY.total_seconds(), _flush_in_thread)
            _pending.timer.daemon = True
            _pending.timer.start()
    if due:
        flush(at=at)


def flush(*, at: datetime) -> None:
    """Write every pending sum; what the database does not take is kept for the next time."""
    with _pending.lock:
        counts, _pending.counts = _pending.counts, Counter()
        _pending.written.update(dict.fromkeys(counts, at))
    # In one order everywhere, so that two processes can't wait for each other.
    for kind in sorted(counts, key=lambda kind: (kind[0] or 0, kind[1])):
        try:
            _add(kind, counts[kind], at=at)
        except IntegrityError:
            log.info("webhook.refusals_dropped", endpoint=kind[0])  # The endpoint is gone.
        except DatabaseFailure as error:
            log.warning("webhook.refusals_not_written", error=type(error).__name__)
            with _pending.lock:
                _pending.counts[kind] += counts[kind]
                _pending.written.pop(kind, None)


def forget() -> None:
    """Drop what is not written yet: a process that ends, or a test that begins, owes nothing."""
    with _pending.lock:
        _pending.counts.clear()
        _pending.written.clear()
        if _pending.timer is not None:
            _pending.timer.cancel()
            _pending.timer = None


def _add(kind: Kind, number: int, *, at: datetime) -> None:
    endpoint_id, reason = kind
    with transaction.atomic():
        # Making an empty row first lets two processes meet without losing a count.
        Refusal.objects.bulk_create(
            [Refusal(endpoint_id=endpoint_id, reason=reason, last_at=at)], ignore_conflicts=True
        )
        Refusal.objects.filter(Q(endpoint_id=endpoint_id), reason=reason).update(
            count=F("count") + number, last_at=at
        )


def _flush_in_thread() -> None:
    with _pending.lock:
        _pending.timer = None
    close_old_connections()
    try:
        flush(at=datetime.now(UTC))
    finally:
        connection.close()
