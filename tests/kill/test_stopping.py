"""SIGTERM while events pour in: everything ends in time, and what was acknowledged is done once."""

import os
import signal
import threading
import time

import pytest

from apps.runs.models import Run
from tests.kill.processes import START_SECONDS, until
from tests.kill.world import TRACK, people, wait_for

pytestmark = [pytest.mark.kill, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

STOP_SECONDS = 10.0


class Load:
    """Posts an event after the other from several threads until it is refused."""

    def __init__(self, world, port, threads=4):
        self.acknowledged = []
        self._threads = [
            threading.Thread(target=self._post, args=(world, port, name)) for name in people(threads, "")
        ]
        for thread in self._threads:
            thread.start()

    def _post(self, world, port, name):
        number = 0
        while world.post(port, f"load{number}-{name}") == 200:
            self.acknowledged.append(f"load{number}-{name}")
            number += 1

    def end(self):
        for thread in self._threads:
            thread.join()


def _hang(world, provider, track):
    """Leave a call without an answer, and the test call that shall confirm another one's refusal."""
    provider.hold("hung@example.com", "")
    provider.answer("refused@example.com", {"status": 401})
    for person in ("hung@example.com", "refused@example.com"):
        world.start(track, person)
    until(
        lambda: provider.requests("") and provider.requests("hung@example.com"),
        within=5,
        what="two calls hang",
    )


@pytest.mark.parametrize("told", ["every process", "the first process"])
def test_web_and_worker_stop_in_time_and_nothing_is_lost_or_doubled(
    world, provider, start, environment, told
):
    track = world.workflow(TRACK)
    provider.delay(0.2)
    groups = [start("web"), start("worker")]
    load = Load(world, int(environment["PORT"]))
    until(lambda: len(provider.effects()) > 20, within=START_SECONDS, what="the worker is busy")
    if told == "every process":
        _hang(world, provider, track)

    begun = time.monotonic()
    for group in groups:
        if told == "every process":
            group.signal_all(signal.SIGTERM)
        else:
            os.kill(group.pid, signal.SIGTERM)
    for group in groups:
        group.gone_within(STOP_SECONDS - (time.monotonic() - begun))
    load.end()

    assert not Run.objects.filter(status="running").exists()
    start("worker")
    runs = list(Run.objects.all())
    wait_for("succeeded", *runs, within=START_SECONDS)
    assert {run.event_id for run in runs} >= {f"evt_{person}" for person in load.acknowledged}
    assert sorted(provider.effects()) == sorted(
        ("event", run.event_id.removeprefix("evt_")) for run in Run.objects.all()
    )
