"""Channels are told once, again after their period, and at the end; no attempt is made twice."""

import pytest
from django.utils import timezone

from apps.alerts import telling
from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Alert, Notice
from apps.alerts.services import acknowledge, clear_alert
from tests.alerts.conftest import SYSTEM, deliver, notices
from tests.common.servers import reply, serving

pytestmark = pytest.mark.django_db


def test_many_of_the_same_are_one_message_and_then_one_per_period(raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port, period_minutes=60)
        raised()
        deliver()
        raised(times=12)
        assert deliver(later=60) == 0

        assert deliver(later=3601) == 1

    assert notices() == [("opened", "sent"), ("again", "sent")]
    assert b"12 more since the last message; 13 since" in server.requests[1]


def test_nothing_more_is_said_about_an_alert_that_a_person_knows(raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        alert = raised()
        deliver()
        acknowledge(alert, actor=SYSTEM)
        raised(times=5)

        assert deliver(later=7200) == 0


def test_its_end_is_told_to_whom_it_was_told(workspace, raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        posting_channel("slack", server.port, name="Quiet", tell_resolved=False)
        raised()
        deliver()
        clear_alert(workspace, kind=Kind.RUN_FAILED, subject="workflow:1")
        deliver()

    assert notices() == [("opened", "sent"), ("opened", "sent"), ("resolved", "sent")]
    assert b"Resolved: Run failed" in server.requests[2]


def test_what_is_over_before_it_was_told_is_not_told(workspace, raised, posting_channel):
    with serving(reply(b"down", status="503 Unavailable")) as server:
        posting_channel("slack", server.port)
        raised()
        deliver()
        clear_alert(workspace, kind=Kind.RUN_FAILED, subject="workflow:1")
        telling.plan(at=timezone.now())

    assert notices() == [("opened", "dropped")]


def test_an_alert_that_a_channel_did_not_choose_is_not_told(raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port, name="Bad", min_severity=Severity.CRITICAL)
        posting_channel("slack", server.port, name="Other", kinds=[Kind.BACKLOG])
        posting_channel("slack", server.port, name="Off", enabled=False)
        raised()

        assert deliver() == 0


def test_another_workspace_s_alert_is_not_told(other_workspace, raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        raised(workspace=other_workspace)

        assert deliver() == 0


def test_what_was_not_taken_is_tried_again_with_its_error_in_sight(raised, posting_channel):
    with serving(reply(b"busy", status="503 Unavailable"), reply(b"ok")) as server:
        posting_channel("webhook", server.port)
        raised()
        deliver()
        notice = Notice.objects.get()
        assert (notice.status, notice.error) == ("waiting", "The receiver answered 503: busy")

        assert deliver(later=30) == 0
        assert deliver(later=400) == 1

    notice.refresh_from_db()
    assert (notice.status, notice.error, notice.attempts) == ("sent", "", 2)


def test_it_is_given_up_after_the_last_attempt(raised, posting_channel):
    with serving(reply(b"no", status="500 Error")) as server:
        posting_channel("webhook", server.port)
        raised()
        for attempt in range(telling.MAX_ATTEMPTS + 2):
            deliver(later=attempt * 100_000)

    assert len(server.requests) == telling.MAX_ATTEMPTS
    assert Notice.objects.get().status == "failed"


def test_two_tasks_of_one_attempt_send_it_once(raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        at = raised().first_at
        telling.plan(at=at)
        [(number, attempt)] = telling.lease_due(at=at)
        assert telling.lease_due(at=at) == []

        telling.send(number, attempt)
        telling.send(number, attempt)

    assert len(server.requests) == 1


def test_a_task_that_comes_after_its_lease_sends_nothing(raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        at = raised().first_at
        telling.plan(at=at)
        [(number, late)] = telling.lease_due(at=at)
        [(_, attempt)] = telling.lease_due(at=at + 2 * telling.LEASE)

        telling.send(number, late)
        assert server.requests == []
        telling.send(number, attempt)

    assert len(server.requests) == 1


def test_planning_twice_plans_once(raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        alert = raised()
        telling.plan(at=alert.first_at)
        Alert.objects.update(look_at=alert.first_at)

        telling.plan(at=alert.first_at)

    assert len(notices()) == 1
