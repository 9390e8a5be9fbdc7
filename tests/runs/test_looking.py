"""When a drain looks for runs: at once where there may be some, never in a spin, at most once a second."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.runs.leases import DatabaseClock, steady
from apps.runs.models import Run
from apps.runs.worker.looking import AGAIN_SECONDS, Looking
from apps.runs.worker.wakeup import LONGEST_SLEEP
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def looking():
    return Looking(DatabaseClock())


def wait_of(looking):
    """Return the seconds until it looks again, a little less than they were."""
    return looking.next_at - steady()


def test_a_look_at_an_empty_queue_is_one_statement_and_the_next_is_in_a_second(looking):
    with CaptureQueriesContext(database) as asked:
        assert looking.claim(16) is None

    assert len(asked) <= 1
    assert LONGEST_SLEEP - 0.2 < wait_of(looking) <= LONGEST_SLEEP


def test_what_is_seen_and_cannot_be_had_is_looked_for_ever_more_rarely(looking):
    RunFactory(due_at=timezone.now() + timedelta(hours=1))
    waits = []
    for _ in range(8):
        began = steady()
        assert looking.claim(16) is None
        waits.append(looking.next_at - began)

    assert AGAIN_SECONDS <= waits[0] < waits[1] < waits[2]
    assert waits[-1] >= LONGEST_SLEEP

    looking.woken()
    assert looking.claim(16) is None
    assert wait_of(looking) <= 2 * AGAIN_SECONDS


def test_the_first_run_that_waits_tells_when_to_look(looking):
    RunFactory(status="waiting", due_at=timezone.now() + timedelta(seconds=0.5))
    RunFactory(status="waiting", due_at=timezone.now() + timedelta(days=1))

    assert looking.claim(16) is None

    assert wait_of(looking) <= 0.5


def test_a_run_whose_waiting_is_over_is_claimed(looking):
    run = RunFactory(status="waiting", due_at=timezone.now() - timedelta(seconds=1))

    claimed = looking.claim(16)

    assert [each.pk for each in claimed.runs] == [run.pk]
    assert Run.objects.get().status == "running"


def test_a_run_that_was_left_for_a_moment_is_looked_for_by_then(looking):
    assert looking.claim(16) is None

    looking.left(Run(status="waiting", due_at=timezone.now() + timedelta(seconds=0.3)))
    soon = wait_of(looking)
    looking.left(Run(status="succeeded", due_at=timezone.now()))

    assert soon <= 0.3
    assert wait_of(looking) > soon - 0.1
