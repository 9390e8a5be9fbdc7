"""kill -9 and freezing at every moment of a run: one finished run, one effect, never a second mail."""

import os
import signal
import time

import pytest

from apps.runs.models import Effect, Heartbeat, Run, StepRun
from tests.kill.processes import START_SECONDS, children_of, freeze, until
from tests.kill.world import MAIL, TRACK, draining, people, statuses, wait_for

pytestmark = [pytest.mark.kill, pytest.mark.django_db(transaction=True)]

RECOVERY_SECONDS = 20.0


@pytest.mark.parametrize("killed", ["worker", pytest.param("drain", marks=pytest.mark.postgres)])
def test_what_a_kill_cuts_off_is_done_once_or_asked_about(world, provider, start, killed):
    """The kill finds an event and a mail that were answered, two that were not, and others not begun."""
    track, mail = world.workflow(TRACK), world.workflow(MAIL)
    answered_event, answered_mail, calling_event, calling_mail = people(4, "cut")
    waiting = people(8, "waiting")
    provider.hold(answered_event, answered_mail, calling_event, calling_mail)
    mails = [world.start(mail, answered_mail), world.start(mail, calling_mail)]
    events = [world.start(track, person) for person in (answered_event, calling_event)]
    queued = [world.start(track if index % 2 else mail, person) for index, person in enumerate(waiting)]
    worker = start("worker", WORKER_DRAINS=1, WORKER_THREADS=4)
    until(lambda: len(provider.requests()) == 4, within=START_SECONDS, what="four calls are under way")
    assert set(statuses(*mails, *events, *queued)) == {"running"}

    (drain,) = draining()
    freeze(drain.pid)
    provider.release(answered_event, answered_mail)
    until(lambda: len(_answered(provider)) == 2, within=10, what="two calls are answered")
    if killed == "drain":
        os.kill(drain.pid, signal.SIGKILL)
    else:
        worker.kill()
        start("worker")
    begun = time.monotonic()

    wait_for("succeeded", *events, *queued, within=RECOVERY_SECONDS)
    wait_for("needs_decision", *mails, within=RECOVERY_SECONDS - (time.monotonic() - begun))
    events_of = [answered_event, calling_event, *waiting[1::2]]
    mails_to = [answered_mail, calling_mail, *waiting[::2]]
    assert sorted(provider.effects()) == sorted(
        [*(("event", person) for person in events_of), *(("mail", person) for person in mails_to)]
    )
    for person in (answered_event, calling_event):
        repeated = [request["id"] for request in provider.requests(person)]
        assert len(repeated) == 2
        assert repeated[0] == repeated[1]
    for person in (answered_mail, calling_mail, *waiting):
        assert len(provider.requests(person)) == 1


@pytest.mark.postgres
def test_a_drain_frozen_past_its_lease_neither_sends_nor_writes(world, provider, start):
    track, mail = world.workflow(TRACK), world.workflow(MAIL)
    calling, behind, mailed = people(3, "frozen")
    provider.hold(calling)
    events = [world.start(track, calling), world.start(track, behind)]
    mailing = world.start(mail, mailed)
    start("worker", WORKER_DRAINS=1, WORKER_THREADS=1)
    until(lambda: len(provider.requests()) == 1, within=START_SECONDS, what="a call is under way")

    (frozen,) = draining()
    freeze(frozen.pid)
    provider.release(calling)
    wait_for("succeeded", *events, mailing, within=RECOVERY_SECONDS)
    requests, rows = provider.requests(), _rows()
    os.kill(frozen.pid, signal.SIGCONT)
    until(
        lambda: not Heartbeat.objects.filter(name=frozen.name).exists(),
        within=15,
        what="the thawed drain has come to its end",
    )

    assert provider.requests() == requests
    assert _rows() == rows
    assert [len(provider.requests(person)) for person in (calling, behind, mailed)] == [2, 1, 1]
    assert sorted(provider.effects()) == [("event", calling), ("event", behind), ("mail", mailed)]


@pytest.mark.postgres
@pytest.mark.parametrize("killed", ["the guard", "an idle child"])
def test_a_worker_replaces_a_cluster_that_would_deliver_nothing_any_more(world, provider, start, killed):
    """An idle child waits for a task with the queue's lock in its hand, which nobody gives back."""
    track = world.workflow(TRACK)
    before, after = people(2, "cluster")
    first = world.start(track, before)
    worker = start("worker", WORKER_DRAINS=1)
    wait_for("succeeded", first, within=START_SECONDS)
    (guard,) = children_of(worker.pid)
    drains = [drain.pid for drain in draining()]
    idle = [child for child in sorted(children_of(guard)) if child not in drains]

    os.kill(guard if killed == "the guard" else idle[0], signal.SIGKILL)
    until(lambda: children_of(worker.pid) not in ([], [guard]), within=5, what="another cluster has started")
    second = world.start(track, after)

    wait_for("succeeded", second, within=10)
    assert provider.effects() == [("event", before), ("event", after)]
    assert worker.process.poll() is None


def _answered(provider):
    return [request for request in provider.requests() if request["status"]]


def _rows():
    """Return everything that a worker writes of runs."""
    return [list(model.objects.order_by("pk").values()) for model in (Run, StepRun, Effect)]
