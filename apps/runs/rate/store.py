"""The rows of the buckets: read, changed and written under their lock, one short transaction each time.

On PostgreSQL the usual case, tokens enough and nothing slowed down or repeated in
bulk, is one prepared statement that does the sums of `bucket.take`. Its commit is
not waited for: what a crash of the server forgets of it are tokens of its last
moment, and the provider's window is over before the server is back.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import connection as database
from django.db import transaction

from apps.catalog.spec import RateLimit
from apps.common import prepared
from apps.connections.allowances import Allowance
from apps.runs.rate import bucket

FULL = 1e6

Scope = tuple[int, str]
"""A connection's id, and the name of a limit that some of its actions share."""


def take(
    scope: Scope, limit: RateLimit | None, *, wanted: int, spare: int, bulk: bool, now: datetime
) -> bucket.Grant:
    """Take tokens of a bucket."""
    if limit is not None and not bulk and database.vendor == "postgresql":
        calls = _take_at_once(scope, limit, wanted=wanted, spare=spare, now=now)
        if calls:
            return bucket.Grant(calls)
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
    if database.vendor == "postgresql":
        return {(connection, name) for connection, name in prepared.execute(_SLOWED, [now])}
    learnt = Allowance.objects.filter(learnt__isnull=False)
    closed = Allowance.objects.filter(closed_until__gt=now)
    return set((learnt | closed).values_list("connection_id", "scope"))


_SLOWED = (
    "SELECT connection_id, scope FROM connections_allowance WHERE learnt IS NOT NULL OR closed_until > %b"
)
_TAKE = """
UPDATE connections_allowance a
SET tokens = f.tokens - f.calls, live = f.live - f.calls, bulk = f.bulk, filled_at = f.filled_at
FROM (
  SELECT id, tokens, live, bulk, filled_at, LEAST(floor(tokens), %b::float8) AS calls
  FROM (
    SELECT id, GREATEST(filled_at, %b) AS filled_at,
      LEAST(%b::float8, tokens + %b::float8 * seconds) AS tokens,
      LEAST(%b::float8, live + %b::float8 * seconds) AS live,
      LEAST(%b::float8, bulk + %b::float8 * seconds) AS bulk
    FROM (
      SELECT *, GREATEST(0, EXTRACT(epoch FROM %b - filled_at))::float8 AS seconds
      FROM connections_allowance
      WHERE connection_id = %b AND scope = %b AND learnt IS NULL
        AND (closed_until IS NULL OR closed_until <= %b)
        AND (bulk_wanted_at IS NULL OR bulk_wanted_at < %b)
      FOR UPDATE
    ) AS held
  ) AS filled
  WHERE tokens >= %b::float8
) AS f, (SELECT set_config('synchronous_commit', 'off', true)) AS unwaited
WHERE a.id = f.id
RETURNING f.calls
"""


def _take_at_once(scope: Scope, limit: RateLimit, *, wanted: int, spare: int, now: datetime) -> int:
    """Take what `bucket.take` would where all that is wanted is there; 0 where it must be asked."""
    rate = bucket.declared_rate(limit)
    most, most_live, most_bulk = bucket.sizes(limit, rate)
    filling = [most, rate, most_live, rate * bucket.LIVE_SHARE, most_bulk, rate * bucket.BULK_SHARE]
    at_rest = now - bucket.BULK_RECENT
    taken = prepared.execute(
        _TAKE, [float(wanted + spare), now, *filling, now, *scope, now, at_rest, float(wanted)]
    )
    return int(taken[0][0]) if taken else 0


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
