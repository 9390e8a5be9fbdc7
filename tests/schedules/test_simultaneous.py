"""Several workers that look at the same moment, each on a connection of its own, on a real PostgreSQL."""

import pytest

from apps.runs.models import Run
from apps.schedules.models import DueTime
from apps.schedules.services import fire_due
from apps.webhooks.models import Delivery
from tests.schedules.conftest import at
from tests.webhooks.test_simultaneous import all_at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_eight_workers_start_each_workflow_once(clockwork):
    for _ in range(5):
        clockwork.publish(when="every-day", at="09:00")

    all_at_once(8, lambda _: fire_due(at=at("2025-03-03T08:30")))
    fired = all_at_once(8, lambda _: fire_due(at=at("2025-03-03T09:00:01")))

    assert sum(fired) == 5
    assert DueTime.objects.count() == Delivery.objects.count() == Run.objects.count() == 5
    assert sum(Delivery.objects.values_list("duplicates", flat=True)) == 0


def test_eight_workers_that_see_a_new_version_run_the_overdue_time_once(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:30"))
    clockwork.change(workflow, at("2025-03-03T09:30"), when="every-day", at="09:00")

    fired = all_at_once(8, lambda _: fire_due(at=at("2025-03-03T09:31")))

    assert sum(fired) == Delivery.objects.count() == 1
    assert DueTime.objects.get().due_at == at("2025-03-04T09:00")
