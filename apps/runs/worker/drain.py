"""The worker's loop: claim due runs, make many calls at once, record what ended.

All database work is done by this thread on one connection, save the test call
that confirms refused credentials; calls to providers are made by a pool of threads.
"""

import os
import select
import time
from collections.abc import Callable
from functools import partial

import structlog
from django.db import connection as database

from apps.catalog.errors import NeedsHuman
from apps.connections.services import touch_used
from apps.runs import record
from apps.runs.calling import Incoming, perform
from apps.runs.claim import Claim, claim, prepare
from apps.runs.confirming import Confirmation, Confirmations
from apps.runs.leases import RENEW_SECONDS, DatabaseClock, steady
from apps.runs.models import Run
from apps.runs.pump import Execution
from apps.runs.worker import heartbeats
from apps.runs.worker.admission import in_turn
from apps.runs.worker.stopping import Stop
from apps.runs.worker.threads import CallPool
from apps.runs.worker.wakeup import LONGEST_SLEEP, Wakeup, wakeup_for_database
from apps.workflows.engine.effects import Failed

MAX_HELD = 64
MIN_CLAIM = 16
"""Runs: smaller claims than this wait until more room is there, unless nothing is held."""

CLAIM_SECONDS = 12.0
"""How long a drain claims; calls of eight seconds then let it end within twenty."""

GIVE_UP_SECONDS = 8.5
"""Behind a stop; a call still under way is then left to be found uncertain."""

BUSY_LOOK_SECONDS = 0.02
SETTLE_SECONDS = 0.05
RECONNECT_SECONDS = 0.2

log = structlog.get_logger(__name__)

Then = Callable[[], None]


class Drain:
    """One life of the loop. `name` is that of its heartbeat.

    It ends by itself after `claim_seconds` and the calls then under way; at
    once, save for these calls, when `stop` is set or its parent is gone.
    """

    def __init__(self, name: str, *, stop: Stop, threads: int, claim_seconds: float = CLAIM_SECONDS) -> None:
        self.clock = DatabaseClock()
        self._name = name
        self._stop = stop
        self._parent = os.getppid()
        self._threads = threads
        self._pool: CallPool[object, Then] = CallPool(threads)
        self._claims_until = steady() + claim_seconds
        self._gives_up_at: float | None = None
        self._held: set[Execution] = set()
        self._changed: dict[Execution, None] = {}
        self._ended_here: list[Then] = []
        self._confirmations = Confirmations()
        self._claimed: Claim | None = None
        self._wakeup: Wakeup | None = None
        self._sleeping = False
        self._look = True
        self._last_work = steady()
        self._next_beat = 0.0
        self._next_due: float | None = None
        self._used: set[int] = set()
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
        if self.work(ending=ending):
            return True
        if ending and not self._held:
            return False
        self._sleep(ending=ending)
        return True

    def work(self, *, ending: bool = False) -> bool:
        """Do everything that can be done now, without waiting; tell whether there was anything."""
        self._beat()
        if ending:
            for key in self._pool.withdraw():
                self._withdrawn(key)
            for asked in self._confirmations.under_way():
                self._confirmed(asked, None)  # It may take longer than there is time.
        else:
            self._claim()
        worked = self._collect()
        if self._save_and_send(ending=ending) or worked:
            self._last_work, self._next_due = steady(), None
            return True
        return False

    def run_until_idle(self) -> None:
        """Execute what is due now and what follows from it, then end: for commands and tests."""
        try:
            while self.work() or self._held:
                self._look = True
                if self._pool:
                    select.select([self._pool.fileno()], [], [], BUSY_LOOK_SECONDS)
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

    def _note_use(self) -> None:
        """Tell the connections that they were used; every few seconds, since their rows are few and hot."""
        if self._used:
            touch_used(self._used, at=self.clock.now())
            self._used.clear()

    def _claim(self) -> None:
        room = MAX_HELD - len(self._held)
        if self._claimed is None and self._look and (room >= MIN_CLAIM or not self._held):
            self._claimed = claim(room, clock=self.clock)
            self._look = self._claimed is not None and len(self._claimed.runs) >= room
            self._next_due = None
            if self._look and self._sleeping:
                self._say_sleeping(sleeping=False)
        if self._claimed is not None:
            begun = prepare(self._claimed, clock=self.clock)
            self._claimed = None
            self._held.update(begun)
            self._changed.update(dict.fromkeys(begun))

    def _collect(self) -> bool:
        """Take in what has ended; tell whether anything has."""
        ended, self._ended_here = self._ended_here, []
        ended += [then for _, then in self._pool.take()]
        for then in ended:
            then()
        return bool(ended)

    def _save_and_send(self, *, ending: bool) -> bool:
        """Write what has changed, then send the calls announced by it; tell whether there was anything."""
        if ending:
            for execution in self._changed:
                execution.give_back()
        changed = in_turn(self._changed, threads=self._threads, busy=len(self._pool))
        dirty = [execution for execution in changed if execution.dirty]
        kept = record.write(dirty)
        for execution in changed:
            del self._changed[execution]
        self._held.difference_update(execution for execution in dirty if execution not in kept)
        for execution in changed:
            if execution.verdict is not None:
                self._held.discard(execution)
            elif execution in self._held and execution.outgoing is not None:
                self._send(execution)
        return bool(changed)

    def _send(self, execution: Execution) -> None:
        outgoing = execution.outgoing
        if outgoing is None or outgoing.contact.sender is None:
            return
        self._used.add(outgoing.contact.connection.pk)
        if outgoing.contact.sender.in_thread:
            self._pool.submit(execution, lambda: partial(self._answered, execution, perform(outgoing)))
        else:
            self._ended_here.append(partial(self._answered, execution, perform(outgoing)))

    def _answered(self, execution: Execution, incoming: Incoming) -> None:
        answer = incoming.answer
        if isinstance(answer, Failed) and isinstance(answer.error, NeedsHuman):
            self._confirm(execution, incoming)
        else:
            self._resume(execution, incoming)

    def _resume(self, execution: Execution, incoming: Incoming) -> None:
        execution.resume(incoming)
        self._changed[execution] = None

    def _confirm(self, execution: Execution, incoming: Incoming) -> None:
        """Let the connection's own test call tell whether its credentials are refused; once for all runs."""
        asked = self._confirmations.join(execution, incoming)
        if asked is None:
            return
        sender = incoming.outgoing.contact.sender
        if self._is_ending():
            self._confirmed(asked, None)
        elif sender is not None and sender.in_thread:
            self._pool.submit(asked, lambda: partial(self._confirmed, asked, asked.ask_in_thread()))
        else:
            self._ended_here.append(partial(self._confirmed, asked, asked.ask()))

    def _confirmed(self, asked: Confirmation, broken: bool | None) -> None:  # noqa: FBT001 - the answer itself.
        for execution, incoming in self._confirmations.settle(asked, broken=broken):
            self._resume(execution, incoming)

    def _withdrawn(self, key: object) -> None:
        """Give back what the pool had not begun."""
        if isinstance(key, Execution):
            key.give_back()
            self._changed[key] = None
        elif isinstance(key, Confirmation):
            self._confirmed(key, None)

    def _sleep(self, *, ending: bool) -> None:
        """Wait for an ended call, a stop, new work or the next due time; never unannounced for long."""
        now = steady()
        if self._wakeup is None:
            self._wakeup = wakeup_for_database()
        until_next = max(0.0, self._next_beat - now)
        claims = not ending and (len(self._held) <= MAX_HELD - MIN_CLAIM)
        others = [self._pool.fileno(), *([] if ending else [self._stop.fileno()])]
        if not claims:
            self._wakeup.wait(others, min(until_next, BUSY_LOOK_SECONDS if ending else LONGEST_SLEEP))
            self._look = True
            return
        if self._wakeup.needs_announcement and not self._sleeping:
            if now - self._last_work < SETTLE_SECONDS:
                self._wakeup.wait(others, BUSY_LOOK_SECONDS)
            else:
                self._say_sleeping(sleeping=True)
            self._look = True
            return
        if self._next_due is None:
            self._next_due = self._due_in_steady_seconds(now)
        woken = self._wakeup.wait(others, min(until_next, max(0.0, self._next_due - now)))
        if woken or steady() >= self._next_due:
            self._look, self._next_due = True, None

    def _due_in_steady_seconds(self, now: float) -> float:
        """Return when to look again: at the next due time, at the latest in a second."""
        due = Run.objects.next_due_at()
        wait = LONGEST_SLEEP if due is None else (due - self.clock.now()).total_seconds()
        return now + min(max(wait, 0.0), LONGEST_SLEEP)

    def _say_sleeping(self, *, sleeping: bool) -> None:
        heartbeats.say_sleeping(self._name, sleeping=sleeping)
        self._sleeping = sleeping

    def _reconnect(self, error: Exception) -> None:
        log.warning("drain.database_away", error=type(error).__name__)
        database.close()
        self._wakeup, self._look, self._next_due = None, True, None
        time.sleep(RECONNECT_SECONDS)
