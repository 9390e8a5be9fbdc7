"""A trigger's options: what they make a workflow listen for, and which events they leave out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.catalog.spec import Trigger
from apps.workflows.engine.coercion import UnfitError, coerce, is_empty
from apps.workflows.engine.effects import StepError

DECLINED = "trigger_options"
"""The code of an end for which the trigger's options were the reason, before the first step."""


def settled_options(trigger: Trigger, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every option of the trigger that has a value: the given one, else its default.

    What does not fit counts as not given; validation refuses it before publishing.
    """
    settled: dict[str, Any] = {}
    for option in trigger.options:
        value = given.get(option.key)
        try:
            value = option.default if is_empty(value) else coerce(option, value)
        except UnfitError:
            value = option.default
        if not is_empty(value):
            settled[option.key] = value
    return settled


def event_types_of(trigger: Trigger, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a workflow of the trigger with these options listens for."""
    if trigger.event_types_from is None:
        return trigger.event_types
    return trigger.event_types_from(settled_options(trigger, given))


@dataclass(frozen=True, slots=True)
class Gate:
    """What the trigger's options let through; without a trigger or a rule, every event."""

    trigger: Trigger | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def refusal(self, event: Mapping[str, Any]) -> StepError | None:
        """Return why the workflow does not run for this event (what `trigger` is in templates), or None."""
        declines = self.trigger.declines if self.trigger else None
        reason = declines(self.options, event) if declines else None
        if reason is None:
            return None
        remedy = "Nothing to do: the trigger's options are set so."
        return StepError(code=DECLINED, message=reason, remedy=remedy)


def gate_of(trigger: Trigger, given: Mapping[str, Any]) -> Gate:
    """Return the gate of a trigger with these options."""
    return Gate(trigger, settled_options(trigger, given))
