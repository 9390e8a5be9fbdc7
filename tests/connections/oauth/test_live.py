"""The whole way over real HTTP: a browser of its own, a running server, a provider on another port."""

import http.cookiejar
import re
import urllib.parse
import urllib.request

import pytest
from django.conf import settings as django_settings

from apps.connections.models import Connection
from tests.connections.oauth.provider import Provider


class Tab:
    """A browser with cookies that follows redirects, to the provider and back."""

    def __init__(self, session: str, host: str) -> None:
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.opener.addheaders = [("Cookie", f"{django_settings.SESSION_COOKIE_NAME}={session}")]
        self.session, self.host = session, host
        self.address, self.text = "", ""

    def get(self, address: str) -> None:
        self._open(address)

    def post(self, address: str, **fields: str) -> None:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.text)
        assert token is not None
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        self._open(address, body)

    def _open(self, address: str, body: bytes | None = None) -> None:
        request = urllib.request.Request(address, body)  # noqa: S310 - the test's own servers.
        if self.address:
            request.add_header("Referer", self.address)
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.jar)
        own = f"{django_settings.SESSION_COOKIE_NAME}={self.session}"
        self.opener.addheaders = [("Cookie", f"{own}; {cookies}" if cookies else own)]
        with self.opener.open(request, timeout=10) as answer:
            self.address, self.text = answer.geturl(), answer.read().decode()


@pytest.mark.django_db(transaction=True)
def test_there_and_back_over_real_http(live_server, owner_client, oauth_client, provider: Provider, settings):
    settings.PUBLIC_URL = live_server.url
    tab = Tab(owner_client.session.session_key, live_server.url)
    admin = f"{live_server.url}/admin/connections/connection/"

    tab.get(f"{admin}add/?app=slack")
    tab.post(f"{admin}authorize/slack/")

    assert tab.address.startswith(f"{admin}authorized/")
    assert "code=" not in tab.address
    assert "Slack Softball Team" in tab.text
    assert provider.calls[:2] == [("GET", "/oauth/v2/authorize"), ("POST", "/api/oauth.v2.access")]
    assert not Connection.objects.exists()
    tab.post(tab.address, do="use", name="Slack team")
    assert tab.address.endswith("/change/")
    assert "Slack Softball Team (T9TK3CUKW)" in tab.text
    assert Connection.objects.get().status == Connection.Status.CONNECTED
    assert next(iter(provider.codes.values())).challenge
