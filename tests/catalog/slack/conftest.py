"""A Slack at the `Send` seam: `answers` are given in turn, `requests` remembers."""

import json
from typing import Any

import pytest

from apps.catalog.connectors.slack import APP
from apps.catalog.spec import Account, CallContext
from apps.catalog.transport import Request, Response

TOKEN = "xoxb-17653672481-canary"
WEBHOOK = "https://hooks.slack.com/services/T0/B0/canaryCanary"


class Slack:
    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Any] = []

    def __call__(self, request: Request, *, deadline: float) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else reply({"ok": True})
        if isinstance(answer, Exception):
            raise answer
        return answer

    def do(self, key: str, values: dict[str, str] | None = None, base_url: str = "", **inputs: Any) -> Any:
        action = APP.action(key)
        assert action is not None
        account = Account(values or {"bot_token": TOKEN}, base_url)
        return action.call(CallContext(inputs=inputs, account=account, send=self, key="k" * 64, event_time=0))

    def sent(self, index: int = -1) -> Any:
        return json.loads(self.requests[index].body)


def reply(body: Any, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json", **named}, json.dumps(body).encode())


@pytest.fixture
def slack() -> Slack:
    return Slack()
