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
    lost = _of_repetition(before, after)
    if lost:
        return lost
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


def _of_repetition(before: ActionPart, after: ActionPart) -> str:
    """Return what of the action decides whether a call may be repeated, and changed.

    A run may be about to repeat a call whose outcome is not known: as another
    effect, without its key or at another place it could happen twice.
    """
    fixed = (
        ("what it does there", before.effect, after.effect),
        ("the header for the idempotency key", before.key_header.lower(), after.key_header.lower()),
        ("the method", before.method, after.method),
        ("the path", before.path, after.path),
    )
    changed = next((what for what, was, now in fixed if was != now), "")
    return f"{changed} of “{before.name}” as it is" if changed else ""


def sends_otherwise(before: Declaration, after: Declaration) -> set[str]:
    """Return the references of the actions whose calls go elsewhere or carry something else now."""
    if before.base_url != after.base_url:
        return {f"{before.key}.{part.key}" for part in before.actions}
    now = {part.key: _content(part) for part in after.actions}
    return {f"{before.key}.{part.key}" for part in before.actions if now.get(part.key) != _content(part)}


def _content(part: ActionPart) -> tuple[object, ...]:
    return part.query, part.headers, part.body_kind, part.body, part.form


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
