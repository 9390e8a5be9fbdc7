"""The sandbox's people and events: a small, bounded store in plain JSON.

State: `people` by cio_id, each `{id, email, attributes}`; `events`, `sent`,
`broadcasts` and `activity` (what the activity log would show), newest last;
`seen` event ids; `suppressed` identifiers; members of `segments` and reporting
`webhooks` by their numbers.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

State = dict[str, Any]

MAX_PEOPLE = 100
MAX_PERSON_BYTES = 4_096
MAX_ENTRIES = 100
MAX_SEEN = 1_000

_CONTROLS = ("id", "email", "_update", "_timestamp")


def opened(state: Mapping[str, Any]) -> State:
    """Return a copy of the state that may be changed, whole even when it was empty."""
    copied: State = json.loads(json.dumps(dict(state)))
    lists = ("events", "sent", "broadcasts", "activity", "seen", "suppressed", "faults")
    empty: State = {
        **{name: [] for name in lists},
        **{name: {} for name in ("people", "segments", "webhooks")},
    }
    return empty | copied


def find(state: State, identifier: str) -> str | None:
    """Return the cio_id of the person that an identifier of any kind names."""
    people = state["people"]
    if identifier.startswith("cio_"):
        return identifier[4:] if identifier[4:] in people else None
    key, wanted = ("email", identifier.lower()) if "@" in identifier else ("id", identifier)
    return next((cio_id for cio_id, person in people.items() if person[key] == wanted), None)


def identify(state: State, identifier: str, body: Mapping[str, Any], now: float) -> None:
    """Apply an identify call; what Customer.io accepts and then ignores goes to the activity log."""
    known = find(state, identifier)
    named = {
        found
        for key in ("id", "email")
        if isinstance(body.get(key), str) and (found := find(state, body[key]))
    }
    if len(named | ({known} if known else set())) > 1:
        note(state, identifier, "Attribute Update Failure: the identifiers belong to different people", now)
        return
    target = known or next(iter(named), None)
    if target is None:
        if body.get("_update") is True or identifier.startswith("cio_"):
            note(state, identifier, "Ignored: the person is unknown and is not to be created", now)
            return
        target = create(state, identifier)
    elif known is None:
        _assign(state, target, identifier, now)
    _update(state, target, identifier, body, now)


def create(state: State, identifier: str) -> str:
    """Add a person known by the identifier alone; the oldest makes room."""
    cio_id = hashlib.sha256(f"person:{identifier}".encode()).hexdigest()[:12]
    email = "@" in identifier
    state["people"][cio_id] = {
        "id": None if email else identifier,
        "email": identifier.lower() if email else None,
        "attributes": {},
    }
    while len(state["people"]) > MAX_PEOPLE:
        state["people"].pop(next(iter(state["people"])))
    return cio_id


def delete(state: State, identifier: str) -> None:
    """Remove the person; an unknown one is no error."""
    state["people"].pop(find(state, identifier), None)


def suppress(state: State, identifier: str) -> None:
    """Delete the person for good and block all of the person's identifiers."""
    person = state["people"].pop(find(state, identifier), None) or {}
    for blocked in {identifier, person.get("id"), person.get("email")} - {None}:
        append(state, "suppressed", _folded(str(blocked)))


def unsuppress(state: State, identifier: str) -> None:
    """Let the identifier be used again; the profile stays gone."""
    state["suppressed"] = [each for each in state["suppressed"] if each != _folded(identifier)]


def is_suppressed(state: State, identifier: str) -> bool:
    """Tell whether calls about the identifier are ignored."""
    return _folded(identifier) in state["suppressed"]


def merge(state: State, shown: str, primary: str, secondary: str, now: float) -> None:
    """Add the second person's attributes to the first, which has the last word, and delete the second."""
    kept, gone = find(state, primary), find(state, secondary)
    if kept is None or gone is None or kept == gone:
        note(state, shown, "Ignored: the people to merge are not two that are known", now)
        return
    merged, other = state["people"][kept], state["people"].pop(gone)
    merged["attributes"] = {**other["attributes"], **merged["attributes"]}
    for key in ("id", "email"):
        merged[key] = merged[key] or other[key]


def append(state: State, name: str, entry: Any, most: int = MAX_ENTRIES) -> None:
    """Add to a list of the state and drop the oldest beyond `most`."""
    state[name] = [*state[name], entry][-most:]


def note(state: State, identifier: str, text: str, now: float) -> None:
    """Add a line to the activity log."""
    append(state, "activity", {"at": int(now), "person": identifier, "note": text})


def _folded(identifier: str) -> str:
    return identifier.lower() if "@" in identifier else identifier


def _assign(state: State, cio_id: str, identifier: str, now: float) -> None:
    key, value = ("email", identifier.lower()) if "@" in identifier else ("id", identifier)
    _set_identifier(state, cio_id, key, value, identifier, now=now)


def _update(state: State, cio_id: str, identifier: str, body: Mapping[str, Any], now: float) -> None:
    for key in ("id", "email"):
        if isinstance(body.get(key), str) and body[key]:
            value = body[key].lower() if key == "email" else body[key]
            _set_identifier(state, cio_id, key, value, identifier, now=now)
    attributes = state["people"][cio_id]["attributes"]
    attributes.update({name: value for name, value in body.items() if name not in _CONTROLS})
    while attributes and len(json.dumps(attributes)) > MAX_PERSON_BYTES:
        attributes.pop(next(iter(attributes)))


def _set_identifier(state: State, cio_id: str, key: str, value: str, identifier: str, *, now: float) -> None:
    person = state["people"][cio_id]
    if person[key] in {None, value} or identifier.startswith("cio_"):
        person[key] = value
    else:
        note(state, identifier, f"Attribute Update Failure: the person keeps the old {key}", now)
