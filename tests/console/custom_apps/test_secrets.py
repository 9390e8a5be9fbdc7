"""What connections hold stays sealed, however an own app's declaration changes."""

from typing import Any

import pytest

from apps.catalog import custom_apps, registry
from apps.catalog.models import CustomApp
from apps.common.errors import ValidationFailed
from apps.connections import services as connections
from apps.connections.accounts import account_of
from apps.connections.models import Connection
from apps.console.custom_apps import saving
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.catalog.custom.shop import shop

pytestmark = pytest.mark.django_db

CANARIES = {"app_key": "app-canary-0123456789", "signing_secret": "signing-canary-0123456789"}


@pytest.fixture
def actor(owner: Any) -> Actor:
    return Actor.of(owner)


def with_app_key(**changes: Any) -> dict[str, Any]:
    field = {
        "key": "app_key",
        "label": "App key",
        "secret": True,
        "required": False,
        "help_text": "In the shop under Settings, App keys.",
        **changes,
    }
    return shop(auth=[*shop()["auth"], field])


def unverified(**changes: Any) -> dict[str, Any]:
    return shop(webhook={**shop()["webhook"], "verification": {"kind": "none"}}, **changes)


@pytest.fixture
def app(workspace: Any, actor: Actor) -> CustomApp:
    return custom_apps.create_app(workspace, actor=actor, declaration=with_app_key())


@pytest.fixture
def connection(app: CustomApp, actor: Actor) -> Connection:
    return connections.create_connection(
        app.workspace,
        actor=actor,
        app="shop",
        name="Shop live",
        values={"api_key": "shop-key-0123456789", **CANARIES},
    )


def assert_nothing_is_bare(connection: Connection, client: Any) -> None:
    connection.refresh_from_db()
    page = client.get(f"/admin/connections/connection/{connection.pk}/change/").content.decode()
    trail = str([(entry.before, entry.after) for entry in AuditEntry.objects.all()])
    for canary in CANARIES.values():
        assert canary not in str(connection.values) + connection.label
        assert canary not in page
        assert canary not in trail


@pytest.mark.parametrize(
    ("changed", "gone"),
    [
        (shop(), {"app_key"}),
        ({**unverified(), "auth": with_app_key()["auth"]}, {"signing_secret"}),
        (shop(webhook=None, triggers=[]), {"app_key", "signing_secret"}),
    ],
    ids=["field removed", "no verification", "no webhook"],
)
def test_a_secret_whose_field_is_gone_is_forgotten_and_never_shown(
    app, connection, actor, owner_client, changed, gone
):
    saving.save(app, actor=actor, declaration=changed, revision=1)

    connections.reconnect(connection, actor=actor, values={"branch": "north"})

    assert_nothing_is_bare(connection, owner_client)
    assert not gone & {*connection.hints, *connection.values, *account_of(connection).values}
    assert account_of(connection).values["api_key"] == "shop-key-0123456789"


def test_a_secret_that_is_plain_behind_the_services_is_forgotten(app, connection, actor, owner_client):
    custom_apps.save_app(app, actor=actor, declaration=with_app_key(secret=False), revision=1, uses=())

    connections.reconnect(connection, actor=actor, values={"branch": "north"})

    assert_nothing_is_bare(connection, owner_client)
    assert "app_key" not in {*connection.hints, *connection.values}


def test_a_secret_whose_field_is_gone_is_not_asked_for_after_a_move(app, connection, actor, owner_client):
    moved = shop(base_url="https://new.example.com")
    saving.save(app, actor=actor, declaration=moved, revision=1)

    values = {"api_key": "shop-key-9876543210", "signing_secret": "signing-new-0123456789"}
    mended = connections.reconnect(connection, actor=actor, values=values)

    assert set(mended.hints) == {"api_key", "signing_secret"}
    assert_nothing_is_bare(mended, owner_client)


@pytest.mark.parametrize("removed_before", [False, True])
def test_a_field_of_which_a_connection_holds_a_secret_does_not_become_plain(
    app, connection, actor, removed_before
):
    if removed_before:
        saving.save(app, actor=actor, declaration=shop(), revision=1)
    before = app.revision

    with pytest.raises(ValidationFailed, match="“App key” stays secret: connection “Shop live” holds one"):
        saving.save(app, actor=actor, declaration=with_app_key(secret=False), revision=before)

    assert app.revision == before
    assert [field.key for field in registry.get_app("shop").auth.fields if not field.secret] == ["branch"]
    app.refresh_from_db()
    assert app.revision == before


def test_the_refusal_stands_at_the_fields_tick(app, connection, owner_client):
    from tests.console.custom_apps.conftest import address, form_of, told

    posted = form_of(owner_client, address(app, "edit"))
    assert posted.pop("auth-2-secret") == ["on"]

    response = owner_client.post(address(app, "edit"), {**posted, "do": "save"})

    assert response.status_code == 400
    assert "“App key” stays secret" in told(response)


PLAIN = "http://shop.example.com/api"
KEY = {"api_key": "shop-key-0123456789"}


def connect(app: CustomApp, actor: Actor, **given: Any) -> Connection:
    return connections.create_connection(app.workspace, actor=actor, app="shop", name="New", **given)


def test_no_key_is_taken_for_an_app_that_would_send_it_unencrypted(app, connection, actor):
    saving.save(app, actor=actor, declaration=shop(base_url=PLAIN), revision=1)

    with pytest.raises(ValidationFailed, match="base address of Corner Shop begins with http://"):
        connect(app, actor, values=KEY)
    with pytest.raises(ValidationFailed, match="send the keys unencrypted"):
        connections.reconnect(connection, actor=actor, values={**KEY, "signing_secret": "signing-0123456789"})

    assert list(Connection.objects.values_list("name", flat=True)) == ["Shop live"]
    assert connect(app, actor, values={}, sandbox=True).status == Connection.Status.CONNECTED


def test_keys_are_taken_for_a_listed_server_and_where_none_is_sent(app, actor, settings):
    settings.EGRESS_ALLOW = ["shop.example.com:80"]
    saving.save(app, actor=actor, declaration=shop(base_url=PLAIN), revision=1)
    assert connect(app, actor, values=KEY).hints

    settings.EGRESS_ALLOW = []
    unsigned = shop(base_url=PLAIN, auth=shop()["auth"][1:], signing={"kind": "none"})
    saving.save(app, actor=actor, declaration=unsigned, revision=2)
    made = connections.create_connection(app.workspace, actor=actor, app="shop", name="Open", values={})
    assert made.hints == {}


def test_a_field_of_which_nobody_holds_a_secret_becomes_plain(app, actor):
    connections.create_connection(
        app.workspace, actor=actor, app="shop", name="Sandbox", values={}, sandbox=True
    )
    connections.create_connection(
        app.workspace, actor=actor, app="shop", name="Without", values={"api_key": "shop-key-0123456789"}
    )

    saving.save(app, actor=actor, declaration=with_app_key(secret=False), revision=1)

    assert not app.declaration["auth"][2]["secret"]
