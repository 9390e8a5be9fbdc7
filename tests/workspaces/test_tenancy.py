"""Every page of every tenant's model, asked for by somebody of another workspace.

The pages are found in the admin's own registry, so that a page which is added
later is asked for too.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.forms.models import model_to_dict
from django.utils import timezone

from apps.alerts.models import Alert, Channel
from apps.alerts.services import raise_alert
from apps.catalog.models import CustomApp
from apps.connections.models import Connection, SandboxCall
from apps.runs.dead_letters.models import Cause, DeadLetter
from apps.runs.models import Approval, Effect, ReplayJob, Run, SearchPath
from apps.webhooks.models import Backfill, Delivery, Erasure, Gap, Quarantined, Reconciliation, Refusal
from apps.workflows.models import Workflow
from apps.workspaces import audit
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry, Membership, Workspace
from apps.workspaces.scoping import SESSION_KEY, WorkspaceAdmin
from tests.catalog.custom.shop import shop
from tests.factories import (
    ConnectionFactory,
    DeliveryFactory,
    EffectFactory,
    EndpointFactory,
    MembershipFactory,
    RunFactory,
    VersionFactory,
    WorkflowFactory,
)
from tests.runs.asked import ask

NAME = "Canary of Acme"
REFUSED = (403, 404, 405)


def _workflow(workspace: Workspace) -> Workflow:
    workflow = WorkflowFactory(workspace=workspace, name=NAME)
    workflow.trigger_connection = ConnectionFactory(workspace=workspace)
    return VersionFactory(workflow=workflow, live=True).workflow


def _sandbox_call(workspace: Workspace) -> SandboxCall:
    connection = ConnectionFactory(workspace=workspace)
    return SandboxCall.objects.create(connection=connection, method="GET", url=f"https://{NAME}", status=200)


def _entry(workspace: Workspace) -> AuditEntry:
    return audit.record(workspace, actor=Actor.system(NAME), verb="workspace.renamed", target=workspace)


def _run(workspace: Workspace) -> Run:
    return RunFactory(delivery=_delivery(workspace), version__workflow=_workflow(workspace))


def _delivery(workspace: Workspace) -> Delivery:
    return DeliveryFactory(
        connection=ConnectionFactory(workspace=workspace, name=f"Connection of {NAME}"), event_id=NAME
    )


def _refusal(workspace: Workspace) -> Refusal:
    endpoint = EndpointFactory(connection=ConnectionFactory(workspace=workspace, name=NAME))
    return Refusal.objects.create(endpoint=endpoint, reason="no_match", count=1, last_at=timezone.now())


def _custom_app(workspace: Workspace) -> CustomApp:
    return CustomApp.objects.create(workspace=workspace, key="canary", name=NAME, declaration=shop(name=NAME))


def _cause(workspace: Workspace) -> Cause:
    run = _run(workspace)
    now = timezone.now()
    cause = Cause.objects.create(
        workspace=workspace, workflow=run.workflow, digest="d", pattern=NAME, first_at=now, last_at=now
    )
    DeadLetter.objects.create(run=run, cause=cause, failed_at=now)
    Run.objects.filter(pk=run.pk).update(status="failed")
    return cause


def _channel(workspace: Workspace) -> Channel:
    return Channel.objects.create(workspace=workspace, kind="email", name=NAME, recipients=["a@example.com"])


def _alert(workspace: Workspace) -> Alert:
    return raise_alert(workspace, kind="backlog", subject="canary", message=NAME, remedy="", url="")


def _replay_job(workspace: Workspace) -> ReplayJob:
    return ReplayJob.objects.create(workspace=workspace, created_by_label=NAME)


def _quarantined(workspace: Workspace) -> Quarantined:
    connection = ConnectionFactory(workspace=workspace)
    kept = DeliveryFactory(connection=connection, status="quarantined", reason=NAME, event_type="")
    return Quarantined.objects.get(pk=kept.pk)


def _reconciliation(workspace: Workspace) -> Reconciliation:
    return Reconciliation.objects.create(connection=ConnectionFactory(workspace=workspace, name=NAME))


def _gap(workspace: Workspace) -> Gap:
    now = timezone.now()
    return Gap.objects.create(
        workspace=workspace,
        connection=ConnectionFactory(workspace=workspace, name=NAME),
        event_id="evt_gone",
        event_type="charge.failed",
        occurred_at=now,
        found_at=now,
        status=Gap.Status.OPEN,
        reason=NAME,
    )


def _backfill(workspace: Workspace) -> Backfill:
    now = timezone.now()
    return Backfill.objects.create(
        workspace=workspace,
        workflow=_workflow(workspace),
        connection=ConnectionFactory(workspace=workspace),
        since=now - timedelta(days=1),
        until=now,
        per_minute=5,
        created_at=now,
        next_at=now,
    )


MAKERS: dict[type[Model], Callable[[Workspace], Model]] = {
    Workspace: lambda workspace: workspace,
    Membership: lambda workspace: MembershipFactory(workspace=workspace, user__username=NAME),
    AuditEntry: _entry,
    Connection: lambda workspace: ConnectionFactory(workspace=workspace, name=NAME),
    SandboxCall: _sandbox_call,
    Workflow: _workflow,
    Run: _run,
    ReplayJob: _replay_job,
    SearchPath: lambda workspace: SearchPath.objects.create(
        workspace=workspace, trigger="stripe.trigger-charge-failed", path=f'raw["{NAME}"]'
    ),
    Effect: lambda workspace: EffectFactory(run=_run(workspace)),
    Alert: _alert,
    Cause: _cause,
    Channel: _channel,
    Approval: lambda workspace: ask(_run(workspace), name=NAME),
    Delivery: _delivery,
    Refusal: _refusal,
    Quarantined: _quarantined,
    Reconciliation: _reconciliation,
    Gap: _gap,
    Backfill: _backfill,
    Erasure: lambda workspace: Erasure.objects.create(workspace=workspace, hint="f…@example.com"),
    CustomApp: _custom_app,
}
TENANTS = [model for model, each in admin.site._registry.items() if isinstance(each, WorkspaceAdmin)]


def pages(model: type[Model], row: Model) -> list[str]:
    """Return the address of every page that is about one row."""
    routes = [str(pattern.pattern) for pattern in admin.site._registry[model].get_urls() if pattern.name]
    about = [route for route in routes if "object_id" in route]
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    filled = [re.sub(r"<[^>]*object_id>", str(row.pk), route) for route in about]
    return [base + re.sub(r"<slug:\w+>", "some-part", route) for route in filled]


@pytest.fixture(params=TENANTS, ids=lambda model: model._meta.label)
def foreign(request: Any, workspace: Workspace) -> Model:
    """Return a row of the workspace that the stranger does not belong to."""
    maker = MAKERS.get(request.param)
    assert maker is not None, f"Say in MAKERS how to make a {request.param._meta.label}."
    return maker(workspace)


def listing(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_a_strangers_request_finds_no_page_of_a_foreign_row(foreign, stranger_client):
    asked = pages(type(foreign), foreign)

    assert len(asked) >= 3  # Change, delete and history at the least.
    for address in asked:
        assert stranger_client.get(address).status_code in REFUSED, address


def test_a_strangers_post_changes_nothing_of_a_foreign_row(foreign, stranger_client):
    before = model_to_dict(foreign)

    for address in pages(type(foreign), foreign):
        response = stranger_client.post(address, {"post": "yes", "name": "Taken", "role": "owner"})
        assert response.status_code in REFUSED, address

    assert model_to_dict(type(foreign)._default_manager.get(pk=foreign.pk)) == before


def test_a_foreign_row_is_in_no_list(foreign, stranger_client):
    content = stranger_client.get(listing(type(foreign))).content.decode()

    assert NAME not in content
    assert f"{listing(type(foreign))}{foreign.pk}/change/" not in content


def test_a_search_finds_no_foreign_row(foreign, stranger_client):
    response = stranger_client.get(listing(type(foreign)), {"q": NAME})

    assert f"{listing(type(foreign))}{foreign.pk}/change/" not in response.content.decode()


def test_the_site_wide_search_finds_no_foreign_row(foreign, stranger_client):
    content = stranger_client.get("/admin/search/", {"s": NAME[:6]}).content.decode()

    assert NAME not in content


def test_no_filter_offers_a_foreign_row(foreign, stranger_client, workspace):
    ConnectionFactory(workspace=workspace, name=f"{NAME} again")
    WorkflowFactory(workspace=workspace, name=f"{NAME} again")

    assert NAME not in stranger_client.get(listing(type(foreign))).content.decode()


def test_a_bulk_action_does_not_reach_a_foreign_row(foreign, stranger_client):
    before = model_to_dict(foreign)
    actions = [*(admin.site._registry[type(foreign)].actions or ()), "delete_selected"]

    for action in actions:
        name = action if isinstance(action, str) else action.__name__
        stranger_client.post(
            listing(type(foreign)), {"action": name, "_selected_action": [foreign.pk], "post": "yes"}
        )

    assert model_to_dict(type(foreign)._default_manager.get(pk=foreign.pk)) == before


def test_nobody_reaches_a_page_without_signing_in(foreign, client):
    for address in [listing(type(foreign)), *pages(type(foreign), foreign)]:
        response = client.get(address)
        assert response.status_code == 302, address
        assert "/admin/login/" in response["Location"]


@pytest.mark.parametrize("persona", ["viewer", "editor", "admin_member", "owner"])
def test_members_reach_the_lists_that_their_role_may_see(persona, foreign, persona_client):
    response = persona_client(persona).get(listing(type(foreign)))

    hidden = isinstance(foreign, AuditEntry | Channel | Erasure) and persona in ("viewer", "editor")
    assert response.status_code == (403 if hidden else 200)


def test_autocomplete_offers_no_foreign_row(stranger_client, workspace):
    ConnectionFactory(workspace=workspace, name=NAME)

    for model in TENANTS:
        for field in model._meta.fields:
            target = field.related_model
            if isinstance(target, type) and isinstance(admin.site._registry.get(target), WorkspaceAdmin):
                query = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                    "term": NAME[:6],
                }
                response = stranger_client.get("/admin/autocomplete/", query)
                assert NAME not in response.content.decode(), field


def test_a_lookup_over_a_field_that_is_no_filter_is_refused(stranger_client, viewer_client, workspace):
    ConnectionFactory(workspace=workspace, name=NAME)

    for lookup in (
        "credentials__startswith",
        "created_by__password__startswith",
        "hints__api_key__startswith",
    ):
        assert viewer_client.get("/admin/connections/connection/", {lookup: "a"}).status_code in (302, 400)


def test_djangos_own_shortcut_shows_no_foreign_row(foreign, stranger_client):
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_model(type(foreign))

    assert stranger_client.get(f"/admin/r/{kind.pk}/{foreign.pk}/", follow=True).status_code in REFUSED


def test_a_row_of_ones_other_workspace_opens_and_makes_it_current(owner, owner_client, other_workspace):
    MembershipFactory(workspace=other_workspace, user=owner)
    elsewhere = ConnectionFactory(workspace=other_workspace, name="Stripe elsewhere")

    response = owner_client.get(f"/admin/connections/connection/{elsewhere.pk}/change/")

    assert response.status_code == 200
    assert owner_client.session[SESSION_KEY] == other_workspace.pk


def test_a_post_to_ones_other_workspace_does_not_switch(owner, owner_client, other_workspace):
    MembershipFactory(workspace=other_workspace, user=owner, role="owner")
    elsewhere = ConnectionFactory(workspace=other_workspace)

    assert owner_client.post(f"/admin/connections/connection/{elsewhere.pk}/test/").status_code == 404


def test_the_role_is_that_of_the_rows_workspace(viewer, viewer_client, other_workspace):
    """A viewer here who owns a workspace elsewhere gains nothing here."""
    mine = ConnectionFactory(workspace=viewer.memberships.get().workspace)
    MembershipFactory(workspace=other_workspace, user=viewer, role="owner")

    viewer_client.post("/admin/workspaces/workspace/switch/", {"workspace": other_workspace.code})

    assert viewer_client.post(f"/admin/connections/connection/{mine.pk}/disconnect/").status_code == 404
    assert viewer_client.get(f"/admin/connections/connection/{mine.pk}/change/").status_code == 200
    assert viewer_client.post(f"/admin/connections/connection/{mine.pk}/disconnect/").status_code == 403
