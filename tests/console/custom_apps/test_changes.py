"""Two people, files, and what another process sees of an own app."""

import json

import pytest

from apps.catalog import custom_apps, registry
from apps.catalog.models import CustomApp
from apps.common.errors import Conflict, ValidationFailed
from tests.catalog.custom.shop import shop
from tests.console.custom_apps.conftest import LIST, address, form_of
from tests.console.html_forms import page

pytestmark = pytest.mark.django_db


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
