"""A Stripe with Connect on loopback, written for the tests from Stripe's documentation alone.

https://docs.stripe.com/connect/oauth-reference, .../connect/authentication,
.../api/webhook_endpoints. A code that comes twice ends the grant, as it does there.
"""

import secrets
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.connections.oauth.provider import Provider, say

PLATFORM_ID = "ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7"
PLATFORM_KEY = "sk_test_canaryPlatform0042"

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class StripeConnect(Provider):
    """The platform's connected accounts, its webhook endpoints, and every call with its account."""

    connecting: str = "acct_1Acme"
    livemode: bool = False
    connected: set[str] = field(default_factory=set)
    spent: dict[str, bool] = field(default_factory=dict)
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts_called: list[tuple[str, str | None]] = field(default_factory=list)

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> Answer:
        parts = urlsplit(target)
        self.calls.append((method, parts.path))
        query, form = dict(parse_qsl(parts.query)), dict(parse_qsl(body))
        match method, parts.path:
            case "GET", "/oauth/authorize":
                return self.consent(query)
            case "POST", "/oauth/token":
                return self.exchange(form, headers)
            case "POST", "/oauth/deauthorize":
                return self.deauthorize(form, headers)
        if not self.knows_platform(headers):
            return say(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}})
        account = headers.get("stripe-account")
        self.accounts_called.append((parts.path, account))
        if account is not None and account not in self.connected:
            return say(403, {"error": {"type": "invalid_request_error", "code": "account_invalid"}})
        if parts.path.startswith("/v1/webhook_endpoints"):
            return self.endpoints(method, parts.path.removeprefix("/v1/webhook_endpoints").strip("/"), body)
        if parts.path == "/v1/balance":
            return say(200, {"object": "balance", "livemode": self.livemode})
        return say(404, {"error": {"type": "invalid_request_error", "message": "Unrecognized"}})

    def knows_platform(self, headers: dict[str, str]) -> bool:
        given = headers.get("authorization", "")
        if given.startswith("Basic "):
            return b64decode(given.removeprefix("Basic ")).decode() == f"{PLATFORM_KEY}:"
        return given == f"Bearer {PLATFORM_KEY}"

    def consent(self, query: dict[str, str]) -> Answer:
        if query.get("client_id") != PLATFORM_ID or query.get("scope") != "read_write":
            return say(400, {"error": "invalid_request"})
        code = f"ac_{secrets.token_hex(8)}"
        self.spent[code] = False
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode({'code': code, **_state(query)})}"}, b""

    def exchange(self, form: dict[str, str], headers: dict[str, str]) -> Answer:
        if not self.knows_platform(headers):
            return say(401, {"error": "invalid_client"})
        code = form.get("code", "")
        if self.spent.get(code) is not False:
            self.connected.discard(self.connecting)
            self.problems.append("a code came twice")
            return say(400, {"error": "invalid_grant"})
        self.spent[code] = True
        self.connected.add(self.connecting)
        return say(
            200,
            {
                "access_token": "sk_test_deprecatedCanary01",
                "refresh_token": "rt_deprecatedCanary",
                "token_type": "bearer",
                "stripe_publishable_key": "pk_test_x",
                "stripe_user_id": self.connecting,
                "scope": "read_write",
                "livemode": self.livemode,
            },
        )

    def deauthorize(self, form: dict[str, str], headers: dict[str, str]) -> Answer:
        if not self.knows_platform(headers) or form.get("client_id") != PLATFORM_ID:
            return say(401, {"error": "invalid_client"})
        self.connected.discard(form.get("stripe_user_id", ""))
        return say(200, {"stripe_user_id": form.get("stripe_user_id")})

    def endpoints(self, method: str, name: str, body: str) -> Answer:
        form = parse_qsl(body)
        if method == "GET" and not name:
            shown = [_without_secret(each) for each in self.webhooks.values()]
            return say(200, {"object": "list", "data": shown, "has_more": False})
        if method == "POST" and not name:
            made = f"we_{len(self.webhooks) + 1}{secrets.token_hex(4)}"
            self.webhooks[made] = {
                "id": made,
                "object": "webhook_endpoint",
                "secret": f"whsec_{secrets.token_hex(16)}",
                "status": "enabled",
                "api_version": dict(form)["api_version"],
                "application": None,
                "connect": dict(form).get("connect") == "true",
                "metadata": {k[9:-1]: v for k, v in form if k.startswith("metadata[")},
                **_changes(form),
            }
            return say(200, self.webhooks[made])
        if name not in self.webhooks:
            return say(404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}})
        if method == "DELETE":
            del self.webhooks[name]
            return say(200, {"id": name, "deleted": True})
        if method == "POST":
            self.webhooks[name] |= _changes(form)
        return say(200, _without_secret(self.webhooks[name]))

    @property
    def webhook(self) -> dict[str, Any]:
        (only,) = self.webhooks.values()
        return only


def _state(query: dict[str, str]) -> dict[str, str]:
    return {"state": query["state"]} if "state" in query else {}


def _changes(form: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {"url": dict(form)["url"]} if "url" in dict(form) else {}
    events = [value for key, value in form if key.startswith("enabled_events")]
    return {**found, **({"enabled_events": events} if events else {})}


def _without_secret(endpoint: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in endpoint.items() if key != "secret"}
