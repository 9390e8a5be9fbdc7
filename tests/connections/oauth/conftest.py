"""What the tests of OAuth share: the provider on loopback, the client entered, a person who authorises."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser

from apps.connections.models import Connection
from apps.connections.oauth import clients
from apps.connections.oauth.models import OAuthClient, OAuthGrant, OAuthState
from apps.workspaces.access import Actor
from tests.connections.oauth.provider import CLIENT_ID, CLIENT_SECRET, Provider

PUBLIC_URL = "https://tandem.example.com"
ADMIN = "/admin/connections/connection/"
SYSTEM = Actor.system("test")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def visit(address: str) -> str:
    """Go to the provider's page and consent; return the address that it sends the browser to."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(NoRedirects).open(address, timeout=5)
    with caught.value as answer:
        assert answer.code == 302, answer.read()
        return str(answer.headers["Location"])


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    server = Provider()
    settings.EGRESS_ALLOW = [server.address]
    settings.PUBLIC_URL = PUBLIC_URL
    yield server
    server.close()
    assert server.problems == []


@pytest.fixture
def oauth_client(db: None, provider: Provider) -> OAuthClient:
    return clients.save_client(
        OAuthClient(app="slack"),
        actor=SYSTEM,
        client_id=CLIENT_ID,
        secret=CLIENT_SECRET,
        base_url=provider.url,
        pkce=True,
    )


@dataclass
class Traveller:
    """A signed-in browser on its way to the provider and back."""

    browser: Browser

    def begin(self, connection: Connection | None = None, **posted: str) -> str:
        """Press Authorize; return the provider's address."""
        page = f"{ADMIN}{connection.pk}/authorize/" if connection else f"{ADMIN}authorize/slack/"
        response = self.browser.post(page, posted)
        assert response.status_code == 302
        return str(response["Location"])

    def come_back(self, address: str) -> Any:
        """Follow the provider's redirect to the callback; return its answer."""
        assert address.startswith(f"{PUBLIC_URL}/oauth/callback/slack/")
        return self.browser.get(address.removeprefix(PUBLIC_URL))

    def authorise(self, connection: Connection | None = None, **posted: str) -> str:
        """Go there and back; return the address of the page that asks for the decision."""
        response = self.come_back(visit(self.begin(connection, **posted)))
        assert response.status_code == 302, response.content.decode()
        return str(response["Location"])

    def connect(self, name: str = "Slack team", connection: Connection | None = None) -> Connection:
        """Go there and back and use the account."""
        page = self.authorise(connection)
        response = self.browser.post(page, {"do": "use", "name": name})
        assert response.status_code == 302, response.content.decode()
        return Connection.objects.get(pk=connection.pk) if connection else Connection.objects.get(name=name)


@pytest.fixture
def traveller(oauth_client: OAuthClient, owner_client: Browser) -> Traveller:
    return Traveller(owner_client)


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def everything() -> tuple[Any, ...]:
    """Return all that an authorisation could change but its own state's row."""
    return (
        list(Connection.objects.order_by("pk").values()),
        list(OAuthGrant.objects.order_by("pk").values()),
        OAuthState.objects.count(),
    )
