"""The same event posted many times at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.runs.models import Run
from apps.webhooks.models import Delivery
from tests.kill.processes import START_SECONDS
from tests.kill.world import TRACK, wait_for

pytestmark = [pytest.mark.kill, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_fifty_posts_of_one_event_make_one_delivery_one_run_and_one_effect(
    world, provider, start, environment
):
    world.workflow(TRACK)
    start("worker")
    start("web", WEB_CONCURRENCY=2)
    port = int(environment["PORT"])

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: world.post(port, "same@example.com"), range(50)))

    assert answers == [200] * 50
    delivery, run = Delivery.objects.get(), Run.objects.get()
    wait_for("succeeded", run, within=START_SECONDS)
    assert delivery.duplicates == 49
    assert provider.effects() == [("event", "same@example.com")]
    assert len(provider.requests()) == 1
