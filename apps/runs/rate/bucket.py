"""The sums of the token bucket, without a database: what may be sent now, and how long the rest waits.

A provider takes N calls in any S seconds. The bucket holds a tenth of N and is
filled so slowly that bucket and filling together stay below N in S seconds and the
moment longer for which a worker may keep tokens that it has taken.

While calls are repeated in bulk, what happens now is left nine tenths of the
rate and bulk gets the rest, and what live traffic leaves up to a half.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apps.catalog.spec import RateLimit
from apps.connections.allowances import Allowance

BURST = 0.1
KEEP = 0.05
"""Of the limit's seconds: how long a worker may keep tokens before it uses them."""

LIVE_SHARE, BULK_SHARE = 0.9, 0.5
BULK_RECENT = timedelta(seconds=30)
BLOCK = 50

SLOWEST = 0.2
"""Calls a second, below which no answer of a provider brings a rate."""

FIRST_GUESS = 10.0
"""Calls a second behind the first 429 of a provider that declares no limit."""

UNLIMITED = 200.0
"""Calls a second at which such a provider counts as unlimited again."""

RECOVER_SECONDS, RECOVER_BY = 5.0, 1.25
ONE_REFUSAL = timedelta(seconds=1)
"""Refusals within it are of the same moment: the calls were under way together."""

DEFAULT_CLOSED, LONGEST_CLOSED = 1.0, 3600.0
LONGEST_BOOKED = 600.0
HOLD_SECONDS = 1.0
"""A shorter wait is spent in the worker; for a longer one the run is given back."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one ask came to: so many calls may be sent now, and the others wait so many seconds each."""

    calls: int
    waits: Sequence[float] = field(default=())


def declared_rate(limit: RateLimit) -> float:
    """Return the calls per second that the bucket of a limit is filled by."""
    return (limit.calls - _burst_of(limit) + 0.99) / (limit.seconds * (1 + KEEP))


def keep_seconds(limit: RateLimit | None) -> float:
    """Return how long tokens may be kept that were taken and not used."""
    return limit.seconds * KEEP if limit is not None else 0.05


def rate_now(row: Allowance, limit: RateLimit | None) -> float:
    """Return the calls per second as things stand; infinite without any limit."""
    rate = declared_rate(limit) if limit is not None else float("inf")
    return min(rate, row.learnt) if row.learnt is not None else rate


def take(
    row: Allowance, limit: RateLimit | None, *, wanted: int, spare: int, bulk: bool, now: datetime
) -> Grant:
    """Take tokens for `wanted` calls and up to `spare` more; changes the row, which the caller writes."""
    recover(row, limit, now=now)
    rate = rate_now(row, limit)
    if rate == float("inf") and not _is_closed(row, now):
        return Grant(wanted)
    _fill(row, limit, rate, now=now)
    if bulk:
        row.bulk_wanted_at = now
    room = 0 if _is_closed(row, now) else int(_room(row, bulk=bulk, now=now))
    granted = min(room, wanted + spare)
    row.tokens -= granted
    if bulk:
        row.bulk -= granted
    else:
        row.live -= granted
    left = max(0, wanted - granted)
    return Grant(granted, _waits(row, rate, left, bulk=bulk, now=now))


def refuse(
    row: Allowance, limit: RateLimit | None, *, after: float | None, reason: str, now: datetime
) -> None:
    """Note that the provider asked for fewer calls: nothing until then, and half the rate from then on."""
    pause = min(max(after if after is not None else DEFAULT_CLOSED, 0.1), LONGEST_CLOSED)
    closed = now + timedelta(seconds=pause)
    row.closed_until = max(row.closed_until or closed, closed)
    if row.limited_at is None or now - row.limited_at > ONE_REFUSAL:
        rate = rate_now(row, limit)
        row.learnt = FIRST_GUESS if rate == float("inf") else max(SLOWEST, rate / 2)
        row.tokens = min(row.tokens, 0.0)
    row.limited_at = row.learnt_at = now
    row.reason = reason[:300]


def recover(row: Allowance, limit: RateLimit | None, *, now: datetime) -> None:
    """Raise a learnt rate by one step for every few seconds without a refusal, up to the declared one."""
    if row.learnt is None or row.learnt_at is None:
        return
    since = max(row.learnt_at, row.closed_until or row.learnt_at)
    steps = int((now - since).total_seconds() / RECOVER_SECONDS)
    if steps <= 0:
        return
    row.learnt *= RECOVER_BY ** min(steps, 200)
    row.learnt_at = since + timedelta(seconds=steps * RECOVER_SECONDS)
    if row.learnt >= (declared_rate(limit) if limit is not None else UNLIMITED):
        row.learnt = row.learnt_at = None


def sizes(limit: RateLimit | None, rate: float) -> tuple[float, float, float]:
    """Return how much the bucket holds: in all, for what happens now beside bulk, and for bulk."""
    burst = _burst_of(limit) if limit is not None else 1.0
    burst = max(1.0, min(burst, rate))
    return burst, max(1.0, burst * LIVE_SHARE), max(1.0, burst * BULK_SHARE)


def _fill(row: Allowance, limit: RateLimit | None, rate: float, *, now: datetime) -> None:
    seconds = max(0.0, (now - row.filled_at).total_seconds())
    most, most_live, most_bulk = sizes(limit, rate)
    row.tokens = min(most, row.tokens + rate * seconds)
    row.live = min(most_live, row.live + rate * LIVE_SHARE * seconds)
    row.bulk = min(most_bulk, row.bulk + rate * BULK_SHARE * seconds)
    row.filled_at = max(row.filled_at, now)


def _room(row: Allowance, *, bulk: bool, now: datetime) -> float:
    if bulk:
        return max(0.0, min(row.tokens, row.bulk))
    repeating = row.bulk_wanted_at is not None and now - row.bulk_wanted_at < BULK_RECENT
    return max(0.0, min(row.tokens, row.live) if repeating else row.tokens)


def _waits(row: Allowance, rate: float, left: int, *, bulk: bool, now: datetime) -> list[float]:
    """Return when each of the calls left may come again; those that must go are booked one behind another."""
    if not left:
        return []
    opens = max(now, row.closed_until or now)
    booked = (row.bulk_booked if bulk else row.live_booked) or opens
    slot = max(booked, opens)
    step = timedelta(
        seconds=1 / (rate * (BULK_SHARE if bulk else LIVE_SHARE)) if rate != float("inf") else 0.01
    )
    waits: list[float] = []
    latest = None
    for _ in range(left):
        slot = min(slot + step, now + timedelta(seconds=LONGEST_BOOKED))
        waits.append((slot - now).total_seconds())
        if waits[-1] > HOLD_SECONDS:
            latest = slot
    if latest is not None:
        if bulk:
            row.bulk_booked = latest
        else:
            row.live_booked = latest
    return waits


def _is_closed(row: Allowance, now: datetime) -> bool:
    return row.closed_until is not None and row.closed_until > now


def _burst_of(limit: RateLimit) -> int:
    return max(1, int(limit.calls * BURST))
