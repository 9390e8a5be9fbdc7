"""A run is committed at any moment around a worker's going to sleep: it never waits for the next look.

The longest sleep is made so long that a wake-up which is lost shows.
"""

import threading
import time
from collections import Counter

import pytest
from django.db import connection as database
from django.db import transaction

from apps.connections.senders import Sender
from apps.runs import services
from apps.runs.worker import drain as loop
from apps.runs.worker import looking, wakeup
from apps.runs.worker.drain import Drain
from apps.runs.worker.looking import Looking
from apps.runs.worker.stopping import NeverStop
from tests.runs.conftest import TRACK, ok

POLL_SECONDS = 60.0
SOON_SECONDS = 3.0
"""A tenth of it is plenty on a machine that has nothing else to do."""

SEAMS = [
    ("behind a look", "looked", 0),
    *[(f"before a wait, {n} before", "waits", n) for n in range(5)],
    *[(f"behind a wait, {n} before", "waited", n) for n in range(3)],
]
ANNOUNCED = [
    ("before the flag", "flags", 0),
    ("between the flag and the last look", "flagged", 0),
    ("behind the look before the flag", "looked", 1),
    ("behind the last look", "looked", 2),
]
"""Where the worker says that it sleeps; elsewhere there is nothing to say, and one look."""


class Seams:
    """Commits the run where the drain passes a seam for the n-th time since it was armed."""

    def __init__(self, seam, skipped, commit):
        self.seam, self.skipped, self.commit = seam, skipped, commit
        self.passed: Counter[str] = Counter()
        self.claimed: set[str] = set()
        self.armed, self.committed_at = False, 0.0

    def passing(self, seam):
        if not self.armed or self.committed_at:
            return
        self.passed[seam] += 1
        if seam == self.seam and self.passed[seam] > self.skipped:
            self.commit()
            self.committed_at = time.monotonic()


class Waits:
    """The database's own way to wait, with a seam on either side."""

    def __init__(self, seams):
        self.real, self.seams = wakeup.wakeup_for_database(), seams
        self.needs_announcement = self.real.needs_announcement

    def wait(self, others, timeout):
        self.seams.passing("waits")
        woken = self.real.wait(others, timeout)
        self.seams.passing("waited")
        return woken


@pytest.fixture
def watched(world, provider, monkeypatch):
    """A function: have a drain whose seams are watched, and the run's commit at one of them."""
    workflow = world.workflow(TRACK)
    world.deliver("evt_warm")

    def commit():
        thread = threading.Thread(target=_start)
        thread.start()
        thread.join()

    def _start():
        try:
            with transaction.atomic():
                world.start(workflow, world.deliver("evt_asked"))
                services.wake_workers()
        finally:
            database.close()

    def make(seam, skipped):
        seams = Seams(seam, skipped, commit)
        claim, say = Looking.claim, Drain._say_sleeping

        def claiming(asked, limit):
            claimed = claim(asked, limit)
            seams.claimed |= {run.event_id for run in claimed.runs} if claimed else set()
            seams.passing("looked")
            return claimed

        def saying(drain, *, sleeping):
            seams.passing("flags")
            say(drain, sleeping=sleeping)
            seams.passing("flagged")

        monkeypatch.setattr(Looking, "claim", claiming)
        monkeypatch.setattr(loop, "wakeup_for_database", lambda: Waits(seams))
        monkeypatch.setattr(Drain, "_say_sleeping", saying)
        monkeypatch.setattr("apps.runs.calling.sender_for", lambda _: Sender(provider, in_thread=True))
        for module in (loop, looking, wakeup):
            monkeypatch.setattr(module, "LONGEST_SLEEP", POLL_SECONDS)
        return Drain("sleeper", stop=NeverStop(), threads=2), seams

    make.workflow = workflow
    return make


def turns(drain, over):
    until = time.monotonic() + 4 * SOON_SECONDS
    while not over():
        assert time.monotonic() < until, "The drain did not come to it."
        drain.turn()
    return time.monotonic()


def taken_after(drain, seams):
    seams.armed = drain._look = True
    return turns(drain, lambda: "evt_asked" in seams.claimed) - seams.committed_at


def cases(*also):
    named = [pytest.param(seam, skipped, id=name) for name, seam, skipped in SEAMS]
    return [*named, *[pytest.param(s, n, id=name, marks=pytest.mark.postgres) for name, s, n in also]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seam", "skipped"), cases(*ANNOUNCED))
def test_a_run_that_is_committed_while_a_worker_goes_to_sleep_is_taken_at_once(watched, seam, skipped):
    drain, seams = watched(seam, skipped)

    took = taken_after(drain, seams)
    drain.run_until_idle()

    assert took < SOON_SECONDS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seam", "skipped"), cases(*ANNOUNCED))
def test_a_run_that_is_committed_while_a_call_is_under_way_is_taken_at_once(
    world, provider, watched, seam, skipped
):
    drain, seams = watched(seam, skipped)
    answers = threading.Event()
    provider.default = lambda request: (answers.wait(20), ok())[1]
    world.start(watched.workflow)
    turns(drain, lambda: provider.requests)

    took = taken_after(drain, seams)
    answers.set()
    drain.run_until_idle()

    assert took < SOON_SECONDS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("skipped", range(3))
def test_a_run_that_is_committed_while_results_linger_is_taken_at_once(
    world, provider, watched, monkeypatch, skipped
):
    drain, seams = watched("waits", skipped)
    monkeypatch.setattr("apps.runs.worker.lingering.LINGER_SECONDS", 0.2)
    answers = threading.Event()
    provider.script = [ok(), lambda request: (answers.wait(20), ok())[1]]
    for number in range(2):
        world.start(watched.workflow, world.deliver(f"evt_{number}"))
    turns(drain, lambda: len(drain._results))

    took = taken_after(drain, seams)
    answers.set()
    drain.run_until_idle()

    assert took < SOON_SECONDS
