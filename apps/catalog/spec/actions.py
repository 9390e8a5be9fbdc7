"""What can be done at an app, and what a call may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.catalog.spec.auth import Account
from apps.catalog.spec.fields import Field, Spec
from apps.catalog.transport import Send


class Effect(StrEnum):
    """What an action does at the provider."""

    READ = "read"
    UPSERT = "upsert"
    CREATE = "create"
    DELETE = "delete"


class Idempotency(StrEnum):
    """What makes a repeated call harmless."""

    NATURAL = "natural"  # Reads, upserts, deletes: the same call again changes nothing more.
    KEY = "key"  # The provider keeps our key (Stripe: at least 24 hours).
    EVENT_ID = "event_id"  # The provider drops a repeated event id (Customer.io: ULID).
    NONE = "none"  # Nothing: an uncertain call must be decided by a person.


@dataclass(frozen=True, slots=True)
class CallContext:
    """Everything that an action's `call` may use.

    `inputs` are resolved, coerced and validated against the action's fields;
    absent optional inputs are absent. `key` is the derived idempotency key
    (64 hex characters) of every call that is not a read. `event_time` is the
    triggering event's unix time in seconds. `deadline` is in seconds.
    """

    inputs: Mapping[str, Any]
    account: Account
    send: Send
    key: str
    event_time: int
    deadline: float = 10.0


ActionCall = Callable[[CallContext], dict[str, Any]]
"""Perform the action; return the outputs. Raises a `CallError`, or what `Send` raises."""

DeriveId = Callable[[int, str], str]
"""(the event's unix time in seconds, the derived key) -> the id that the call sends with what it makes."""

InputCheck = Callable[[Mapping[str, Any]], None]
"""Check resolved inputs beyond their fields; raises `Permanent` naming the field."""


class Mode(Spec):
    """What an action is for one value of the input that decides it."""

    effect: Effect
    idempotency: Idempotency
    danger: str | None = None


class Action(Spec):
    """Something that can be done at the app.

    `ref` in definitions is `<app>.<key>`. `requires` names Auth fields that a
    connection must have for it. `danger` is the sentence that an operator must
    confirm in the step's settings before it can be published.
    `provider_id` is the path in the outputs of the id that the provider gave. Where the
    id is ours and sent along, `derive_id` tells it before the call: an event that goes
    back to the call may arrive before the call's answer.
    Of the inputs in each group of `any_of` at least one must be given, of those in
    each group of `one_of` exactly one. Where effect and danger depend on a literal
    input, `decided_by` names it and `modes` has what holds for each of its values
    (`true` and `false` for a BOOLEAN); the action's own is the worst of them.
    `needs_admin`: whoever publishes a workflow with it must be an admin or owner,
    whatever its mode.
    """

    key: str
    name: str
    description: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    effect: Effect
    idempotency: Idempotency
    call: ActionCall
    check: InputCheck | None = None
    requires: tuple[str, ...] = ()
    danger: str | None = None
    provider_id: str | None = None
    derive_id: DeriveId | None = None
    docs_url: str = ""
    hidden: bool = False  # Serves `options_from` and checks; not offered as a step.
    any_of: tuple[tuple[str, ...], ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    decided_by: str | None = None
    modes: Mapping[str, Mode] = {}
    needs_admin: bool = False

    def settled(self, value: object) -> "Action":
        """Return the action as it is for this value of the input that decides it."""
        mode = self.modes.get(str(value).lower() if isinstance(value, bool) else str(value))
        if mode is None:
            return self
        decided = {"effect": mode.effect, "idempotency": mode.idempotency, "danger": mode.danger}
        return self.model_copy(update=decided)

    def input(self, key: str) -> Field | None:
        """Return the input of this key, or None."""
        return next((field for field in self.inputs if field.key == key), None)
