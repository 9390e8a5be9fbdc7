"""New workflow: trigger, action and accounts make a draft whose fields are mapped."""

import pytest

from apps.catalog import registry
from apps.connections.models import Connection
from apps.workflows.engine.recipes import open_fields, recipe_title
from apps.workflows.models import Workflow
from apps.workflows.services import validate_draft
from tests.console.conftest import everything, url
from tests.console.html_forms import page
from tests.factories import ConnectionFactory
from tests.workflows.conftest import FAILED, TRACK

pytestmark = pytest.mark.django_db

ADD = "/admin/workflows/workflow/add/"
TRIGGERS = [
    registry.trigger_ref(app, trigger) for app, trigger in registry.iter_triggers() if app.key == "stripe"
]
ACTIONS = [
    f"customerio.{slug}"
    for slug in ("identify-person", "track-event", "send-transactional-email", "delete-person")
]


@pytest.fixture
def chosen(stripe, customerio):
    return {
        "trigger": FAILED,
        "action": TRACK,
        "trigger_connection": str(stripe.code),
        "action_connection": str(customerio.code),
        "name": "",
    }


def test_every_trigger_is_to_choose_and_every_action_that_does_something(editor_client, stripe, customerio):
    [form] = [each for each in page(editor_client.get(ADD)).forms if "trigger" in each.choices]

    assert set(TRIGGERS) <= set(form.choices["trigger"])
    assert len(TRIGGERS) >= 10
    assert set(ACTIONS) <= set(form.choices["action"])
    assert not [ref for ref in form.choices["action"] if ref.startswith("stripe.get-")]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_choice_makes_a_draft_with_only_an_operators_fields_open(
    editor_client, editor, chosen, trigger, action
):
    response = editor_client.post(ADD, {**chosen, "trigger": trigger, "action": action})

    made = Workflow.objects.get()
    assert response["Location"] == url(made, "edit")
    assert (made.status, made.created_by) == ("draft", editor)
    assert made.name == recipe_title(trigger, action)
    assert made.draft["trigger"]["trigger"] == trigger
    assert made.draft["steps"][-1]["action"] == action
    open_codes = {problem.code for problem in validate_draft(made)}
    assert open_codes <= {"required", "unconfirmed", "missing_credential"}
    assert editor_client.get(url(made, "edit")).status_code == 200


def test_the_same_choice_again_gets_another_name(editor_client, chosen):
    for _ in range(3):
        editor_client.post(ADD, chosen)

    title = recipe_title(FAILED, TRACK)
    names = list(Workflow.objects.order_by("pk").values_list("name", flat=True))
    assert names == [title, f"{title} (2)", f"{title} (3)"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trigger", ""),
        ("trigger", "stripe.nonsense"),
        ("action", ""),
        ("action", "customerio.nonsense"),
        ("trigger_connection", ""),
        ("trigger_connection", "nonsense"),
        ("action_connection", ""),
        ("action_connection", "00000000-0000-0000-0000-000000000000"),
        ("name", "x" * 121),
    ],
)
def test_an_error_marks_the_field_and_keeps_the_rest(editor_client, chosen, field, value):
    response = editor_client.post(ADD, {**chosen, "name": "Dunning", field: value})

    assert response.status_code == 400
    html = response.content.decode()
    [marked] = [part for part in html.split("<")[1:] if 'aria-invalid="true"' in part]
    assert f'name="{field}"' in marked
    [form] = [each for each in page(response).forms if "trigger" in each.choices]
    for kept in {"trigger", "action", "trigger_connection", "action_connection"} - {field}:
        assert form.fields[kept] == chosen[kept], kept
    assert not Workflow.objects.exists()


def test_an_account_of_the_wrong_app_is_refused(editor_client, chosen):
    response = editor_client.post(ADD, {**chosen, "trigger_connection": chosen["action_connection"]})

    assert response.status_code == 400
    assert "Choose which Stripe connection" in page(response).text


def test_an_account_of_another_workspace_is_refused_and_not_named(editor_client, chosen, other_workspace):
    foreign = ConnectionFactory(workspace=other_workspace, app="customerio", name="Their account")
    before = everything()

    response = editor_client.post(ADD, {**chosen, "action_connection": str(foreign.code)})

    assert response.status_code == 400
    assert "Their account" not in response.content.decode()
    assert everything() == before


def test_a_name_in_use_is_told(editor_client, chosen):
    editor_client.post(ADD, {**chosen, "name": "Dunning"})

    response = editor_client.post(ADD, {**chosen, "name": "Dunning"})

    assert response.status_code == 400
    assert "“Dunning” exists already" in page(response).text
    assert Workflow.objects.count() == 1


def test_sandboxes_are_made_on_the_way_and_only_once(owner_client, workspace):
    asked = {
        "trigger": FAILED,
        "action": TRACK,
        "trigger_connection": "sandbox",
        "action_connection": "sandbox",
    }

    owner_client.post(ADD, asked)
    owner_client.post(ADD, asked)

    assert sorted(workspace.connections.values_list("app", "sandbox", "status")) == [
        ("customerio", True, "connected"),
        ("stripe", True, "connected"),
    ]
    assert [validate_draft(made) for made in Workflow.objects.all()] == [[], []]


def test_a_refused_choice_makes_no_sandbox(owner_client, workspace):
    owner_client.post(
        ADD,
        {"trigger": FAILED, "action": "nonsense", "trigger_connection": "sandbox", "action_connection": ""},
    )
    owner_client.post(
        ADD,
        {"trigger": FAILED, "action": TRACK, "trigger_connection": "sandbox", "action_connection": ""},
    )

    assert not Connection.objects.exists()


def test_who_may_not_connect_is_not_offered_a_sandbox_and_can_not_make_one(editor_client, workspace):
    offered = page(editor_client.get(ADD))
    asked = {
        "trigger": FAILED,
        "action": TRACK,
        "trigger_connection": "sandbox",
        "action_connection": "sandbox",
    }

    response = editor_client.post(ADD, asked)

    assert all("sandbox" not in each.choices.get("trigger_connection", []) for each in offered.forms)
    assert response.status_code in (400, 403)
    assert "does not allow" in page(response).text
    assert not Connection.objects.exists()
    assert not Workflow.objects.exists()


def test_an_editor_may_use_a_sandbox_that_is_there(editor_client, chosen, stripe, customerio):
    response = editor_client.post(
        ADD, {**chosen, "trigger_connection": "sandbox", "action_connection": "sandbox"}
    )

    assert response.status_code == 302
    assert Workflow.objects.get().draft["trigger"]["connection"] == str(stripe.code)


def test_a_viewer_can_not_make_one(viewer_client, chosen):
    assert viewer_client.get(ADD).status_code == 403
    assert viewer_client.post(ADD, chosen).status_code == 403
    assert not Workflow.objects.exists()


def test_a_stranger_can_not_make_one_over_foreign_accounts(stranger_client, chosen):
    response = stranger_client.post(ADD, chosen)

    assert response.status_code == 400
    assert not Workflow.objects.exists()
    assert "Stripe sandbox" not in stranger_client.get(ADD).content.decode()


def test_what_is_left_open_is_what_only_an_operator_can_know(editor_client, chosen):
    from apps.workflows.engine.definition import parse

    editor_client.post(ADD, {**chosen, "action": "customerio.send-transactional-email"})

    left = {problem.field for problem in open_fields(parse(Workflow.objects.get().draft))}
    assert left == {"transactional_message_id"}
