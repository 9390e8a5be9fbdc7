"""What needs an own app keeps it, and a moved one asks for its secrets anew."""

import pytest

from apps.catalog import custom_apps, registry
from apps.catalog.models import CustomApp
from apps.common.errors import Conflict, ValidationFailed
from apps.connections import services as connections
from apps.connections.models import Connection
from tests.catalog.custom.shop import create_order, shop
from tests.console.custom_apps.conftest import address, form_of
from tests.console.html_forms import page

pytestmark = pytest.mark.django_db


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
