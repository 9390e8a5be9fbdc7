"""Whether a step or the trigger has a connection that can do what it needs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.catalog.spec import App
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.validation.places import Place

_UNUSABLE = {
    "broken": "“{name}” is broken: {app} refuses its credentials. Reconnect it under Connections.",
    "disconnected": "“{name}” is disconnected. Choose another connection to {app}.",
}


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What validation knows of a connection. `fields` are the Auth keys that it has values for."""

    app: str
    name: str
    status: str
    fields: frozenset[str]
    sandbox: bool = False


Connections = Mapping[str, ConnectionFacts]
"""A workspace's own connections, by code."""


def check_connection(
    code: str,
    *,
    app: App,
    needs: Sequence[str],
    by: str,
    connections: Mapping[str, ConnectionFacts],
    place: Place,
) -> Iterator[Problem]:
    """Find what keeps the connection `code` from serving `by`, which needs these Auth fields."""
    if not code:
        yield place.problem("no_connection", f"{by} needs a connection to {app.name}. Choose one.")
        return
    facts = connections.get(code)
    if facts is None:
        message = f"The chosen connection does not exist in this workspace. Choose one to {app.name}."
        yield place.problem("unknown_connection", message)
        return
    if facts.app != app.key:
        message = f"“{facts.name}” is not a connection to {app.name}, which {by} needs. Choose another."
        yield place.problem("wrong_app", message)
        return
    if facts.status in _UNUSABLE:
        message = _UNUSABLE[facts.status].format(name=facts.name, app=app.name)
        yield place.problem(f"connection_{facts.status}", message)
        return
    labels = {field.key: field.label for field in app.auth.fields}
    for key in needs:
        if key not in facts.fields:
            message = (
                f"“{facts.name}” has no {labels.get(key, key)}, which {by} needs. "
                "Enter it under Connections, with Reconnect."
            )
            yield place.problem("missing_credential", message)


def check_mailer(code: str, *, connections: Mapping[str, ConnectionFacts], place: Place) -> Iterator[Problem]:
    """Find what keeps the connection `code` from sending mail for us."""
    facts = connections.get(code)
    if facts is None:
        message = "The chosen connection does not exist in this workspace. Choose one to Email."
        yield place.problem("unknown_connection", message)
    elif facts.app != "email":
        yield place.problem("wrong_app", f"“{facts.name}” can't send mail. Choose a connection to Email.")
    elif facts.status in _UNUSABLE:
        message = _UNUSABLE[facts.status].format(name=facts.name, app="Email")
        yield place.problem(f"connection_{facts.status}", message)
