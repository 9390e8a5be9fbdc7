"""The worker's loop: claim due runs, make many calls at once, record what ended.

All database work is done by this thread on one connection, save the test call
that confirms refused credentials; calls to providers are made by a pool of threads.
"""

import os
import select
import time
from collections.abc import Callable

import structlog
from django.db import connection as database

from apps.connections.services import touch_used
from apps.runs import record
from apps.runs.claim import Claim, prepare
from apps.runs.leases import RENEW_SECONDS, DatabaseClock, steady
from apps.runs.models import Run
from apps.runs.pump import Execution
from apps.runs.worker import heartbeats
from apps.runs.worker.admission import in_turn
from apps.runs.worker.lingering import LINGER_STEP, Results
from apps.runs.worker.looking import Looking
from apps.runs.worker.pacing import Pacing
from apps.runs.worker.stopping import Stop
from apps.runs.worker.under_way import UnderWay
from apps.runs.worker.wakeup import LONGEST_SLEEP, Wakeup, wakeup_for_database

MAX_CLAIM = 64
MIN_CLAIM = 16
"""Runs: smaller claims than this wait until more room is there, unless nothing is held."""

CLAIM_SECONDS = 12.0
"""How long a drain claims; calls of eight seconds then let it end within twenty."""

LONGEST_CLAIM_SECONDS = 120.0
"""How long it claims at the most: as long as a call is under way that takes longer, as a model's answer may.

Such a drain goes on claiming, since its successor would need a process besides its own.
"""

GIVE_UP_SECONDS = 8.5
"""Behind a stop; a call still under way is then left to be found uncertain."""

CLAIM_PAUSE = 0.005
"""Seconds between two claims while runs are held: what comes together is claimed together."""

BUSY_LOOK_SECONDS = 0.005
SETTLE_SECONDS = 0.05
RECONNECT_SECONDS = 0.2

log = structlog.get_logger(__name__)


class Drain:
    """One life of the loop. `name` is that of its heartbeat.

    It ends by itself after `claim_seconds` and the calls then under way; at
    once, save for these calls, when `stop` is set or its parent is gone. While it
    waits for a long call it claims longer, and tells `prolonged` until when, in
    `steady` seconds.
    """

    def __init__(
        self,
        name: str,
        *,
        stop: Stop,
        threads: int,
        claim_seconds: float = CLAIM_SECONDS,
        prolonged: Callable[[float], None] | None = None,
    ) -> None:
        self.clock = DatabaseClock()
        self._name = name
        self._stop = stop
        self._parent = os.getppid()
        self._threads = threads
        self._pool = UnderWay(threads, ready=self._went_on, is_ending=self._is_ending, now=self.clock.now)
        self._claims_until = steady() + claim_seconds
        self._prolongs_until = steady() + LONGEST_CLAIM_SECONDS
        self._prolonged = prolonged
        self._gives_up_at: float | None = None
        self._held: set[Execution] = set()
        self._changed: dict[Execution, None] = {}
        self._claimed: Claim | None = None
        self._wakeup: Wakeup | None = None
        self._sleeping = False
        self._fresh = False
        self._pacing = Pacing()
        self._results = Results()
        # For each thread a call under way and one behind it, and a claim on top.
        self._most = max(MAX_CLAIM, 2 * threads + 2 * MIN_CLAIM)
        self._next_claim = 0.0
        self._look = True
        self._last_work = steady()
        self._next_beat = 0.0
        self._looking = Looking(self.clock)
        self._started_at = self.clock.now()

    def run(self) -> None:
        """Work until the end of this life; a database that is away is waited for."""
        try:
            while True:
                try:
                    if not self.turn():
                        break
                except record.CONNECTION_ERRORS as error:
                    self._reconnect(error)
                if self._gives_up_at is not None and steady() >= self._gives_up_at:
                    log.warning("drain.gave_up", calls=len(self._pool))
                    break
        finally:
            self._pool.close()
        self._note_use()
        heartbeats.end(self._name)

    def turn(self) -> bool:
        """Do everything that can be done now, then wait; False when this life is over."""
        ending = self._is_ending()
        # Before the first look, so that nothing comes between the two unheard.
        wakeup = self._wakeup = self._wakeup or wakeup_for_database()
        if self.work(ending=ending):
            return True
        if ending and not self._held:
            return False
        self._sleep(wakeup, ending=ending)
        return True

    def work(self, *, ending: bool = False) -> bool:
        """Do everything that can be done now, without waiting; tell whether there was anything."""
        self._beat()
        if ending:
            self._pool.withdraw()
            if self._gives_up_at is not None:
                self._pool.leave_long()
        else:
            self._claim()
        worked = self._pool.collect()
        if self._lingers(ending=ending):
            return False
        if self._save_and_send(ending=ending) or worked:
            self._last_work = steady()
            return True
        return False

    def run_until_idle(self) -> None:
        """Execute what is due now and what follows from it, then end: for commands and tests."""
        try:
            while self.work() or self._held:
                self._look = True
                if self._results:
                    time.sleep(LINGER_STEP)
                elif self._pool:
                    select.select([self._pool.fileno()], [], [], BUSY_LOOK_SECONDS)
                elif self._pacing:
                    time.sleep(self._pacing.wait(steady()))
        finally:
            self._pool.close()
        self._note_use()
        heartbeats.end(self._name)

    def _is_ending(self) -> bool:
        if self._gives_up_at is None and (self._stop.is_set() or os.getppid() != self._parent):
            self._gives_up_at = steady() + GIVE_UP_SECONDS
        return self._gives_up_at is not None or steady() >= self._claims_until

    def _beat(self) -> None:
        """Show life and prolong the leases, every few seconds."""
        since = steady()
        if since < self._next_beat:
            return
        leases = {execution.lease for execution in self._held}
        self._prolong(since)
        heartbeats.set_clock(self.clock)
        heartbeats.beat(
            self._name,
            kind=heartbeats.DRAIN,
            at=self.clock.now(),
            started_at=self._started_at,
            sleeping=self._sleeping,
        )
        if leases:
            tokens = [lease.token for lease in leases]
            held = Run.objects.filter(pk__in=[execution.run.pk for execution in self._held])
            # Where another worker has taken one run, none is trusted: the fence sorts them out.
            if held.renew(tokens, until=self.clock.lease_end()) >= len(self._held):
                for lease in leases:
                    lease.prolong(since=since)
        self._note_use()
        self._next_beat = since + RENEW_SECONDS

    def _prolong(self, now: float) -> None:
        """Claim on while a long call is under way, as long as that is allowed."""
        if now < min(self._claims_until, self._prolongs_until) and self._pool.has_long:
            self._claims_until = max(self._claims_until, now + 2 * RENEW_SECONDS)
            if self._prolonged is not None:
                self._prolonged(self._claims_until)

    def _note_use(self) -> None:
        """Tell the connections that they were used; every few seconds, since their rows are few and hot."""
        if self._pool.used:
            touch_used(self._pool.used, at=self.clock.now())
            self._pool.used.clear()

    def _claim(self) -> None:
        room = min(MAX_CLAIM, self._most - len(self._held))
        may = not self._held or (room >= MIN_CLAIM and steady() >= self._next_claim)
        if self._claimed is None and self._look and may:
            self._claimed = self._looking.claim(room)
            self._look = self._claimed is not None and len(self._claimed.runs) >= room
            self._next_claim = steady() + CLAIM_PAUSE
            if self._look and self._sleeping:
                self._say_sleeping(sleeping=False)
        if self._claimed is not None:
            begun = prepare(self._claimed, clock=self.clock)
            self._claimed = None
            self._held.update(begun)
            self._changed.update(dict.fromkeys(begun))
            self._fresh = bool(begun)

    def _lingers(self, *, ending: bool) -> bool:
        """Tell whether results are kept a moment longer, to be written with those that come."""
        waiting = len(self._changed) > len(self._results)
        kept = self._results.linger(under_way=len(self._pool), threads=self._threads, waiting=waiting)
        return kept and not self._fresh and not ending

    def _save_and_send(self, *, ending: bool) -> bool:
        """Write what has changed, then send the calls announced by it; tell whether there was anything."""
        self._fresh = False
        self._results.written()
        if ending:
            for execution in self._changed:
                execution.give_back()
            self._pacing.clear()
        busy = self._pool.pieces
        in_time = self._pacing.in_time(self._changed, self.clock.now(), under_way=busy, threads=self._threads)
        changed = in_turn(in_time, threads=self._threads, busy=len(self._pool))
        dirty = [execution for execution in changed if execution.dirty]
        kept = record.write(dirty)
        for execution in changed:
            del self._changed[execution]
        self._pacing.gone(changed)
        self._held.difference_update(execution for execution in dirty if execution not in kept)
        for execution in changed:
            if execution.verdict is not None:
                self._held.discard(execution)
                self._looking.left(execution.run)
            elif execution in self._held:
                self._pool.send(execution)
        return bool(changed)

    def _went_on(self, execution: Execution) -> None:
        """Have a run written that has gone on."""
        self._changed[execution] = None
        self._results.add()

    def _sleep(self, wakeup: Wakeup, *, ending: bool) -> None:
        """Wait for an ended call, a stop, new work or the next due time; never unannounced for long."""
        now = steady()
        until_next = min(max(0.0, self._next_beat - now), self._pacing.wait(now))
        claims = not ending and (len(self._held) <= self._most - MIN_CLAIM)
        others = [self._pool.fileno(), *([] if ending else [self._stop.fileno()])]
        if self._results and not ending:
            self._look = wakeup.wait([self._stop.fileno()], LINGER_STEP) or self._look
            return
        if claims and self._look and self._held and now < self._next_claim:
            wakeup.wait(others, self._next_claim - now)
            return
        if not claims:
            wakeup.wait(others, min(until_next, BUSY_LOOK_SECONDS if ending else LONGEST_SLEEP))
            self._look = True
            return
        if wakeup.needs_announcement and not self._sleeping:
            if now - self._last_work < SETTLE_SECONDS:
                wakeup.wait(others, BUSY_LOOK_SECONDS)
            else:
                self._say_sleeping(sleeping=True)
            self._look = True
            return
        woken = wakeup.wait(others, min(until_next, max(0.0, self._looking.next_at - now)))
        if woken:
            self._looking.woken()
        if woken or steady() >= self._looking.next_at:
            self._look = True

    def _say_sleeping(self, *, sleeping: bool) -> None:
        heartbeats.say_sleeping(self._name, sleeping=sleeping)
        self._sleeping = sleeping

    def _reconnect(self, error: Exception) -> None:
        log.warning("drain.database_away", error=type(error).__name__)
        database.close()
        self._wakeup, self._look = None, True
        time.sleep(RECONNECT_SECONDS)
