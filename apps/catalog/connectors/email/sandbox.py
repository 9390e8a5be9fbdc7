"""A mail server that delivers to nobody, in process and without an account.

`handle` is pure. README.md lists the recipients that fail on demand.
"""

from base64 import b64encode
from typing import Any

from apps.catalog.connectors.email.auth import SANDBOX_VALUES
from apps.catalog.transport import NoAnswer, Request, Response
from apps.common.smtp_request import PHASE, TO

MAX_MESSAGES = 100

_REFUSALS = {
    "deferred": (450, "recipient", "4.2.0 try again later"),
    "server-error": (451, "message", "4.3.0 local error in processing"),
    "refused": (550, "recipient", "5.1.1 no such user here"),
    "spam": (554, "message", "5.7.1 message refused as spam"),
    "unauthorized": (535, "login", "5.7.8 authentication failed"),
}


def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
    """Answer one dialogue and return the new state. Raises `NoAnswer` for a recipient like lost@…."""
    if request.headers.get("Authorization") != _expected_login():
        return _reply(535, "login", "5.7.8 authentication failed"), state
    recipients = [each.strip() for each in request.headers.get(TO, "").split(",") if each.strip()]
    if not recipients:
        return _reply(235, "login", "2.7.0 accepted"), state
    failed = set(state.get("failed", []))
    for address in recipients:
        word = next((word for word in (*_REFUSALS, "lost") if address.startswith(word)), None)
        if word is None or address in failed:
            continue
        if word == "lost":
            raise NoAnswer("The sandbox hung up after it was given the message.", code="disconnected")
        code, phase, text = _REFUSALS[word]
        once = [address] if "-once" in address else []
        shown = f"{address}: {text}" if phase == "recipient" else text
        return _reply(code, phase, shown), {**state, "failed": sorted({*failed, *once})[-MAX_MESSAGES:]}
    messages = [*state.get("messages", []), {"at": int(now), "to": recipients, "bytes": len(request.body)}]
    number = state.get("number", 0) + 1
    answer = _reply(250, "message", f"2.0.0 Ok: queued as SANDBOX{number:04d}")
    return answer, {**state, "messages": messages[-MAX_MESSAGES:], "number": number}


def _expected_login() -> str:
    login = f"{SANDBOX_VALUES['username']}:{SANDBOX_VALUES['password']}"
    return f"Basic {b64encode(login.encode()).decode()}"


def _reply(code: int, phase: str, text: str) -> Response:
    return Response(code, {PHASE: phase}, text.encode())
