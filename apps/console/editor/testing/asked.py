"""What a test was asked to do: the draft, the event, and the assumptions in place of people and others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from apps.catalog import registry
from apps.catalog.errors import UnreadableEventError
from apps.catalog.spec import App, Event
from apps.common.errors import ValidationFailed
from apps.common.masking import mask_json
from apps.console.past_events import past_payload
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.models import Workflow

log = structlog.get_logger(__name__)

MAX_EVENT_BYTES = 1024 * 1024
"""As much as a delivery may have."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is taken for the answer of an approval, and of a webhook that is waited for.

    `answers` are outputs of earlier calls by step path, taken instead of making
    the call; by step id they stand for every item of a loop.
    """

    approved: bool = True
    received: bool = True
    body: Any = None
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def answer_of(self, path: str) -> Mapping[str, Any] | None:
        """Return the outputs that stand for a step's call, None where it is made."""
        return self.answers.get(path)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The event of a test. `payload` is as the provider sent it, so it may hold what people must not see."""

    source: str
    payload: dict[str, Any]
    summary: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """Return the payload without what people must not see."""
        masked: dict[str, Any] = mask_json(self.payload)
        return masked


@dataclass(frozen=True, slots=True)
class Asked:
    """One test. Without a `step` it is the whole draft; `outputs` are those of the steps before it."""

    workflow: Workflow
    definition: Definition
    event: Chosen
    step: str = ""
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reads: bool = True
    assumed: Assumed = field(default_factory=Assumed)


def read_asked(workflow: Workflow, body: Mapping[str, Any]) -> Asked:
    """Return what the body of a request asks for; raises `ValidationFailed`."""
    definition = read_definition(body.get("definition"))
    step = body.get("step") or ""
    if not isinstance(step, str) or (step and definition.step(step) is None):
        raise ValidationFailed(
            "There is no such step in this draft.", code="unknown_step", field="step", remedy="Choose a step."
        )
    return Asked(
        workflow=workflow,
        definition=definition,
        event=read_event(workflow, definition, body.get("event")),
        step=step,
        outputs=_outputs(body.get("outputs")),
        reads=_flag(body, "reads", default=True),
        assumed=read_assumed(body.get("assume")),
    )


def read_definition(stored: Any) -> Definition:
    """Return the definition; raises `ValidationFailed` with every problem of its shape."""
    try:
        return parse(stored)
    except InvalidDefinitionError as error:
        raise ValidationFailed(
            "The draft does not have the right form.",
            code="invalid_definition",
            remedy="Mend what is named.",
            details=[problem.as_dict() for problem in error.problems],
        ) from None


def read_event(workflow: Workflow, definition: Definition, event: Any) -> Chosen:
    """Return the chosen event: the sample, a past delivery's, or pasted JSON. Raises `ValidationFailed`."""
    event = event if isinstance(event, Mapping) else {"source": "sample"}
    source = event.get("source", "sample")
    catalog = registry.within(workflow.workspace_id)
    if source == "delivery":
        return Chosen(source, _delivered(workflow, event.get("code")))
    if source == "json":
        return Chosen(source, _pasted(definition, event.get("payload"), catalog))
    if source != "sample":
        raise _no_event("An event is “sample”, “delivery” or “json”.")
    return Chosen(source, _sample(definition, catalog))


def read_assumed(stored: Any) -> Assumed:
    """Return the assumptions; what is not given is approved and received."""
    if stored is None:
        return Assumed()
    if not isinstance(stored, Mapping):
        raise _malformed("assume")
    answers = stored.get("answers") or {}
    return Assumed(
        approved=stored.get("approval", "approved") != "denied",
        received=stored.get("webhook", "received") != "timeout",
        body=stored.get("body"),
        answers=_outputs(answers),
    )


def envelope_of(
    definition: Definition, payload: Mapping[str, Any], catalog: Catalog
) -> tuple[dict[str, Any], Event]:
    """Return what `{{ trigger.… }}` sees of a payload, and its envelope. Raises `ValidationFailed`.

    An app may tell id and type in headers, which nobody keeps: they are then the trigger's own.
    """
    try:
        app, trigger = catalog.get_trigger(definition.trigger.trigger)
    except registry.UnknownKeyError:
        raise _no_event("The draft's trigger is not chosen yet.", remedy="Choose what starts it.") from None
    known = Event(id="test", type=next(iter(trigger.event_types), trigger.key), occurred_at=0)
    try:
        event = _event(app, payload) or known
        return registry.trigger_data(app, trigger, payload, event=event), event
    except Exception as error:  # A connector may stumble over whatever somebody pasted.
        log.exception("test.event_unreadable", app=app.key)
        raise _no_event(f"{app.name} can't read this event ({type(error).__name__}).") from None


def _event(app: App, payload: Mapping[str, Any]) -> Event | None:
    try:
        return app.webhook.read_event(payload) if app.webhook else None
    except UnreadableEventError:
        return None


def _sample(definition: Definition, catalog: Catalog) -> dict[str, Any]:
    try:
        app, trigger = catalog.get_trigger(definition.trigger.trigger)
    except registry.UnknownKeyError:
        raise _no_event("The draft's trigger is not chosen yet.", remedy="Choose what starts it.") from None
    return registry.sample_of(app, trigger.key)


def _delivered(workflow: Workflow, code: Any) -> dict[str, Any]:
    payload = past_payload(workflow, str(code))
    if payload is None:
        raise _no_event("This delivery can't be read any more.", remedy="Choose another event.")
    return payload


def _pasted(definition: Definition, payload: Any, catalog: Catalog) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise _no_event("A pasted event must be a JSON object.", remedy="Paste the event's whole body.")
    try:
        size = len(safe_json.dumps(payload))
        safe_json.check(payload)
    except UnsafeJSONError as error:
        raise _no_event(f"The pasted event can't be used: {error.message}") from None
    if size > MAX_EVENT_BYTES:
        raise _no_event("The pasted event is larger than 1 MiB.", remedy="Leave out what the draft ignores.")
    envelope_of(definition, payload, catalog)
    return payload


def _outputs(stored: Any) -> dict[str, Mapping[str, Any]]:
    if stored is None:
        return {}
    if not isinstance(stored, Mapping) or not all(isinstance(each, Mapping) for each in stored.values()):
        raise _malformed("outputs")
    return {str(key): value for key, value in stored.items()}


def _flag(body: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = body.get(key, default)
    if not isinstance(value, bool):
        raise _malformed(key)
    return value


def _malformed(key: str) -> ValidationFailed:
    return ValidationFailed(f"“{key}” does not have the right form.", code="malformed", field=key)


def _no_event(message: str, *, remedy: str = "Take the sample, and change it.") -> ValidationFailed:
    return ValidationFailed(message, code="unusable_event", field="event", remedy=remedy)
