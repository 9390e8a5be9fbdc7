"""What the tests of own apps share: the app, its connection, its forms."""

import re
from typing import Any

import pytest

from apps.catalog import custom_apps
from apps.catalog.models import CustomApp
from apps.connections import services as connections
from apps.connections.models import Connection
from apps.workspaces.access import Actor
from tests.catalog.custom.shop import shop
from tests.console.html_forms import page

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


@pytest.fixture
def connection(app: CustomApp, workspace: Any, actor: Actor) -> Connection:
    made = connections.create_connection(
        workspace, actor=actor, app="shop", name="Shop live", values={"api_key": "shop-key-0123456789"}
    )
    Connection.objects.filter(pk=made.pk).update(status=Connection.Status.CONNECTED)
    made.refresh_from_db()
    return made
