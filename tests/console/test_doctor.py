"""The doctor: each finding, its level, and what to do about it."""

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from apps.connections.models import Connection, Endpoint
from apps.console import doctor
from apps.console.doctor import Level
from apps.runs.models import Heartbeat
from apps.workflows.publishing import publish
from tests.factories import RunFactory, WorkflowFactory
from tests.runs.asked import ask
from tests.workflows.conftest import recipe

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker():
    """Let a drain show life."""
    now = timezone.now()
    return Heartbeat.objects.create(name="d", kind="drain", pid=1, host="h", started_at=now, beat_at=now)


def found(subject, level=None):
    """Return the findings on a subject."""
    return [
        finding
        for finding in doctor.examine()
        if finding.subject == subject and level in (None, finding.level)
    ]


def told(subject, level):
    """Return the one finding on a subject at this level."""
    [finding] = found(subject, level)
    return finding


def test_a_well_installation_has_nothing_broken(workspace, worker, settings):
    settings.PUBLIC_URL = "https://tandem.example.com"

    findings = doctor.examine()

    assert {finding.subject for finding in findings} == {
        "settings",
        "database",
        "worker",
        "keys",
        "connections",
        "webhooks",
    }
    assert [finding for finding in findings if finding.level is Level.BROKEN] == []


def test_every_finding_that_is_not_well_says_what_to_do(stripe, customerio, settings):
    Connection.objects.update(status=Connection.Status.BROKEN, status_reason="Refused.")
    settings.FIELD_KEYS = ["another key of the tests with no use elsewhere"]

    for finding in doctor.examine():
        assert finding.message
        assert bool(finding.remedy) or finding.level is Level.OK


def test_no_public_address_is_told(db, settings):
    settings.PUBLIC_URL = ""

    assert any("PUBLIC_URL" in finding.message for finding in found("settings", Level.WARNING))


def test_a_setting_that_the_checks_refuse_is_told_not_raised(stripe, settings):
    settings.ENVIRONMENT = "production"
    settings.FIELD_KEYS = []
    out = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("doctor", "--json", stdout=out)

    broken = [each for each in json.loads(out.getvalue())["findings"] if each["level"] == "broken"]
    assert any("FIELD_KEYS" in each["message"] and each["subject"] == "settings" for each in broken)
    assert any("FIELD_KEYS" in each["message"] and each["subject"] == "keys" for each in broken)


def test_no_public_address_is_told_once(db, settings):
    settings.ENVIRONMENT = "production"
    settings.PUBLIC_URL = ""

    assert len([each for each in found("settings") if "PUBLIC_URL is" in each.message]) == 1


def test_migrations_that_wait_are_told(db):
    MigrationRecorder.Migration.objects.filter(app="webhooks").delete()

    finding = told("database", Level.BROKEN)

    assert "migrations have not been applied" in finding.message
    assert "migrate" in finding.remedy
    assert found("worker") == []


def test_a_database_that_does_not_answer_is_told_and_the_rest_left_out(db, monkeypatch):
    def away(*args):
        raise OperationalError("password for tandem@db refused")

    monkeypatch.setattr(doctor, "MigrationExecutor", away)

    findings = doctor.examine()

    [finding] = [each for each in findings if each.subject == "database"]
    assert finding.level is Level.BROKEN
    assert "password" not in finding.message
    assert {each.subject for each in findings} == {"settings", "database"}


@pytest.mark.parametrize("age", [None, 60])
def test_no_worker_is_broken(db, age):
    if age:
        now = timezone.now() - dt.timedelta(seconds=age)
        Heartbeat.objects.create(name="d", kind="drain", pid=1, host="h", started_at=now, beat_at=now)

    assert "python manage.py worker" in told("worker", Level.BROKEN).remedy


def test_a_queue_that_waits_is_told(worker, live, stripe):
    RunFactory(
        version=live.live_version,
        delivery__connection=stripe,
        due_at=timezone.now() - dt.timedelta(minutes=7),
    )

    assert "waited 7 min" in told("worker", Level.WARNING).message


def test_a_key_that_is_gone_is_broken(stripe, customerio, settings):
    settings.FIELD_KEYS = ["another key of the tests with no use elsewhere"]

    finding = told("keys", Level.BROKEN)

    assert finding.message.startswith("2 credentials or signing secrets")
    assert "FIELD_KEYS" in finding.remedy


def test_a_former_key_is_told(stripe, settings):
    settings.FIELD_KEYS = ["another key of the tests with no use elsewhere", *settings.FIELD_KEYS]

    assert told("keys", Level.WARNING).message.startswith("1 credentials or signing secrets")


@pytest.mark.parametrize(("status", "level"), [("broken", Level.BROKEN), ("needs_attention", Level.WARNING)])
def test_a_connection_in_trouble_is_named_with_its_reason(stripe, status, level):
    Connection.objects.update(status=status, status_reason="Stripe refused the key.")

    finding = told("connections", level)

    assert "“Stripe sandbox” in “Acme”" in finding.message
    assert "Stripe refused the key." in finding.message


def test_a_disconnected_one_is_no_trouble(stripe):
    Connection.objects.update(status="disconnected")

    assert told("connections", Level.OK).message.startswith("0 connections")


def test_a_webhook_that_could_not_be_registered_is_broken(live):
    Endpoint.objects.update(state="failed", state_reason="Stripe answered 403.")

    finding = told("webhooks", Level.BROKEN)

    assert "Stripe answered 403." in finding.message
    assert "Repair" in finding.remedy


def test_a_webhook_by_hand_without_its_secret_is_broken(workspace, live_stripe, customerio, actor, settings):
    settings.PUBLIC_URL = ""
    publish(WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio)), actor=actor)

    finding = told("webhooks", Level.BROKEN)

    assert "“Stripe test” has no signing secret" in finding.message


def test_a_webhook_that_received_nothing_is_told_unless_it_is_a_sandbox(
    workspace, live, live_stripe, customerio, actor
):
    publish(WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio)), actor=actor)

    assert "“Stripe test” has received nothing" in told("webhooks", Level.WARNING).message
    assert "“Stripe sandbox” has received nothing" in told("webhooks", Level.OK).message


@pytest.mark.parametrize("broken", [True, False])
def test_the_exit_code_says_whether_something_is_broken(request, broken, workspace):
    if not broken:
        request.getfixturevalue("worker")
    out, code = io.StringIO(), 0

    try:
        call_command("doctor", "--json", stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)

    answer = json.loads(out.getvalue())
    assert (code, answer["ok"]) == ((1, False) if broken else (0, True))
    assert {"subject", "level", "message", "remedy"} == set(answer["findings"][0])


def test_for_people_it_is_a_list_with_remedies(workspace):
    out = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("doctor", stdout=out)

    assert "BROKEN  worker: No worker gave a sign of life" in out.getvalue()
    assert "→ Start one: python manage.py worker" in out.getvalue()


def test_it_looks_although_the_checks_would_stop_other_commands():
    from django.core.management import load_command_class

    assert list(load_command_class("apps.console", "doctor").requires_system_checks) == []


def test_approvals_that_wait_are_counted(workspace):
    assert not [each for each in doctor.examine() if each.subject == "approvals"]
    ask(workspace=workspace)

    (found,) = [each for each in doctor.examine() if each.subject == "approvals"]

    assert "1 approval waits" in found.message
    assert "/admin/runs/approval/?status__exact=pending" in found.message
