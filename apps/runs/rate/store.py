"""The rows of the buckets: read, changed and written under their lock, one short transaction each time."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from apps.catalog.spec import RateLimit
from apps.connections.allowances import Allowance
from apps.runs.rate import bucket

FULL = 1e6

Scope = tuple[int, str]
"""A connection's id, and the name of a limit that some of its actions share."""


def take(
    scope: Scope, limit: RateLimit | None, *, wanted: int, spare: int, bulk: bool, now: datetime
) -> bucket.Grant:
    """Take tokens of a bucket."""
    return _change(
        scope,
        now,
        lambda row: bucket.take(row, limit, wanted=wanted, spare=spare, bulk=bulk, now=now),
    )


def refuse(scope: Scope, limit: RateLimit | None, *, after: float | None, reason: str, now: datetime) -> None:
    """Write that the provider asked for fewer calls."""
    _change(scope, now, lambda row: bucket.refuse(row, limit, after=after, reason=reason, now=now))


def slowed(now: datetime) -> set[Scope]:
    """Return the buckets whose provider has asked for fewer calls, and that have not recovered."""
    learnt = Allowance.objects.filter(learnt__isnull=False)
    closed = Allowance.objects.filter(closed_until__gt=now)
    return set((learnt | closed).values_list("connection_id", "scope"))


def _change[Result](scope: Scope, now: datetime, change: Callable[[Allowance], Result]) -> Result:
    connection, name = scope
    with transaction.atomic():
        rows = Allowance.objects.select_for_update()
        row = rows.filter(connection=connection, scope=name).first()
        if row is None:
            Allowance.objects.bulk_create(
                [
                    # Full, as far as its limit lets it be.
                    Allowance(
                        connection_id=connection, scope=name, filled_at=now, tokens=FULL, live=FULL, bulk=FULL
                    )
                ],
                ignore_conflicts=True,
            )
            row = rows.get(connection=connection, scope=name)
        result = change(row)
        row.save()
    return result
