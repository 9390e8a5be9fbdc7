"""Every built-in app, and how a reference in a definition finds its declaration.

References: `<app>.trigger-<slug>` for triggers, `<app>.<slug>` for actions.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from apps.catalog.connectors.customerio import APP as CUSTOMERIO
from apps.catalog.connectors.stripe import APP as STRIPE
from apps.catalog.spec import Action, App, Field, FieldType, Semantic, Trigger

APPS: tuple[App, ...] = (STRIPE, CUSTOMERIO)
_BY_KEY = {app.key: app for app in APPS}
_TRIGGER_PREFIX = "trigger-"

ENVELOPE: tuple[Field, ...] = (
    Field(key="event_id", label="Event id", help_text="The provider's id of this event, handled once."),
    Field(key="event_type", label="Event type", help_text="The provider's name of what happened."),
    Field(
        key="livemode",
        label="Live mode",
        type=FieldType.BOOLEAN,
        help_text="False in the provider's test mode.",
    ),
    Field(
        key="occurred_at",
        label="Occurred at",
        type=FieldType.TIME,
        unit="seconds",
        semantic=Semantic.TIME,
        help_text="When it happened, in unix seconds.",
    ),
)
"""The fields that every trigger has besides its own; `raw` holds the untouched payload."""


class UnknownKeyError(LookupError):
    """A reference that names nothing in the catalog; `candidates` are the known ones."""

    def __init__(self, ref: str, candidates: list[str]) -> None:
        super().__init__(ref)
        self.ref = ref
        self.candidates = candidates


def get_app(key: str) -> App:
    """Return the app; raises `UnknownKeyError`."""
    try:
        return _BY_KEY[key]
    except KeyError:
        raise UnknownKeyError(key, list(_BY_KEY)) from None


def get_trigger(ref: str) -> tuple[App, Trigger]:
    """Return the trigger that `<app>.trigger-<slug>` names; raises `UnknownKeyError`."""
    found = _triggers().get(ref)
    if found is None:
        raise UnknownKeyError(ref, list(_triggers()))
    return found


def get_action(ref: str) -> tuple[App, Action]:
    """Return the action that `<app>.<slug>` names; raises `UnknownKeyError`."""
    found = _actions().get(ref)
    if found is None:
        raise UnknownKeyError(ref, list(_actions()))
    return found


def trigger_ref(app: App, trigger: Trigger) -> str:
    """Return `<app>.trigger-<slug>`."""
    return f"{app.key}.{_TRIGGER_PREFIX}{trigger.key}"


def action_ref(app: App, action: Action) -> str:
    """Return `<app>.<slug>`."""
    return f"{app.key}.{action.key}"


def triggers_for_event(app: App, event_type: str) -> tuple[str, ...]:
    """Return the refs of the app's triggers that `event_type` fires."""
    return tuple(trigger_ref(app, trigger) for trigger in app.triggers if event_type in trigger.event_types)


def trigger_data(app: App, trigger: Trigger, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `{{ trigger.… }}` sees: the flat fields, the envelope and `raw`.

    Raises `UnreadableEventError` when the envelope can't be read.
    """
    if app.webhook is None:
        raise UnknownKeyError(trigger.key, [])
    event = app.webhook.read_event(payload)
    return {
        **trigger.flatten(payload),
        "event_id": event.id,
        "event_type": event.type,
        "livemode": event.livemode,
        "occurred_at": event.occurred_at,
        "raw": payload,
    }


def trigger_fields(trigger: Trigger) -> tuple[Field, ...]:
    """Return the trigger's own fields and the envelope's."""
    return (*trigger.fields, *ENVELOPE)


@cache
def sample_payload(app_key: str, slug: str) -> dict[str, Any]:
    """Return the sample of a trigger as the provider would send it."""
    path = get_app(app_key).samples / f"{slug}.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def iter_triggers() -> Iterator[tuple[App, Trigger]]:
    """List every trigger with its app."""
    yield from _triggers().values()


def iter_actions() -> Iterator[tuple[App, Action]]:
    """List every action with its app, hidden ones too."""
    yield from _actions().values()


@cache
def _triggers() -> dict[str, tuple[App, Trigger]]:
    return {trigger_ref(app, trigger): (app, trigger) for app in APPS for trigger in app.triggers}


@cache
def _actions() -> dict[str, tuple[App, Action]]:
    return {action_ref(app, action): (app, action) for app in APPS for action in app.actions}
