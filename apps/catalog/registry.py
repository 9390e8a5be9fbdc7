"""Every app, and how a reference in a definition finds its declaration.

Built-in apps are constants and found without a question. Others come from
sources, which a room that knows rows adds with `extend`.

References: `<app>.trigger-<slug>` for triggers, `<app>.<slug>` for actions.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from apps.catalog.connectors.anthropic import APP as ANTHROPIC
from apps.catalog.connectors.customerio import APP as CUSTOMERIO
from apps.catalog.connectors.email import APP as EMAIL
from apps.catalog.connectors.http import APP as HTTP
from apps.catalog.connectors.openai import APP as OPENAI
from apps.catalog.connectors.schedule import APP as SCHEDULE
from apps.catalog.connectors.slack import APP as SLACK
from apps.catalog.connectors.stripe import APP as STRIPE
from apps.catalog.connectors.webhook import APP as WEBHOOK
from apps.catalog.spec import Action, App, Event, Field, FieldType, Semantic, Trigger

APPS: tuple[App, ...] = (STRIPE, CUSTOMERIO, WEBHOOK, HTTP, EMAIL, SLACK, SCHEDULE, OPENAI, ANTHROPIC)
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


class Source(Protocol):
    """Supplies apps that are not built in. It is asked only for keys that no built-in app has."""

    def find(self, key: str, /) -> App | None:
        """Return the app, None where there is none for whoever asks."""

    def apps_of(self, workspace_id: int, /) -> tuple[App, ...]:
        """Return the apps that a workspace has of its own."""

    def stamp(self, key: str, /) -> object:
        """Return what changes with the app's declaration, None where there is no such app."""


_SOURCES: list[Source] = []


class UnknownKeyError(LookupError):
    """A reference that names nothing in the catalog; `candidates` are the known ones."""

    def __init__(self, ref: str, candidates: list[str]) -> None:
        super().__init__(ref)
        self.ref = ref
        self.candidates = candidates


def extend(source: Source) -> None:
    """Find apps in a source, too; adding it again changes nothing."""
    if source not in _SOURCES:
        _SOURCES.append(source)


def is_built_in(key: str) -> bool:
    """Tell whether the code itself declares an app."""
    return key in _BY_KEY


def stamp_of(key: str) -> object:
    """Return what changes with an app's declaration; None for a built-in one, which never changes."""
    if key in _BY_KEY:
        return None
    return next((stamp for source in _SOURCES if (stamp := source.stamp(key)) is not None), None)


def get_app(key: str) -> App:
    """Return the app; raises `UnknownKeyError`."""
    found = _BY_KEY.get(key) or _find(key)
    if found is None:
        raise UnknownKeyError(key, list(_BY_KEY))
    return found


def _find(key: str) -> App | None:
    return next((app for source in _SOURCES if (app := source.find(key)) is not None), None)


def get_trigger(ref: str) -> tuple[App, Trigger]:
    """Return the trigger that `<app>.trigger-<slug>` names; raises `UnknownKeyError`."""
    found = _triggers().get(ref) or _own_trigger(ref, _find)
    if found is None:
        raise UnknownKeyError(ref, list(_triggers()))
    return found


def get_action(ref: str) -> tuple[App, Action]:
    """Return the action that `<app>.<slug>` names; raises `UnknownKeyError`."""
    found = _actions().get(ref) or _own_action(ref, _find)
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
    return tuple(
        trigger_ref(app, trigger)
        for trigger in app.triggers
        if trigger.any_event_type or event_type in trigger.event_types
    )


def trigger_data(
    app: App, trigger: Trigger, payload: Mapping[str, Any], *, event: Event | None = None
) -> dict[str, Any]:
    """Return what `{{ trigger.… }}` sees: the flat fields, the envelope and `raw`.

    `event` is the envelope where it was read before, since not every app tells it
    in the payload. Raises `UnreadableEventError` when the envelope can't be read.
    """
    if app.webhook is None:
        raise UnknownKeyError(trigger.key, [])
    event = event or app.webhook.read_event(payload)
    return {
        **trigger.flatten(payload),
        "event_id": event.id,
        "event_type": event.type,
        "livemode": event.livemode,
        "occurred_at": event.occurred_at if event.occurred_at >= 0 else None,
        "raw": payload,
    }


def trigger_fields(trigger: Trigger) -> tuple[Field, ...]:
    """Return the trigger's own fields and the envelope's."""
    return (*trigger.fields, *ENVELOPE)


def sample_payload(app_key: str, slug: str) -> dict[str, Any]:
    """Return the sample of a trigger as the provider would send it."""
    return sample_of(get_app(app_key), slug)


def sample_of(app: App, slug: str) -> dict[str, Any]:
    """Return the sample of an app's trigger, which need not be registered."""
    inline = app.sample_payloads.get(slug)
    return _sample_file(app.samples / f"{slug}.json") if inline is None else dict(inline)


@cache
def _sample_file(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def sample_outputs(action: Action) -> dict[str, Any]:
    """Return what an action could give, from the examples of its outputs."""
    return {field.key: field.example for field in action.outputs}


def iter_triggers() -> Iterator[tuple[App, Trigger]]:
    """List every built-in trigger with its app."""
    yield from _triggers().values()


def iter_actions() -> Iterator[tuple[App, Action]]:
    """List every built-in action with its app, hidden ones too."""
    yield from _actions().values()


class Within:
    """The catalog as one workspace has it: what is built in, and the apps of its own."""

    def __init__(self, workspace_id: int) -> None:
        self._own = {app.key: app for source in _SOURCES for app in source.apps_of(workspace_id)}

    @property
    def apps(self) -> tuple[App, ...]:
        """The apps, built-in ones first."""
        return (*APPS, *self._own.values())

    def get_app(self, key: str) -> App:
        """Return the app; raises `UnknownKeyError`, also for another workspace's."""
        found = _BY_KEY.get(key) or self._own.get(key)
        if found is None:
            raise UnknownKeyError(key, [*_BY_KEY, *self._own])
        return found

    def get_trigger(self, ref: str) -> tuple[App, Trigger]:
        """Return the trigger; raises `UnknownKeyError`, also for another workspace's."""
        found = _triggers().get(ref) or _own_trigger(ref, self._own.get)
        if found is None:
            raise UnknownKeyError(ref, [trigger_ref(*each) for each in self.iter_triggers()])
        return found

    def get_action(self, ref: str) -> tuple[App, Action]:
        """Return the action; raises `UnknownKeyError`, also for another workspace's."""
        found = _actions().get(ref) or _own_action(ref, self._own.get)
        if found is None:
            raise UnknownKeyError(ref, [action_ref(*each) for each in self.iter_actions()])
        return found

    def iter_triggers(self) -> Iterator[tuple[App, Trigger]]:
        """List every trigger with its app."""
        return ((app, trigger) for app in self.apps for trigger in app.triggers)

    def iter_actions(self) -> Iterator[tuple[App, Action]]:
        """List every action with its app, hidden ones too."""
        return ((app, action) for app in self.apps for action in app.actions)


def within(workspace_id: int) -> Within:
    """Return the catalog of one workspace, for what is offered and for what is newly named."""
    return Within(workspace_id)


def _own_trigger(ref: str, find: Callable[[str], App | None]) -> tuple[App, Trigger] | None:
    key, _, slug = ref.partition(".")
    app = find(key) if slug.startswith(_TRIGGER_PREFIX) and key not in _BY_KEY else None
    trigger = app.trigger(slug.removeprefix(_TRIGGER_PREFIX)) if app else None
    return (app, trigger) if app and trigger else None


def _own_action(ref: str, find: Callable[[str], App | None]) -> tuple[App, Action] | None:
    key, _, slug = ref.partition(".")
    app = find(key) if slug and key not in _BY_KEY else None
    action = app.action(slug) if app else None
    return (app, action) if app and action else None


@cache
def _triggers() -> dict[str, tuple[App, Trigger]]:
    return {trigger_ref(app, trigger): (app, trigger) for app in APPS for trigger in app.triggers}


@cache
def _actions() -> dict[str, tuple[App, Action]]:
    return {action_ref(app, action): (app, action) for app in APPS for action in app.actions}
