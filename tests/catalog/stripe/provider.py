"""What stands at the other end in these tests: fixed answers, or the sandbox."""

import json
from collections.abc import Callable
from typing import Any

from apps.catalog.connectors.stripe import APP
from apps.catalog.spec import Account, Action, CallContext, Trigger
from apps.catalog.transport import Request, Response

KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
NOW = 1_795_000_000
API_KEY = "sk_test_canary4eC39HqLyjWDarjtT1zdp7dc"


class Provider:
    """Answers requests in turn; the last answer goes on. Keeps what was sent."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.deadlines: list[float] = []

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Note the request and answer, or raise what stands for no answer."""
        self.requests.append(request)
        self.deadlines.append(deadline)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Sandbox:
    """The sandbox as a `Send` that keeps its state, as a connection does."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.requests: list[Request] = []
        self.before: Callable[[Request], Response | None] = lambda request: None

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Answer from the sandbox, unless `before` answers instead."""
        self.requests.append(request)
        instead = self.before(request)
        if instead is not None:
            return instead
        response: Response
        response, self.state = APP.sandbox(request, self.state, NOW)
        return response

    @property
    def endpoints(self) -> list[dict[str, Any]]:
        """Return the webhook endpoints that stand."""
        return list(self.state.get("objects", {}).get("webhook_endpoints", {}).values())

    def sent(self) -> list[tuple[str, str]]:
        """Return method and path of every request."""
        return [(request.method, request.url.partition("/v1/")[2]) for request in self.requests]


def trigger_of(key: str) -> Trigger:
    """Return the trigger, which must be there."""
    found = APP.trigger(key)
    assert found is not None
    return found


def action_of(key: str) -> Action:
    """Return the action, which must be there."""
    found = APP.action(key)
    assert found is not None
    return found


def answer(status: int = 200, body: Any = None, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    return Response(status, {"content-type": "application/json", **named}, raw)


def refusal(status: int, **error: str) -> Response:
    return answer(status, {"error": error})


def run(key: str, inputs: dict[str, Any], send: Any, *, api_key: str = API_KEY, base_url: str = "") -> Any:
    """Run an action as the executor does."""
    account = Account({"api_key": api_key}, base_url)
    return action_of(key).call(
        CallContext(inputs=inputs, account=account, send=send, key=KEY, event_time=NOW)
    )
