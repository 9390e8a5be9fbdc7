"""Alerts are grouped while they stand, and begin anew when they are over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Alert
from apps.alerts.services import clear_alert, raise_alert

pytestmark = pytest.mark.django_db


def raised(workspace, *, message="Broken.", times=1, at=None, subject="connection:1"):
    return raise_alert(
        workspace,
        kind=Kind.CONNECTION,
        subject=subject,
        message=message,
        remedy="Mend it.",
        url="/admin/",
        severity=Severity.CRITICAL,
        times=times,
        at=at,
    )


def test_what_happens_again_is_counted_on_the_alert_that_stands(workspace):
    first = raised(workspace)

    again = raised(workspace, message="Still broken.", times=3)

    assert again.pk == first.pk
    assert (again.count, again.message) == (4, "Still broken.")


def test_another_subject_is_another_alert(workspace):
    first = raised(workspace)

    assert raised(workspace, subject="connection:2").pk != first.pk


def test_another_workspace_is_another_alert(workspace, other_workspace):
    first = raised(workspace)

    assert raised(other_workspace).pk != first.pk


def test_a_state_that_lasts_is_refreshed_and_not_counted(workspace):
    begun = timezone.now() - timedelta(hours=1)
    raised(workspace, at=begun)

    alert = raised(workspace, message="Three runs wait.", times=0)

    assert (alert.count, alert.message, alert.last_at) == (1, "Three runs wait.", begun)


def test_what_comes_after_the_end_is_a_new_alert(workspace):
    first = raised(workspace)
    assert clear_alert(workspace, kind=Kind.CONNECTION, subject="connection:1")

    second = raised(workspace)

    assert second.pk != first.pk
    assert Alert.objects.standing().get() == second


def test_nothing_is_cleared_where_nothing_stands(workspace, other_workspace):
    raised(other_workspace)

    assert not clear_alert(workspace, kind=Kind.CONNECTION, subject="connection:1")
    assert Alert.objects.standing().count() == 1


def test_an_acknowledged_alert_goes_on_counting(workspace, owner):
    alert = raised(workspace)
    Alert.objects.acknowledge(by=owner.pk, at=timezone.now())

    raised(workspace)

    alert.refresh_from_db()
    assert (alert.status, alert.count) == (Alert.Status.ACKNOWLEDGED, 2)
