"""Forgetting a person: everything that names them goes, everything else stays, and it says what it did."""

import json
from urllib.parse import quote

import pytest

from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Alert
from apps.alerts.services import raise_alert
from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.connections.models import SandboxCall
from apps.runs.models import Effect, ReplayJob, Run, SavedFilter, SearchKey, StepRun
from apps.runs.replays.selection import runs_of
from apps.webhooks.forgetting import services
from apps.webhooks.forgetting.erasing import FORGOTTEN
from apps.webhooks.forgetting.models import Erasure
from apps.webhooks.models import Delivery
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.runs.conftest import IDENTIFY, TRACK, provider, status, work, world

__all__ = ["provider", "work", "world"]

SYSTEM = Actor.system("test")
PERSON = "ada@example.com"


def go_on() -> None:
    """Let the sweep work until nothing changes."""
    while services.look.__wrapped__(at=None):
        pass


def everything_kept() -> str:
    """Return what the run log and the stored events hold, as one text."""
    rows = [
        list(StepRun.objects.values_list("log", "error", "remedy")),
        list(Run.objects.values_list("reason", "remedy")),
        list(Effect.objects.values_list("provider_id")),
        list(Erasure.objects.values_list("hint", "found")),
        list(AuditEntry.objects.values_list("before", "after", "target_label")),
    ]
    return json.dumps(rows, ensure_ascii=False)


def test_a_forgotten_person_s_runs_are_emptied_and_others_stay(world, provider, work):
    theirs = world.start(world.workflow(IDENTIFY, TRACK))
    other = world.start(theirs.workflow, world.deliver("evt_2", receipt_email="bob@example.com"))
    work()

    asked = services.forget(world.workspace, actor=SYSTEM, who=PERSON)
    go_on()

    asked.refresh_from_db()
    assert asked.status == "done"
    assert asked.found["runs"] == 1
    assert asked.found["steps"] == 2
    assert bytes(asked.sealed) == b""
    assert PERSON not in everything_kept()
    theirs.refresh_from_db()
    assert theirs.status == "succeeded"
    assert all(bytes(row.working) == b"" for row in theirs.steps.all())
    assert not SearchKey.objects.filter(run=theirs).exists()
    assert bytes(theirs.delivery.body) == b""
    assert "bob@example.com" in json.dumps(list(other.steps.values_list("log", flat=True)))
    assert SearchKey.objects.filter(run=other).exists()
    other.delivery.refresh_from_db()
    assert bytes(other.delivery.body) != b""


def test_ledger_keys_stay_so_that_nothing_is_done_twice(world, provider, work):
    run = world.start(world.workflow(TRACK))
    work()
    key = Effect.objects.get(run=run).key

    services.forget(world.workspace, actor=SYSTEM, who=PERSON)
    go_on()

    effect = Effect.objects.get(run=run)
    assert (effect.key, effect.status) == (key, "done")


def test_an_event_that_started_nothing_is_found_by_its_body(world):
    delivery = world.deliver()
    spelled = world.deliver("evt_2", receipt_email="ADA@example.com")
    other = world.deliver("evt_3", receipt_email="bob@example.com")

    services.forget(world.workspace, actor=SYSTEM, who=PERSON)
    go_on()

    kept = set(Delivery.objects.exclude(body=b"").values_list("pk", flat=True))
    assert kept == {other.pk}
    assert delivery.pk != spelled.pk


def test_what_an_error_said_of_them_goes(world, provider, work):
    provider.default = status(400, {"meta": {"error": f"{PERSON} is not welcome"}})
    world.start(world.workflow(TRACK))
    work()
    assert PERSON in everything_kept()

    services.forget(world.workspace, actor=SYSTEM, who=PERSON)
    go_on()

    assert PERSON not in everything_kept()
    assert Run.objects.get().status == "failed"


def test_unfinished_runs_are_named_and_nothing_is_done(world, provider, work):
    provider.default = status(500)
    run = world.start(world.workflow(TRACK))
    work()
    assert Run.objects.get().status == "waiting"

    with pytest.raises(Conflict) as refused:
        services.forget(world.workspace, actor=SYSTEM, who=PERSON)

    assert refused.value.field == "cancel"
    assert not Erasure.objects.exists()
    run.refresh_from_db()
    assert run.status == "waiting"


def test_unfinished_runs_are_cancelled_first_when_that_is_asked_for(world, provider, work):
    provider.default = status(500)
    world.start(world.workflow(TRACK))
    work()

    services.forget(world.workspace, actor=SYSTEM, who=PERSON, cancel=True)
    go_on()

    assert Run.objects.get().status == "cancelled"
    assert Erasure.objects.get().status == "done"
    assert PERSON not in everything_kept()


def test_a_run_that_is_found_by_its_body_alone_is_waited_for(world, provider, work):
    run = world.start(world.workflow(TRACK))  # Queued, so that it has no search key.

    services.forget(world.workspace, actor=SYSTEM, who=PERSON)
    go_on()
    assert Erasure.objects.get().status == "working"
    assert bytes(Delivery.objects.get().body) != b""

    work()
    go_on()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert Erasure.objects.get().status == "done"
    assert PERSON not in everything_kept()


def test_calls_of_a_sandbox_go(world):
    for person in (PERSON, "bob@example.com"):
        SandboxCall.objects.create(
            connection=world.customerio, method="PUT", url=f"/customers/{person}", status=200
        )

    services.forget(world.workspace, actor=SYSTEM, who=PERSON)
    go_on()

    assert SandboxCall.objects.get().url.endswith("bob@example.com")


def test_alerts_that_name_them_are_reworded_and_others_stay(world):
    for number, person in enumerate((PERSON, "bob@example.com")):
        raise_alert(
            world.workspace,
            kind=Kind.RUN_FAILED,
            subject=f"workflow:{number}",
            message=f"{person.capitalize()} is not welcome.",
            remedy="",
            url="",
            severity=Severity.WARNING,
        )

    services.forget(world.workspace, actor=SYSTEM, who=PERSON)
    go_on()

    assert set(Alert.objects.values_list("message", flat=True)) == {
        FORGOTTEN,
        "Bob@example.com is not welcome.",
    }
    assert Erasure.objects.get().found["texts and filters"] == 1


def test_a_job_chosen_by_a_filter_that_names_them_is_about_no_run(world):
    job = ReplayJob.objects.create(
        workspace=world.workspace,
        selection={"query": "q=ada%40example.com", "ids": None},
        findings=[{"run": "1", "was": PERSON}],
        upper=world.start(world.workflow(TRACK)).pk,
        created_by_label="Bob",
    )

    services.forget(world.workspace, actor=SYSTEM, who=PERSON, cancel=True)
    Run.objects.update(status="cancelled")
    go_on()

    job.refresh_from_db()
    assert job.findings == []
    assert list(runs_of(job)) == []


def test_a_saved_filter_that_names_them_goes(world, owner):
    for name, person in (("Ada", PERSON), ("Bob", "bob@example.com")):
        SavedFilter.objects.create(
            workspace=world.workspace, owner=owner, name=name, query=f"q={quote(person)}"
        )

    services.forget(world.workspace, actor=SYSTEM, who=PERSON)
    go_on()

    assert [kept.name for kept in SavedFilter.objects.all()] == ["Bob"]


def test_a_workspace_forgets_for_itself_alone(world, provider, work):
    from tests.factories import WorkspaceFactory

    world.start(world.workflow(TRACK))
    work()

    services.forget(WorkspaceFactory(), actor=SYSTEM, who=PERSON)
    go_on()

    assert SearchKey.objects.filter(workspace=world.workspace).exists()
    assert bytes(Delivery.objects.get().body) != b""


@pytest.mark.parametrize("who", ["", "  a ", "x" * 400])
def test_a_part_of_an_address_is_refused(world, who):
    with pytest.raises(ValidationFailed):
        services.forget(world.workspace, actor=SYSTEM, who=who)


@pytest.mark.django_db
def test_editors_can_not_forget_anybody(editor, workspace, editor_client):
    with pytest.raises(NotAllowed):
        services.forget(workspace, actor=Actor.of(editor), who=PERSON)
    assert editor_client.get("/admin/webhooks/erasure/add/").status_code == 403


@pytest.mark.django_db
def test_the_form_asks_to_be_sure_and_leads_to_what_was_done(owner_client, workspace):
    unsure = owner_client.post("/admin/webhooks/erasure/add/", {"who": PERSON})
    assert unsure.status_code == 400
    assert not Erasure.objects.exists()

    asked = owner_client.post("/admin/webhooks/erasure/add/", {"who": PERSON, "sure": "on"})

    assert asked.status_code == 302
    page = owner_client.get(asked["Location"]).content.decode()
    assert "a…@example.com" in page
    assert PERSON not in page
