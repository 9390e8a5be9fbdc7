"""No dry test of any action of any connector sends a request that changes something."""

from typing import Any

import pytest

from apps.catalog import contract, registry
from apps.catalog.spec import Account, Action, App
from apps.catalog.spec import Effect as EffectKind
from apps.catalog.transport import Request, Response
from apps.connections.models import Connection
from apps.connections.senders import Sender
from apps.console.editor.testing.sending import Tryout, attempt
from apps.runs.calling import Contact
from apps.runs.leases import steady

NOW = 1_780_000_000
KEY = "5f" * 32


def variants(action: Action) -> list[tuple[str, Action, dict[str, Any]]]:
    """Return the action as each of its modes, with its examples."""
    inputs = contract.examples(action)
    if action.decided_by is None:
        return [("", action, inputs)]
    return [
        (mode, action.settled(mode), {**inputs, action.decided_by: _typed(mode)}) for mode in action.modes
    ]


def _typed(mode: str) -> Any:
    return {"true": True, "false": False}.get(mode, mode)


WRITES = [
    pytest.param(app, settled, inputs, id=f"{registry.action_ref(app, action)}{mode and '-'}{mode}")
    for app, action in registry.iter_actions()
    for mode, settled, inputs in variants(action)
    if settled.effect is not EffectKind.READ
]


class Wire:
    """A sender that answers reads from the sandbox and fails the test on anything else."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self.reads: list[Request] = []

    def __call__(self, request: Request, *, deadline: float) -> Response:
        assert request.method in ("GET", "HEAD"), f"{request.method} was sent"
        self.reads.append(request)
        response: Response
        response, self.state = self.app.sandbox(request, self.state, NOW)
        return response


def secrets_of(app: App) -> list[str]:
    values = app.auth.sandbox_values
    return [values[field.key] for field in app.auth.fields if field.secret and field.key in values]


def tried(app: App, action: Action, inputs: dict[str, Any], wire: Any, *, reads: bool) -> Any:
    account = Account(app.auth.sandbox_values)
    secrets = tuple(secrets_of(app))
    contact = Contact(Connection(app=app.key), account, secrets, Sender(wire, in_thread=False))
    tryout = Tryout(registry.action_ref(app, action), action, action.effect, contact, inputs, KEY, NOW)
    return attempt(tryout, reads=reads, ends_at=steady() + 20)


def test_there_are_writes_to_look_at():
    assert len(WRITES) > 40


@pytest.mark.parametrize("reads", [True, False], ids=["reads", "no-reads"])
@pytest.mark.parametrize(("app", "action", "inputs"), WRITES)
def test_a_write_is_never_sent(app, action, inputs, reads):
    wire = Wire(app)

    found = tried(app, action, inputs, wire, reads=reads)

    assert found.requests or found.error is not None
    assert found.sampled == bool(found.requests)
    if not reads:
        assert wire.reads == []


@pytest.mark.parametrize(("app", "action", "inputs"), WRITES)
def test_what_would_be_sent_holds_no_secret(app, action, inputs):
    secrets = secrets_of(app)

    found = tried(app, action, inputs, Wire(app), reads=True)

    told = repr((found.requests, found.exchanges, found.outputs))
    assert not [secret for secret in secrets if len(secret) >= 6 and secret in told]


def test_the_get_of_an_own_app_that_is_declared_a_write_is_not_sent():
    app = registry.get_app("http")
    found = registry.get_action("http.request")[1]
    action = found.model_copy(update={"effect": EffectKind.CREATE})
    account = Account(app.auth.sandbox_values)
    contact = Contact(Connection(app="own-1"), account, (), Sender(Wire(app), in_thread=False))
    inputs = {**contract.examples(found), "method": "GET"}

    tryout = Tryout("own-1.do", action, EffectKind.CREATE, contact, inputs, KEY, NOW)
    outcome = attempt(tryout, reads=True, ends_at=steady() + 20)

    assert (outcome.sampled, len(outcome.requests), outcome.exchanges) == (True, 1, ())
