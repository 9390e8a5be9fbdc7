"""An app: who it is, how to connect, what can happen there, what can be done there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.catalog.spec.actions import Action
from apps.catalog.spec.auth import Auth
from apps.catalog.spec.fields import Spec
from apps.catalog.spec.triggers import Trigger
from apps.catalog.spec.webhooks import WebhookScheme
from apps.catalog.transport import Request, Response


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many calls the provider takes in how many seconds."""

    calls: int
    seconds: float


SandboxHandle = Callable[[Request, dict[str, Any], float], tuple[Response, dict[str, Any]]]
"""(request, state, now) -> (response, new state); pure; state is JSON."""


class App(Spec):
    """A provider: who it is, how to connect, what can happen, what can be done."""

    key: str
    name: str
    description: str
    category: str
    color: str
    docs_url: str
    auth: Auth
    triggers: tuple[Trigger, ...]
    actions: tuple[Action, ...]
    webhook: WebhookScheme | None
    sandbox: SandboxHandle
    samples: Path
    rate_limit: RateLimit | None = None
    sample_payloads: Mapping[str, Mapping[str, Any]] = {}  # Samples of triggers that have no file.

    @property
    def needs_account(self) -> bool:
        """Tell whether people connect an account; else each workspace has one connection of its own."""
        return bool(self.auth.fields)

    def trigger(self, key: str) -> Trigger | None:
        """Return the trigger of this slug, or None."""
        return next((trigger for trigger in self.triggers if trigger.key == key), None)

    def action(self, key: str) -> Action | None:
        """Return the action of this slug, or None."""
        return next((action for action in self.actions if action.key == key), None)
