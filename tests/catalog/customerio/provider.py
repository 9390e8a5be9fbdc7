"""A provider that answers what a test says, and the connection that asks it."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.customerio import APP
from apps.catalog.spec import Action
from apps.catalog.transport import Request, Response

KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EVENT_TIME = 1_764_028_800
VALUES = {"site_id": "site", "track_api_key": "track-key", "app_api_key": "app-key", "region": "us"}


class Provider:
    """Answers requests in turn; the last answer goes on. Keeps what was sent."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Note the request and answer."""
        assert deadline > 0
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def action_of(key: str) -> Action:
    found = APP.action(key)
    assert found is not None
    return found


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json; charset=utf-8", **named}, body)


def check(key: str, inputs: Mapping[str, Any]) -> None:
    """Check inputs as the executor does before anything is sent."""
    found = action_of(key).check
    assert found is not None
    found(inputs)
