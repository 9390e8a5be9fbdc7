"""A Slack that answers by its documented rules, in process and without an account.

`handle` is pure: it gets the request, the state that it returned before (plain
JSON, `{}` at first) and the time. README.md lists the texts that fail on demand.
It shows what the product does; it proves nothing about Slack.
"""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.catalog.transport import Request, Response

TEAM = {"url": "https://sandbox.slack.com/", "team": "Sandbox", "team_id": "T024BE7LD"}
MAX_MESSAGES = 100

_SAMPLES = Path(__file__).parent / "samples"
_PAGE = b"<!DOCTYPE html><html><head><title>Slack</title></head><body>Server Error</body></html>"


def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
    """Answer one request and return the new state; the given state is left as it was."""
    opened = {"messages": [], "faults": [], **copy.deepcopy(state)}
    parts = urlsplit(request.url)
    if parts.path.startswith("/services/"):
        return _webhook(request, opened), opened
    method = parts.path.removeprefix("/api/")
    answer = _METHODS.get(method)
    if answer is None:
        return _refused("unknown_method"), opened
    if not _header(request, "authorization").startswith("Bearer xoxb-sandbox"):
        return _refused("invalid_auth"), opened
    asked = dict(parse_qsl(parts.query)) if request.method == "GET" else _body(request)
    if asked is None:
        return _refused("invalid_json"), opened
    return answer(asked, opened, now), opened


def _webhook(request: Request, state: dict[str, Any]) -> Response:
    body = _body(request)
    text = (body or {}).get("text")
    if body is None:
        return _plain(400, "invalid_payload")
    if not isinstance(text, str) or not text:
        return _plain(400, "no_text")
    fault = _fault(text, state)
    if fault is not None:
        return fault
    _keep(state, {"channel": "webhook", "ts": "", "text": text})
    return _plain(200, "ok")


def _auth_test(asked: Mapping[str, Any], state: dict[str, Any], now: float) -> Response:
    return _ok({**TEAM, "user": "tandem", "user_id": "U024BE7LX", "bot_id": "B024BE7LY"})


def _post_message(asked: Mapping[str, Any], state: dict[str, Any], now: float) -> Response:
    channel, text = str(asked.get("channel", "")), asked.get("text")
    if channel not in _places():
        return _refused("channel_not_found")
    if not isinstance(text, str) or not text:
        return _refused("no_text")
    fault = _fault(text, state)
    if fault is not None:
        return fault
    ts = f"{int(now)}.{len(state['messages']) + 1:06d}"
    channel = "D024BE7LH" if channel.startswith("U") else channel
    _keep(state, {"channel": channel, "ts": ts, "text": text})
    return _ok({"channel": channel, "ts": ts, "message": {"text": text, "ts": ts, "type": "message"}})


def _update(asked: Mapping[str, Any], state: dict[str, Any], now: float) -> Response:
    channel, ts, text = (str(asked.get(key, "")) for key in ("channel", "ts", "text"))
    if channel not in _places():
        return _refused("channel_not_found")
    found = next((each for each in state["messages"] if each["ts"] == ts), None)
    # The example's message stands there from the start.
    if found is None and ts != "1503435956.000247":
        return _refused("message_not_found")
    if found is not None:
        found["text"] = text
    return _ok({"channel": channel, "ts": ts, "text": text})


def _lookup(asked: Mapping[str, Any], state: dict[str, Any], now: float) -> Response:
    email = str(asked.get("email", "")).lower()
    fault = _fault(email, state)
    if fault is not None:
        return fault
    sample = _sample("users-lookup-by-email")
    return _ok(sample) if email == sample["user"]["profile"]["email"] else _refused("users_not_found")


def _channels(asked: Mapping[str, Any], state: dict[str, Any], now: float) -> Response:
    return _ok(_sample("conversations-list"))


_METHODS = {
    "auth.test": _auth_test,
    "chat.postMessage": _post_message,
    "chat.update": _update,
    "conversations.list": _channels,
    "users.lookupByEmail": _lookup,
}


def _fault(text: str, state: dict[str, Any]) -> Response | None:
    """Return the failure that a text asks for; one with -once fails the first time only."""
    kind = next((kind for kind in _FAULTS if text.startswith(kind)), None)
    if kind is None:
        return None
    if text.startswith(f"{kind}-once"):
        if text in state["faults"]:
            return None
        state["faults"] = [*state["faults"], text][-MAX_MESSAGES:]
    return _FAULTS[kind]


def _places() -> set[str]:
    channels = {each["id"] for each in _sample("conversations-list")["channels"]}
    return channels | {_sample("users-lookup-by-email")["user"]["id"]}


def _sample(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def _keep(state: dict[str, Any], message: dict[str, str]) -> None:
    state["messages"] = [*state["messages"], message][-MAX_MESSAGES:]


def _body(request: Request) -> dict[str, Any] | None:
    try:
        parsed = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _header(request: Request, name: str) -> str:
    return next((value for key, value in request.headers.items() if key.lower() == name), "")


def _ok(body: Mapping[str, Any]) -> Response:
    return _json({"ok": True, **body})


def _refused(code: str) -> Response:
    return _json({"ok": False, "error": code})


def _json(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(dict(body), separators=(",", ":")).encode()
    return Response(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, content)


def _plain(status: int, text: str) -> Response:
    return Response(status, {"content-type": "text/html"}, text.encode())


_FAULTS = {
    "rate-limited": _json({"ok": False, "error": "ratelimited"}, 429, {"retry-after": "2"}),
    "server-error": Response(503, {"content-type": "text/html; charset=utf-8"}, _PAGE),
    "unauthorized": _refused("invalid_auth"),
    "archived": _refused("is_archived"),
}
