"""What a changed declaration would take from those who use it: specs only grow. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.catalog.custom.declaration import ActionPart, Declaration, Found, TriggerPart


@dataclass(frozen=True, slots=True)
class Use:
    """A published workflow, or one with unfinished runs, and the trigger or action that it needs."""

    ref: str
    user: str


@dataclass(frozen=True, slots=True)
class Broken:
    """One use that a change would break, and how."""

    user: str
    message: str


def broken_uses(before: Declaration, after: Declaration, uses: Sequence[Use]) -> list[Broken]:
    """Return every use that the change would break, each once."""
    losses = dict(_losses(before, after))
    found = []
    for use in dict.fromkeys(uses):
        loss = losses.get(use.ref)
        if loss:
            found.append(Broken(use.user, f"“{use.user}” needs {loss}."))
    return found


def _losses(before: Declaration, after: Declaration) -> Iterator[tuple[str, str]]:
    """Yield each reference with the first thing that it loses."""
    actions = {part.key: part for part in after.actions}
    for part in before.actions:
        now = actions.get(part.key)
        loss = f"the action “{part.name}”" if now is None else _of_action(part, now)
        if loss:
            yield f"{before.key}.{part.key}", loss
    triggers = {part.key: part for part in after.triggers}
    for trigger in before.triggers:
        still = triggers.get(trigger.key)
        lost = f"the trigger “{trigger.name}”" if still is None else _of_trigger(trigger, still)
        if lost:
            yield f"{before.key}.trigger-{trigger.key}", lost


def _of_action(before: ActionPart, after: ActionPart) -> str:
    inputs = {field.key: field for field in before.inputs}
    now = {field.key: field for field in after.inputs}
    for key, field in inputs.items():
        if key not in now:
            return f"the input “{field.label}” of “{before.name}”"
        if now[key].type is not field.type:
            return f"the input “{field.label}” of “{before.name}” as {field.type.value}"
        if not {choice.value for choice in field.choices} <= {choice.value for choice in now[key].choices}:
            return f"every choice of the input “{field.label}” of “{before.name}”"
    for key, field in now.items():
        if field.required and not (key in inputs and inputs[key].required):
            return f"“{before.name}” without requiring “{field.label}”"
    return _of_found(before.outputs, {found.key: found for found in after.outputs}, "output", before.name)


def _of_trigger(before: TriggerPart, after: TriggerPart) -> str:
    gone = [each for each in before.event_types if each not in after.event_types]
    if gone:
        return f"the event type {gone[0]} of “{before.name}”"
    return _of_found(before.fields, {found.key: found for found in after.fields}, "field", before.name)


def _of_found(before: Sequence[Found], now: Mapping[str, Found], kind: str, name: str) -> str:
    for found in before:
        if found.key not in now:
            return f"the {kind} “{found.label}” of “{name}”"
        if now[found.key].type is not found.type:
            return f"the {kind} “{found.label}” of “{name}” as {found.type.value}"
    return ""
