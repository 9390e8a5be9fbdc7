"""New workflow: trigger, action and accounts make a draft whose fields are mapped."""

from urllib.parse import urlencode

import pytest

from apps.catalog import registry
from apps.catalog.pairings import pairing
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


def test_every_trigger_and_every_action_is_to_choose(editor_client, stripe, customerio):
    [form] = [each for each in page(editor_client.get(ADD)).forms if "trigger" in each.choices]

    offered = {registry.action_ref(app, each) for app, each in registry.iter_actions() if not each.hidden}
    assert set(TRIGGERS) <= set(form.choices["trigger"])
    assert set(form.choices["action"]) == {"", *offered}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_choice_makes_a_draft_with_only_an_operators_fields_open(
    editor_client, editor, chosen, trigger, action
):
    response = editor_client.post(ADD, {**chosen, "trigger": trigger, "action": action})

    made = Workflow.objects.get()
    assert response["Location"] == url(made, "editor")
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


# From a card, or on the way to an account


ARRIVED = {"trigger": FAILED, "action": TRACK}


def form_of(response):
    [form] = [each for each in page(response).forms if "trigger" in each.choices]
    return form


def test_what_only_reads_can_be_chosen_too_and_what_destroys_comes_last(editor_client, stripe):
    offered = form_of(editor_client.get(ADD)).choices["action"]

    stripes = [ref for ref in offered if ref.startswith("stripe.")]
    assert "stripe.get-customer" in stripes
    assert "stripe.price-options" not in stripes
    assert stripes.index("stripe.create-customer") < stripes.index("stripe.cancel-subscription")
    assert stripes.index("stripe.cancel-subscription") < stripes.index("stripe.get-customer")


def test_a_link_from_a_card_leads_through_signing_in_to_the_choice(
    workspace, editor, client, stripe, customerio
):
    address = f"{ADD}?{urlencode(ARRIVED)}"

    asked = client.get(address, follow=True)
    [login] = [form for form in page(asked).forms if "password" in form.fields]
    editor.set_password("a password of this test")
    editor.save()
    names = {"username": editor.get_username(), "password": "a password of this test"}
    arrived = client.post(
        asked.request["PATH_INFO"] + "?" + asked.request["QUERY_STRING"], login.posted(names)
    )

    assert arrived["Location"] == address
    form = form_of(client.get(arrived["Location"]))
    assert (form.fields["trigger"], form.fields["action"]) == (FAILED, TRACK)
    assert form.fields["trigger_connection"] == str(stripe.code)
    assert form.fields["action_connection"] == str(customerio.code)


def test_the_sentence_of_the_pair_is_shown(editor_client):
    assert pairing(FAILED, TRACK).sentence in page(editor_client.get(ADD, ARRIVED)).text


@pytest.mark.parametrize(
    "query",
    [
        {"trigger": "nonsense", "action": TRACK},
        {"trigger": FAILED, "action": "stripe.price-options"},
        {"trigger": "<script>", "action": "\x00", "connected": "\x00", "trigger_connection": "'"},
        {"trigger": FAILED, "action": TRACK, "connected": "00000000-0000-0000-0000-000000000000"},
    ],
)
def test_a_link_that_names_nothing_shows_the_form(editor_client, query):
    response = editor_client.get(ADD, query)

    assert response.status_code == 200
    assert "<script>" not in response.content.decode().replace("<script src", "")


def test_a_hidden_action_can_not_be_posted(editor_client, chosen):
    assert editor_client.post(ADD, {**chosen, "action": "stripe.price-options"}).status_code == 400


def test_one_click_with_sandboxes_where_there_is_no_account_yet(owner_client, workspace):
    form = form_of(owner_client.get(ADD, ARRIVED))
    assert (form.fields["trigger_connection"], form.fields["action_connection"]) == ("sandbox", "sandbox")

    owner_client.post(ADD, form.posted(do="create"))

    assert [validate_draft(made) for made in Workflow.objects.all()] == [[]]


def test_with_several_accounts_none_is_taken_unasked(editor_client, workspace, stripe, customerio):
    ConnectionFactory(workspace=workspace, name="Stripe of the other shop")

    form = form_of(editor_client.get(ADD, ARRIVED))

    assert form.fields["trigger_connection"] == ""
    assert form.fields["action_connection"] == str(customerio.code)


def test_an_account_connected_on_the_way_is_chosen_on_return(owner_client, workspace, stripe):
    ConnectionFactory(workspace=workspace, name="Stripe of the other shop")
    asked = {
        **ARRIVED,
        "trigger_connection": str(stripe.code),
        "name": "Dunning & more",
        "do": "connect:action",
    }

    away = owner_client.post(ADD, asked)
    path, _, query = away["Location"].partition("?")
    back = owner_client.post(f"{path}?{query}&sandbox=1", {"name": "Customer.io for trying"})

    made = Connection.objects.get(name="Customer.io for trying")
    assert (path, made.app) == ("/admin/connections/connection/add/", "customerio")
    form = form_of(owner_client.get(back["Location"]))
    assert form.fields["trigger_connection"] == str(stripe.code)
    assert form.fields["action_connection"] == str(made.code)
    assert form.fields["name"] == "Dunning & more"


def test_to_connect_an_account_a_choice_is_needed(owner_client):
    response = owner_client.post(ADD, {"trigger": "", "action": TRACK, "do": "connect:trigger"})

    assert response.status_code == 400
    assert "Choose the trigger first" in page(response).text


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example.com/",
        "//evil.example.com/",
        "/\\evil.example.com/",
        "\\\\evil.example.com",
        "javascript:alert(1)",
        "evil.example.com",
        "/" + "x" * 5000,
        "",
    ],
)
def test_connecting_leads_back_only_within_the_house(owner_client, workspace, back):
    query = urlencode({"app": "stripe", "sandbox": "1", "next": back})

    response = owner_client.post(f"/admin/connections/connection/add/?{query}", {"name": "Stripe sandbox"})

    made = Connection.objects.get(app="stripe")
    assert response["Location"] == f"/admin/connections/connection/{made.pk}/change/"


def test_an_app_without_an_account_asks_for_none(editor_client, chosen, workspace, customerio):
    ref = next(
        registry.trigger_ref(app, each) for app, each in registry.iter_triggers() if not app.needs_account
    )

    response = editor_client.post(ADD, {**chosen, "trigger": ref, "trigger_connection": ""})

    made = Workflow.objects.get()
    assert response["Location"] == url(made, "editor")
    assert "trigger-connection" not in page(editor_client.get(url(made, "edit"))).form("mapping").choices
