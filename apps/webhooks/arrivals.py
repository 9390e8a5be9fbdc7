"""A verified request and what can be read of it. No database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from apps.catalog.errors import UnreadableEventError
from apps.catalog.spec import App, Event
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.language.times import LAST_SECOND

log = structlog.get_logger(__name__)

_NO_EVENT = "This body names no event: its id or its type is missing."


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified request, read as far as it can be.

    Without an event, `problem` says why the body can't be read as one.
    """

    body: bytes
    at: datetime
    late: bool
    source: str
    event: Event | None
    problem: str = ""

    @property
    def occurred_at(self) -> datetime:
        """When the event happened; the arrival where the provider's value is no date."""
        if self.event is None or not 0 <= self.event.occurred_at <= LAST_SECOND:
            return self.at
        return datetime.fromtimestamp(self.event.occurred_at, UTC)


def read(
    app: App,
    body: bytes,
    *,
    at: datetime,
    late: bool,
    source: str,
    headers: Mapping[str, str] | None = None,
    pack: Callable[[], bytes] | None = None,
) -> Arrival:
    """Read the event of a verified request; whatever it holds, this raises nothing.

    `pack` makes what is kept in place of the body, where the app has such a form.
    """
    event, problem = None, ""
    try:
        kept = body if pack is None else pack()
        event, body = _event(app, kept, headers or {}), kept
    except UnsafeJSONError as error:
        problem = error.message
    except UnreadableEventError as error:
        problem = str(error) or _NO_EVENT
    except Exception:  # A connector that stumbles must not cost a verified event.
        log.exception("webhook.reader_failed", app=app.key)
        problem = f"{app.name}'s reader failed on this body; the log has the details."
    return Arrival(body=body, at=at, late=late, source=source, event=event, problem=problem)


def _event(app: App, body: bytes, headers: Mapping[str, str]) -> Event:
    if app.webhook is None:
        raise UnreadableEventError(f"{app.name} sends no events.")
    payload: Any = safe_json.loads(body)
    if not isinstance(payload, Mapping):
        raise UnreadableEventError("This body is JSON, but no object, so that it has no event in it.")
    if app.webhook.read_request is not None:
        event = app.webhook.read_request(headers, payload)
    else:
        event = app.webhook.read_event(payload)
    if not event.id or not event.type:
        raise UnreadableEventError(_NO_EVENT)
    return event
