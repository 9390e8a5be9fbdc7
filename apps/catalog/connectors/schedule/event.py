"""A due time as an event: how it is written by the worker, read, and flattened into fields."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.catalog.errors import UnreadableEventError
from apps.catalog.spec import Event
from apps.language.errors import TimeError
from apps.language.times import LAST_SECOND, find_zone, format_time

AT_SET_TIMES = "schedule.set_time"
EVERY_SO_OFTEN = "schedule.interval"


def event_id(workflow: str, scheduled_at: int) -> str:
    """Return the id of a workflow's due time: the same whoever makes it, and however often."""
    digest = hashlib.sha256(f"schedule|{workflow}|{scheduled_at}".encode()).hexdigest()
    return f"due_{scheduled_at}_{digest[:24]}"


def payload(
    kind: str, *, workflow: str, scheduled_at: datetime, fired_at: datetime, zone: str
) -> dict[str, Any]:
    """Return the body of one due time of one workflow. `zone` is an IANA name."""
    due, fired = int(scheduled_at.timestamp()), int(fired_at.timestamp())
    return {
        "id": event_id(workflow, due),
        "type": kind,
        "workflow": workflow,
        "scheduled_at": due,
        "fired_at": max(fired, due),
        "time_zone": zone,
    }


def read_event(body: Mapping[str, Any]) -> Event:
    """Read id, type, time and the workflow that it is for; raises `UnreadableEventError`."""
    found = {key: body.get(key) for key in ("id", "type", "workflow")}
    if not all(isinstance(value, str) and value for value in found.values()):
        raise UnreadableEventError("This is no due time: its id, type or workflow is missing.")
    due = _seconds(body.get("scheduled_at"))
    if due is None:
        raise UnreadableEventError("This is no due time: “scheduled_at” is not in unix seconds.")
    return Event(
        id=str(found["id"]), type=str(found["type"]), occurred_at=due, workflow=str(found["workflow"])
    )


def flatten(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trigger's fields; null where the body has none."""
    due, fired = _seconds(body.get("scheduled_at")), _seconds(body.get("fired_at"))
    local = _local(due, body.get("time_zone"))
    return {
        "scheduled_at": due,
        "fired_at": fired,
        "late_seconds": None if due is None or fired is None else max(fired - due, 0),
        "time_zone": body.get("time_zone") if local else None,
        "local": local.replace(tzinfo=None).isoformat(timespec="minutes") if local else None,
        "date": f"{local:%Y-%m-%d}" if local else None,
        "time": f"{local:%H:%M}" if local else None,
        "weekday": format_time(local, "%A") if local else None,
        "day": local.day if local else None,
        "month": local.month if local else None,
        "year": local.year if local else None,
    }


def refresh_sample(body: Mapping[str, Any], new_id: str, now: int) -> dict[str, Any]:
    """Return the sample as a time that is due at `now` (unix seconds)."""
    return {**body, "id": new_id, "scheduled_at": now, "fired_at": now}


def new_event_id() -> str:
    """Return the id of a run that somebody asks for at once."""
    return f"now_{secrets.token_hex(12)}"


def _seconds(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LAST_SECOND:
        return value
    return None


def _local(due: int | None, zone: Any) -> datetime | None:
    if due is None or not isinstance(zone, str):
        return None
    try:
        return datetime.fromtimestamp(due, UTC).astimezone(find_zone(zone))
    except (TimeError, OverflowError, ValueError):
        return None
