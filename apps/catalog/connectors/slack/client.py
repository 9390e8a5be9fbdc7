"""Requests to Slack's Web API and to an incoming webhook, and what their answers mean.

The Web API answers 200 also where it refuses, with `ok: false` and a code in
`error` (https://docs.slack.dev/apis/web-api/); an incoming webhook answers with
plain text (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from apps.catalog.connectors.slack import failures
from apps.catalog.errors import NeedsHuman
from apps.catalog.responses import failure, json_object, unreadable
from apps.catalog.spec import Account
from apps.catalog.transport import Request, Response, Send

PROVIDER = "Slack"
API = "https://slack.com"


def read(
    account: Account, send: Send, method: str, query: Mapping[str, str], *, deadline: float
) -> dict[str, Any]:
    """Call a reading method of the Web API. Raises a `CallError`, or what `send` raises."""
    address = f"{_base(account)}/api/{method}"
    asked = f"{address}?{urlencode(query)}" if query else address
    return _answer(send(Request("GET", asked, _headers(account)), deadline=deadline))


def write(
    account: Account, send: Send, method: str, body: Mapping[str, Any], *, deadline: float
) -> dict[str, Any]:
    """Call a method of the Web API that changes something; `body` goes as JSON."""
    headers = {**_headers(account), "Content-Type": "application/json; charset=utf-8"}
    request = Request("POST", f"{_base(account)}/api/{method}", headers, compact(body))
    return _answer(send(request, deadline=deadline))


def post(account: Account, send: Send, body: Mapping[str, Any], *, deadline: float) -> None:
    """Post to the account's incoming webhook, whose address is the key.

    Raises a `CallError`, or what `send` raises.
    """
    address = account.values["webhook_url"]
    if account.base_url:
        address = account.base_url.rstrip("/") + urlsplit(address).path
    headers = {"Content-Type": "application/json; charset=utf-8"}
    response = send(Request("POST", address, headers, compact(body)), deadline=deadline)
    if response.status >= 300:
        raise _of_webhook(response)
    if response.body.strip() != b"ok":
        raise unreadable(response, provider=PROVIDER)


def compact(body: Mapping[str, Any]) -> bytes:
    """Return JSON without spaces."""
    return json.dumps(dict(body), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _base(account: Account) -> str:
    return account.base_url.rstrip("/") or API


def _headers(account: Account) -> dict[str, str]:
    token = account.values.get("bot_token", "")
    if not token:
        raise NeedsHuman(
            "This connection has no bot token, and this action needs one.",
            code="no_bot_token",
            remedy="Authorize it, or paste a bot token under Reconnect: "
            "an incoming webhook can only post to its own channel.",
        )
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _answer(response: Response) -> dict[str, Any]:
    answer = json_object(response)
    if response.status == 429 or response.status >= 500 or answer is None:
        # Refusals come as 200 with a code, or with a status where a proxy answers in Slack's place.
        raise failure(response, provider=PROVIDER) or unreadable(response, provider=PROVIDER)
    if answer.get("ok") is True and response.status < 300:
        return answer
    code = answer.get("error")
    if not isinstance(code, str):
        raise failure(response, provider=PROVIDER) or unreadable(response, provider=PROVIDER)
    raise failures.of_code(code, answer, response)


def _of_webhook(response: Response) -> Exception:
    """Class what an incoming webhook refused with, by the word in its body."""
    word = response.body[:80].decode("utf-8", "replace").strip()
    known = failures.of_webhook(word, response.status) if response.status < 500 else None
    general = failure(response, provider=PROVIDER, detail="" if word.startswith("<") else word)
    return known or general or unreadable(response, provider=PROVIDER)
