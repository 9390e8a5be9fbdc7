"""What a drain asks before it sends, and what it tells afterwards."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.catalog import registry
from apps.catalog.errors import Retryable
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import RateLimit
from apps.runs.calling import Incoming, Outgoing
from apps.runs.dispatch import Piece, Result
from apps.runs.leases import steady
from apps.runs.rate import bucket, store
from apps.runs.rate.store import Scope
from apps.workflows.engine.effects import Failed

LOOK_SECONDS = 0.5
"""How often a process asks which connections have been slowed down by answers to others."""

CROWDED_SECONDS = 2.0
"""How long a call waits whose connection is slow and has all the threads that it may have."""

SLOW_AFTER = timedelta(seconds=1)
SLOW_FOR = 60.0
TOO_MANY = ("rate_limited", "rate_limit")


@dataclass(slots=True)
class _Block:
    """Tokens that this process has taken; behind `until`, in `steady` seconds, they are forgotten."""

    tokens: int
    until: float


class Gate:
    """One process's part in the buckets. Only the drain's own thread uses it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._blocks: dict[tuple[Scope, bool], _Block] = {}
        self._slowed: set[Scope] = set()
        self._slow_until: dict[int, float] = {}
        self._next_look = 0.0

    def admit(
        self, pieces: Iterable[Piece], now: datetime, *, under_way: Iterable[Piece] = (), threads: int = 0
    ) -> dict[Piece, float]:
        """Return the seconds that pieces must wait; those that are not in it may be sent now."""
        calls = [piece for piece in pieces if isinstance(piece, Outgoing)]
        if not calls:
            return {}
        self._look(under_way, now)
        waits = self._crowded(calls, under_way, threads) if self._slow_until and threads else {}
        asked: defaultdict[tuple[Scope, bool], list[Outgoing]] = defaultdict(list)
        limits: dict[Scope, RateLimit | None] = {}
        for piece in calls:
            scope, limit = self._limit_of(piece)
            if piece not in waits and (limit is not None or scope in self._slowed):
                limits[scope] = limit
                asked[scope, piece.priority > 0].append(piece)
        for (scope, bulk), those in asked.items():
            waits |= self._ask(scope, limits[scope], those, bulk=bulk, now=now)
        return waits

    def heard(self, result: Result, now: datetime) -> None:
        """Take note of an answer: a provider that asks for fewer calls is called less often by everybody."""
        if isinstance(result, Incoming):
            self._note_pace(result.piece, now)
        answer = result.answer
        if not isinstance(result, Incoming) or not isinstance(answer, Failed):
            return
        error = answer.error
        if not isinstance(error, Retryable) or not (error.status == 429 or error.code in TOO_MANY):
            return
        scope, limit = self._limit_of(result.piece)
        if result.piece.contact.connection.sandbox:
            return
        store.refuse(scope, limit, after=error.after, reason=error.message, now=now)
        self._slowed.add(scope)
        for bulk in (False, True):
            self._blocks.pop((scope, bulk), None)

    def _look(self, under_way: Iterable[Piece], now: datetime) -> None:
        if steady() < self._next_look:
            return
        self._slowed = store.slowed(now)
        for piece in under_way:
            if isinstance(piece, Outgoing):
                self._note_pace(piece, now)
        self._slow_until = {key: until for key, until in self._slow_until.items() if until > steady()}
        self._next_look = steady() + LOOK_SECONDS

    def _note_pace(self, piece: Outgoing, now: datetime) -> None:
        """Remember for a minute that a connection keeps its callers waiting."""
        if now - piece.started_at > SLOW_AFTER:
            self._slow_until[piece.contact.connection.pk] = steady() + SLOW_FOR

    def _crowded(
        self, calls: Iterable[Outgoing], under_way: Iterable[Piece], threads: int
    ) -> dict[Piece, float]:
        """Return the waits of calls to slow connections: a quarter of the threads is left to others."""
        most = max(1, threads - threads // 4)
        busy = Counter(each.contact.connection.pk for each in under_way if isinstance(each, Outgoing))
        waits: dict[Piece, float] = {}
        for piece in calls:
            connection = piece.contact.connection.pk
            if connection in self._slow_until and busy[connection] >= most:
                waits[piece] = CROWDED_SECONDS
            else:
                busy[connection] += 1
        return waits

    def _ask(
        self, scope: Scope, limit: RateLimit | None, pieces: list[Outgoing], *, bulk: bool, now: datetime
    ) -> dict[Piece, float]:
        """Pay with tokens at hand, then with a new block."""
        block = self._blocks.pop((scope, bulk), None)
        at_hand = block.tokens if block is not None and steady() < block.until else 0
        unpaid = pieces[at_hand:]
        if not unpaid:
            if block is not None and at_hand > len(pieces):
                self._blocks[scope, bulk] = _Block(at_hand - len(pieces), block.until)
            return {}
        keep = bucket.keep_seconds(limit)
        spare = min(bucket.BLOCK, int(bucket.declared_rate(limit) * keep)) if limit is not None else 0
        taken_at = steady()
        grant = store.take(scope, limit, wanted=len(unpaid), spare=spare, bulk=bulk, now=now)
        if grant.calls > len(unpaid):
            self._blocks[scope, bulk] = _Block(grant.calls - len(unpaid), taken_at + keep)
        return dict(zip(unpaid[grant.calls :], grant.waits, strict=False))

    def _limit_of(self, piece: Outgoing) -> tuple[Scope, RateLimit | None]:
        connection = piece.contact.connection
        return (connection.pk, ""), None if connection.sandbox else limit_of_app(connection.app)


def limit_of_app(key: str) -> RateLimit | None:
    """Return the limit that an app's connector declares."""
    try:
        return registry.get_app(key).rate_limit
    except UnknownKeyError:
        return None


_gate = Gate()


admit = _gate.admit
heard = _gate.heard


def reset() -> None:
    """Forget what this process has leased and learnt: for tests."""
    _gate.reset()
