"""Apps of a workspace's own, made in the admin through its forms."""

import json
import re
from typing import Any

import pytest

from apps.catalog import custom_apps, registry
from apps.catalog.models import CustomApp
from apps.common.errors import Conflict, ValidationFailed
from apps.connections import services as connections
from apps.connections.models import Connection
from apps.workflows.services import create_workflow, validate_draft
from apps.workspaces.access import Actor
from tests.catalog.custom.shop import create_order, shop
from tests.console.html_forms import page
from tests.factories import definition
from tests.personas import MEMBERS, PERSONAS

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/customapp/"


@pytest.fixture
def actor(owner: Any) -> Actor:
    return Actor.of(owner)


@pytest.fixture
def app(workspace: Any, actor: Actor) -> CustomApp:
    return custom_apps.create_app(workspace, actor=actor, declaration=shop())


def address(app: CustomApp, name: str = "change") -> str:
    return f"{LIST}{app.pk}/{name}/"


def form_of(client: Any, url: str, action: str = "") -> dict[str, Any]:
    """Return what the page's own form would post."""
    found = page(client.get(url))
    return next(
        form for form in found.forms if "revision" in form.fields or form.action.endswith(action or "?")
    ).posted()


def told(response: Any) -> str:
    """Return what a page says is wrong."""
    found = re.findall(r'class="td-error" role="alert">([^<]*)|<li>([^<]*)', response.content.decode())
    return " ".join("".join(each) for each in found)


def test_an_app_is_added_with_its_keys_made_from_names(owner_client, workspace):
    posted = {
        **form_of(owner_client, f"{LIST}add/"),
        "name": "Corner Shop",
        "key": "",
        "base_url": "https://shop.example.com/api/",
        "auth-0-label": "API key",
        "auth-0-key": "",
        "auth-0-secret": "on",
        "auth-0-required": "on",
        "auth-0-help_text": "In the shop under Settings, API keys.",
        "signing-kind": "bearer",
        "signing-field": "",
        "do": "save",
    }

    response = owner_client.post(f"{LIST}add/", posted)

    app = CustomApp.objects.get()
    assert response["Location"] == address(app)
    assert (app.key, app.declaration["base_url"]) == ("cornershop", "https://shop.example.com/api")
    assert app.declaration["signing"]["field"] == "api_key"
    assert registry.within(workspace.pk).get_app("cornershop").name == "Corner Shop"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "This is empty"),
        ({"key": "stripe"}, "knows already"),
        ({"key": "trigger"}, "used by the product"),
        ({"base_url": "file:///etc/passwd"}, "can&#x27;t be used"),
        ({"base_url": "https://{{ inputs.host }}"}, "can&#x27;t be used"),
        ({"auth-0-help_text": "short"}, "where this secret is found"),
        ({"signing-kind": "header", "signing-name": "X-Key\r\nX-Evil: 1"}, "line break"),
        ({"color": "red"}, "#0f766e"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(owner_client, changes, told):
    posted = {
        **form_of(owner_client, f"{LIST}add/"),
        "name": "Corner Shop",
        "base_url": "https://shop.example.com",
        "auth-0-help_text": "In the shop under Settings, API keys.",
        "auth-0-secret": "on",
        "auth-0-required": "on",
        "do": "save",
        **changes,
    }

    response = owner_client.post(f"{LIST}add/", posted)

    assert response.status_code == 400
    assert told in response.content.decode()
    assert not CustomApp.objects.exists()


def test_rows_are_added_and_removed_without_script(owner_client, app):
    url = address(app, "action/create-order")
    posted = form_of(owner_client, url)
    more = page(owner_client.post(url, {**posted, "do": "add:inputs"}))
    form = next(form for form in more.forms if "revision" in form.fields)
    assert form.fields["inputs-4-label"] == ""
    filled = {**form.posted(), "inputs-4-label": "Colour", "inputs-4-help_text": "Which one."}

    fewer = page(owner_client.post(url, {**filled, "do": "remove:inputs:0"}))

    left = next(form for form in fewer.forms if "revision" in form.fields).fields
    assert [left[f"inputs-{number}-label"] for number in range(4)] == [
        "Article",
        "Quantity",
        "Source",
        "Colour",
    ]
    assert "inputs-4-label" not in left
    app.refresh_from_db()
    assert len(app.declaration["actions"][0]["inputs"]) == 4


@pytest.mark.parametrize(
    "name", ["edit", "webhook", "action/create-order", "action/read-order", "trigger/order-paid"]
)
def test_a_form_that_is_sent_unchanged_changes_nothing(owner_client, app, name):
    before = custom_apps.custom.parse(app.declaration)
    url = address(app, name)

    response = owner_client.post(url, {**form_of(owner_client, url), "do": "save"})

    assert response.status_code == 302, told(response)
    app.refresh_from_db()
    assert custom_apps.custom.parse(app.declaration) == before


def test_an_action_is_added_in_its_form(owner_client, app):
    url = address(app, "add-action")
    posted = {
        **form_of(owner_client, url),
        "name": "Add note",
        "description": "Write something down.",
        "method": "POST",
        "path": "/notes/{{ inputs.order }}",
        "body_kind": "json",
        "body": '{"text": "{{ inputs.text }}"}',
        "effect": "create",
        "inputs-0-label": "Order",
        "inputs-0-type": "text",
        "inputs-0-required": "on",
        "inputs-0-example": "ord_1",
        "inputs-0-help_text": "Which one.",
        "inputs-1-label": "Text",
        "inputs-1-type": "long_text",
        "inputs-1-help_text": "What to write.",
        "outputs-0-label": "Note",
        "outputs-0-path": "id",
        "outputs-0-type": "text",
        "outputs-0-example": "note_1",
        "do": "save",
    }

    response = owner_client.post(url, posted)

    assert response.status_code == 302, told(response)
    _, action = registry.get_action("shop.add-note")
    assert [field.key for field in action.inputs] == ["order", "text"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"path": "/x/{{ inputs.odrer }}"}, "Did you mean"),
        ({"path": "/x/{{ connection.api_key }}"}, "Nothing is called connection.api_key"),
        ({"path": "/x/{{ inputs.order"}, "never closed"),
        ({"path": "/x/../admin"}, "must not lead up"),
        ({"path": "orders"}, "begin with a slash"),
        ({"path": "/x?y=1"}, "question mark"),
        ({"headers-0-name": "X-A\r\nX-B: 1", "headers-0-template": "1"}, "line break"),
        ({"headers-0-name": "Authorization", "headers-0-template": "1"}, "credential"),
        ({"headers-0-name": "Host", "headers-0-template": "evil.example.com"}, "set by the sender"),
        ({"body": '{"{{ inputs.order }}": 1}'}, "only values may be templates"),
        ({"body": "{nonsense"}, "This is no JSON"),
        ({"effect": "delete"}, "does not say what is lost"),
        ({"method": "GET"}, "A GET reads"),
        ({"outputs-0-key": "http_status"}, "already"),
        ({"inputs-0-key": "No Key"}, "small letters"),
    ],
)
def test_a_hostile_or_mistaken_action_is_refused_at_its_field(owner_client, app, changes, expected):
    url = address(app, "add-action")
    posted = {
        **form_of(owner_client, url),
        "name": "Add note",
        "path": "/notes/{{ inputs.order }}",
        "body": '{"order": "{{ inputs.order }}"}',
        "inputs-0-label": "Order",
        "inputs-0-type": "text",
        "inputs-0-example": "ord_1",
        "inputs-0-help_text": "Which one.",
        "outputs-0-label": "Note",
        "outputs-0-path": "id",
        "outputs-0-type": "text",
        "outputs-0-example": "note_1",
        "do": "save",
        **changes,
    }

    response = owner_client.post(url, posted)

    assert response.status_code == 400
    assert expected in told(response)
    app.refresh_from_db()
    assert len(app.declaration["actions"]) == 3


def test_fields_are_proposed_from_the_pasted_sample(owner_client, app):
    url = address(app, "add-trigger")
    sample = {
        "id": "e1",
        "type": "order.shipped",
        "data": {"email": "a@example.com", "total": 5, "created_at": 1795000000},
    }
    posted = {**form_of(owner_client, url), "name": "Order shipped", "event_types": "order.shipped"}

    proposed = owner_client.post(url, {**posted, "sample": json.dumps(sample), "do": "propose"})
    form = next(form for form in page(proposed).forms if "revision" in form.fields)
    saved = owner_client.post(url, {**form.posted(), "description": "It is on its way.", "do": "save"})

    assert saved.status_code == 302, told(saved)
    _, trigger = registry.get_trigger("shop.trigger-order-shipped")
    assert {field.key: field.type for field in trigger.fields} == {
        "id": "text",
        "type": "text",
        "email": "email",
        "total": "integer",
        "created_at": "time",
    }


def test_two_people_do_not_overwrite_each_other(owner_client, app, actor):
    url = address(app, "edit")
    posted = {**form_of(owner_client, url), "description": "Mine.", "do": "save"}
    custom_apps.save_app(app, actor=actor, declaration=shop(description="Theirs."), revision=1, uses=())

    response = owner_client.post(url, posted)

    assert response.status_code == 409
    assert "changed since you opened" in page(response).text
    app.refresh_from_db()
    assert app.declaration["description"] == "Theirs."


@pytest.mark.parametrize("revision", [None, "", "x", "9" * 400, "-1"])
@pytest.mark.parametrize("do", ["save", "remove-part"])
def test_a_change_that_does_not_tell_what_was_seen_is_stale(owner_client, app, revision, do):
    url = address(app, "action/read-order")
    posted = {**form_of(owner_client, url), "name": "Mine", "do": do}
    del posted["revision"]

    response = owner_client.post(url, posted if revision is None else {**posted, "revision": revision})

    assert response.status_code == 409
    assert "changed since you opened" in page(response).text
    app.refresh_from_db()
    assert [part["name"] for part in app.declaration["actions"]] == [
        "Create order",
        "Read order",
        "Delete order",
    ]


ROUTES: list[tuple[str, str, dict[str, str]]] = [
    ("get", "edit", {}),
    ("post", "edit", {"do": "save"}),
    ("get", "webhook", {}),
    ("get", "add-action", {}),
    ("post", "add-action", {"do": "save"}),
    ("get", "add-trigger", {}),
    ("get", "action/create-order", {}),
    ("post", "action/create-order", {"do": "remove-part"}),
    ("get", "trigger/order-paid", {}),
    ("get", "try/create-order", {}),
    ("post", "try/create-order", {"confirmed": "on"}),
    ("post", "switch", {"enabled": "0"}),
    ("post", "export", {}),
    ("get", "delete", {}),
    ("post", "delete", {}),
]


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize(("method", "name", "posted"), ROUTES, ids=str)
def test_only_admins_reach_the_pages_of_their_workspaces_apps(
    app, persona_client, persona, method, name, posted
):
    before = CustomApp.objects.values().get()

    response = getattr(persona_client(persona), method)(address(app, name), posted)

    if persona in ("owner", "admin_member"):
        assert response.status_code in (200, 302, 400, 409)
    else:
        assert response.status_code == (404 if persona == "stranger" else 403)
        assert CustomApp.objects.values().get() == before
        assert "Corner Shop" not in response.content.decode()


@pytest.mark.parametrize("persona", PERSONAS)
def test_members_look_and_strangers_do_not(app, persona_client, persona):
    client = persona_client(persona)

    assert client.get(address(app)).status_code == (200 if persona in MEMBERS else 404)
    assert ("Corner Shop" in client.get(LIST).content.decode()) == (persona in MEMBERS)
    assert client.get(f"{LIST}import/").status_code == (200 if persona not in ("editor", "viewer") else 403)


def test_another_workspace_does_not_know_the_app(app, other_workspace, stranger, client_of):
    foreign = Actor.of(stranger)

    with pytest.raises(ValidationFailed, match="There is no app"):
        connections.create_connection(
            other_workspace, actor=foreign, app="shop", name="Stolen", values={"api_key": "x"}
        )
    workflow = create_workflow(
        other_workspace, actor=foreign, name="Theirs", definition=definition("shop.trigger-order-paid")
    )
    assert next(problem.code for problem in validate_draft(workflow)) == "unknown_trigger"
    shown = client_of(stranger).get(f"/admin/workflows/workflow/{workflow.pk}/edit/").content.decode()
    assert "Order paid" not in shown
    assert "Corner Shop" not in client_of(stranger).get("/admin/connections/connection/add/").content.decode()


def test_the_own_workspace_is_offered_the_app(app, owner_client):
    assert "Corner Shop" in page(owner_client.get("/admin/connections/connection/add/")).text
    shown = owner_client.get("/admin/workflows/workflow/add/").content.decode()
    assert "shop.trigger-order-paid" in shown
    assert "shop.create-order" in shown


def test_an_app_is_taken_elsewhere_as_a_file_and_comes_in_switched_off(
    app, owner_client, stranger, client_of
):
    there = client_of(stranger)
    exported = owner_client.post(address(app, "export"))
    assert b"shop-key" not in exported.content

    refused = there.post(f"{LIST}import/", {"text": exported.content.decode()})
    assert "taken in this installation" in page(refused).text
    taken = there.post(f"{LIST}import/", {"text": exported.content.decode(), "key": "shop2"})

    imported = CustomApp.objects.get(key="shop2")
    assert taken["Location"] == address(imported)
    assert not imported.enabled
    assert {**imported.declaration, "key": "shop"} == app.declaration
    assert "?app=shop2" not in page(there.get("/admin/connections/connection/add/")).links
    tried = there.post(address(imported, "try/create-order"), {"confirmed": "on"})
    assert "switched off" in page(tried).text
    there.post(address(imported, "switch"), {"enabled": "1"})
    assert "?app=shop2" in page(there.get("/admin/connections/connection/add/")).links


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"format": "tandem-app"}',
        b'{"format": "tandem-app", "app": {"key": "x"}}',
        b'{"format": "tandem-app", "app": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        json.dumps({"format": "tandem-app", "app": shop(description="x" * 300_000)}).encode(),
        json.dumps({"format": "tandem-app", "app": shop(key="stripe")}).encode(),
        json.dumps({"format": "tandem-app", "app": shop(secret="x")}).encode(),
    ],
)
def test_a_file_that_is_no_app_is_refused_with_the_reason(owner_client, content):
    response = owner_client.post(f"{LIST}import/", {"text": content.decode()})

    assert response.status_code in (400, 409)
    assert not CustomApp.objects.exists()


@pytest.fixture
def connection(app: CustomApp, workspace: Any, actor: Actor) -> Connection:
    made = connections.create_connection(
        workspace, actor=actor, app="shop", name="Shop live", values={"api_key": "shop-key-0123456789"}
    )
    Connection.objects.filter(pk=made.pk).update(status=Connection.Status.CONNECTED)
    made.refresh_from_db()
    return made


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "https://evil.example.com"},
        {"signing-kind": "query", "signing-name": "key"},
    ],
)
def test_a_moved_app_breaks_its_connections_until_their_secrets_are_entered_again(
    owner_client, actor, app, connection, changes
):
    from apps.connections.accounts import account_of
    from apps.connections.credentials import CredentialsUnreadableError

    url = address(app, "edit")
    owner_client.post(url, {**form_of(owner_client, url), **changes, "do": "save"})

    connection.refresh_from_db()
    assert connection.status == Connection.Status.BROKEN
    assert "every key must be entered again" in connection.status_reason
    with pytest.raises(CredentialsUnreadableError):
        account_of(connection)
    with pytest.raises(ValidationFailed, match="must be entered again"):
        connections.reconnect(connection, actor=actor, values={"branch": "north"})
    mended = connections.reconnect(connection, actor=actor, values={"api_key": "shop-key-9876543210"})
    assert account_of(mended).values["api_key"] == "shop-key-9876543210"


def test_a_sandbox_goes_on_when_its_app_moves(owner_client, workspace, actor, app):
    sandbox = connections.create_connection(
        workspace, actor=actor, app="shop", name="Shop sandbox", values={}, sandbox=True
    )
    url = address(app, "edit")

    owner_client.post(
        url, {**form_of(owner_client, url), "base_url": "https://new.example.com", "do": "save"}
    )

    sandbox.refresh_from_db()
    assert connections.test_connection(sandbox, actor=actor).status == Connection.Status.CONNECTED


def test_a_key_and_another_tenants_app_can_not_be_overwritten(app, actor):
    with pytest.raises(ValidationFailed, match="can't be changed"):
        custom_apps.save_app(app, actor=actor, declaration=shop(key="shop3"), revision=1, uses=())
    with pytest.raises(Conflict, match="taken"):
        custom_apps.create_app(app.workspace, actor=actor, declaration=shop())


def test_another_processes_change_is_noticed_within_two_seconds(app, monkeypatch):
    from apps.catalog import custom_rows

    before = registry.get_app("shop")
    CustomApp.objects.filter(pk=app.pk).update(declaration=shop(name="New name"), revision=2)
    assert registry.get_app("shop") is before

    later = custom_rows.time.monotonic() + custom_rows.LOOK_EVERY
    monkeypatch.setattr(custom_rows.time, "monotonic", lambda: later)

    assert registry.get_app("shop").name == "New name"


def test_built_in_apps_cost_no_query(app, django_assert_num_queries):
    with django_assert_num_queries(0):
        registry.get_app("stripe")
        registry.get_action("stripe.create-customer")
        registry.get_trigger("stripe.trigger-charge-failed")


def test_removing_an_app_asks_first_and_names_who_needs_it(owner_client, app, connection):
    asked = page(owner_client.get(address(app, "delete")))
    assert "Shop live" in asked.text

    refused = owner_client.post(address(app, "delete"))
    assert refused.status_code == 409
    Connection.objects.all().delete()
    owner_client.post(address(app, "delete"))

    assert not CustomApp.objects.exists()
    with pytest.raises(registry.UnknownKeyError):
        registry.get_app("shop")


def test_what_is_published_is_not_taken_away(workspace, actor, app):
    from apps.catalog.custom.changes import Use

    uses = [Use("shop.create-order", "Orders for Jane"), Use("shop.trigger-order-paid", "After payment")]
    fewer = create_order(
        inputs=create_order()["inputs"][:1], body={"email": "{{ inputs.email }}"}, headers=[]
    )
    demanding = create_order(
        inputs=[
            {**each, "required": True, "example": each.get("example", "x")}
            for each in create_order()["inputs"]
        ]
    )

    for actions in ([], [fewer], [demanding], [create_order(outputs=create_order()["outputs"][:1])]):
        with pytest.raises(Conflict, match="Orders for Jane"):
            custom_apps.save_app(app, actor=actor, declaration=shop(actions=actions), revision=1, uses=uses)
    with pytest.raises(Conflict, match="After payment"):
        custom_apps.save_app(app, actor=actor, declaration=shop(triggers=[]), revision=1, uses=uses)
    more = create_order(
        inputs=[*create_order()["inputs"], {"key": "gift", "label": "Gift", "help_text": "Wrap it."}]
    )
    custom_apps.save_app(app, actor=actor, declaration=shop(actions=[more]), revision=1, uses=uses)


def test_the_time_that_a_signature_may_be_off_is_kept(owner_client, app):
    url = address(app, "webhook")
    posted = {**form_of(owner_client, url), "verification-timestamp_header": "X-Time", "do": "save"}

    owner_client.post(url, {**posted, "verification-tolerance": "60"})
    kept = form_of(owner_client, url)
    refused = owner_client.post(url, {**kept, "verification-tolerance": "for ever", "do": "save"})

    assert kept["verification-tolerance"] == "60"
    app.refresh_from_db()
    assert app.declaration["webhook"]["verification"]["tolerance"] == 60
    assert "integer" in told(refused)
