"""Answers other than 200, met by the real worker over real connections."""

import pytest

from apps.connections import services
from apps.workspaces.access import Actor
from tests.kill.processes import START_SECONDS
from tests.kill.world import NEW_KEY, OLD_KEY, TRACK, people, wait_for

pytestmark = [pytest.mark.kill, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_errors_are_waited_for_and_repeated_under_the_same_id(world, provider, start):
    slow, broken, cut = people(3, "error")
    provider.answer(slow, {"status": 429, "headers": {"Retry-After": "2"}})
    provider.answer(broken, {"status": 500, "done": True}, {"status": 503})
    provider.answer(cut, {"reset": True, "done": True})
    track = world.workflow(TRACK)
    runs = [world.start(track, person) for person in (slow, broken, cut)]
    start("worker")

    wait_for("succeeded", *runs, within=START_SECONDS)
    first, second = provider.requests(slow)
    assert second["at"] - first["at"] >= 2
    assert [len(provider.requests(person)) for person in (broken, cut)] == [3, 2]
    for person in (slow, broken, cut):
        assert len({request["id"] for request in provider.requests(person)}) == 1
    assert sorted(provider.effects()) == sorted(("event", person) for person in (slow, broken, cut))


def test_refused_credentials_park_runs_until_they_are_mended(world, provider, start):
    track = world.workflow(TRACK)
    before, after = people(2, "parked")
    provider.refuse_keys(OLD_KEY)
    first = world.start(track, before)
    start("worker")
    wait_for("parked", first, within=START_SECONDS)
    world.customerio.refresh_from_db()
    assert world.customerio.status == "broken"

    second = world.start(track, after)
    wait_for("parked", second, within=10)
    assert provider.requests(after) == []
    actor = Actor.system("test")
    services.reconnect(world.customerio, actor=actor, values={"track_api_key": NEW_KEY})
    services.test_connection(world.customerio, actor=actor)

    wait_for("succeeded", first, second, within=10)
    assert world.customerio.status == "connected"
    assert sorted(provider.effects()) == [("event", before), ("event", after)]
