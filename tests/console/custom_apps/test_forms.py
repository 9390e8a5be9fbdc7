"""The forms of an own app: what is entered, what is told, what is proposed."""

import json

import pytest

from apps.catalog import custom_apps, registry
from apps.catalog.models import CustomApp
from tests.console.custom_apps.conftest import LIST, address, form_of, told
from tests.console.html_forms import page

pytestmark = pytest.mark.django_db


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
