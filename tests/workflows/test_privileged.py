"""Actions that need an admin: who may publish them, through which door, and what is said beforehand."""

import io

import pytest
from django.core.management import call_command

from apps.common.errors import NotAllowed
from apps.workflows import services
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.publishing import publish
from apps.workspaces.access import Actor
from tests.console.conftest import url
from tests.console.html_forms import page
from tests.factories import WorkflowFactory
from tests.workflows.conftest import PAID, recipe

pytestmark = pytest.mark.django_db


def calling(connection, method="POST", path="/v1/payouts"):
    """Return a definition of one step that makes any call of Stripe's."""
    return {
        "schema": 1,
        "trigger": {"trigger": PAID, "connection": str(connection.code)},
        "steps": [
            {
                "id": "pay_out",
                "kind": "action",
                "name": "Pay out",
                "action": "stripe.call-any-endpoint",
                "connection": str(connection.code),
                "confirmed": True,
                "inputs": {
                    "method": {"value": method},
                    "path": {"value": path},
                    "parameters": {"value": {"amount": 1}},
                },
            }
        ],
    }


@pytest.fixture
def any_call(workspace, stripe):
    """Return a workflow whose draft can move money by any call."""
    return WorkflowFactory(workspace=workspace, name="Payouts", draft=calling(stripe))


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_editor_can_not_publish_it_and_is_told_why(any_call, editor, stripe, method):
    draft = calling(stripe, method)
    any_call = services.save_draft(any_call, actor=Actor.of(editor), definition=draft, revision=1)

    with pytest.raises(NotAllowed) as refused:
        publish(any_call, actor=Actor.of(editor))

    assert refused.value.code == "needs_admin"
    assert "“Pay out” uses Call Any Endpoint" in refused.value.message
    assert "Ask an admin or owner of “Acme”" in refused.value.remedy
    assert Workflow.objects.get(pk=any_call.pk).status == Workflow.Status.DRAFT
    assert not WorkflowVersion.objects.exists()


@pytest.mark.parametrize("persona", ["admin_member", "owner", "superuser"])
def test_admins_and_owners_publish_it(any_call, persona, request):
    publish(any_call, actor=Actor.of(request.getfixturevalue(persona)))

    assert any_call.status == Workflow.Status.PUBLISHED


def test_what_an_admin_published_is_not_changed_by_an_editor(any_call, admin_member, editor, stripe):
    publish(any_call, actor=Actor.of(admin_member))
    draft = calling(stripe, path="/v1/transfers")
    services.save_draft(any_call, actor=Actor.of(editor), definition=draft, revision=1)

    with pytest.raises(NotAllowed):
        publish(any_call, actor=Actor.of(editor))

    any_call.refresh_from_db()
    assert any_call.live_version.number == 1


def test_an_editor_publishes_everything_else(workspace, editor, stripe, customerio):
    workflow = WorkflowFactory(workspace=workspace, name="Dunning", draft=recipe(stripe, customerio))

    assert publish(workflow, actor=Actor.of(editor)).number == 1


# The doors


def test_the_page_tells_an_editor_beforehand_and_has_no_button(editor_client, any_call):
    shown = page(editor_client.get(url(any_call, "publish")))

    assert "only an admin or owner may publish" in shown.text
    assert not [form for form in shown.forms if "revision" in form.fields]


def test_the_page_refuses_an_editor_who_posts_all_the_same(editor_client, any_call):
    response = editor_client.post(url(any_call, "publish"), {"revision": "1", "live": "0"})

    assert response.status_code == 400
    assert "only an admin or owner may publish" in page(response).text
    assert not WorkflowVersion.objects.exists()


def test_the_page_lets_an_admin_publish(admin_member_client, any_call):
    shown = page(admin_member_client.get(url(any_call, "publish")))
    admin_member_client.post(url(any_call, "publish"), {"revision": "1", "live": "0"})

    assert "only an admin or owner" not in shown.text
    assert [form for form in shown.forms if "revision" in form.fields]
    assert WorkflowVersion.objects.count() == 1


def test_who_has_the_machine_publishes_by_command(any_call):
    call_command("publish", "Payouts", "--json", stdout=io.StringIO())

    assert WorkflowVersion.objects.count() == 1


def _held(kind, step):
    """Return the definition's steps with the step inside another of this kind."""
    empty = {"id": "holder", "name": "Holder", "note": "", "disabled": False}
    never = {"all": [{"left": {"value": 1}, "op": "equals", "right": {"value": 2}}]}
    case = {"id": "a", "name": "A", "condition": never}
    tidy = {"id": "stop", "kind": "stop", "name": "Stop", "on_error": {"steps": [step]}}
    return {
        "then": empty | {"kind": "if", "condition": never, "then": [step]},
        "otherwise": empty | {"kind": "if", "condition": never, "else": [step]},
        "case": empty | {"kind": "switch", "cases": [{**case, "steps": [step]}]},
        "default": empty | {"kind": "switch", "cases": [case], "default": [step]},
        "loop": empty | {"kind": "for_each", "items": {"value": [1]}, "steps": [step]},
        "error branch": empty | {"kind": "filter", "condition": never, "on_error": {"steps": [step]}},
        "error branch in a loop": empty | {"kind": "for_each", "items": {"value": [1]}, "steps": [tidy]},
    }[kind]


@pytest.mark.parametrize(
    "kind", ["then", "otherwise", "case", "default", "loop", "error branch", "error branch in a loop"]
)
def test_it_is_seen_wherever_it_stands_in_the_tree(any_call, editor, stripe, kind):
    draft = calling(stripe)
    draft["steps"] = [_held(kind, draft["steps"][0])]
    any_call = services.save_draft(any_call, actor=Actor.of(editor), definition=draft, revision=1)

    with pytest.raises(NotAllowed) as refused:
        publish(any_call, actor=Actor.of(editor))

    assert (refused.value.code, refused.value.field) == ("needs_admin", "pay_out")
