"""The ledger's transitions: what is noted before a call and after it.

The rows are changed in memory here and written by `apps.runs.record`, before
the call that they announce is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.catalog.errors import CallError, Certainty, NeedsHuman
from apps.catalog.spec import Action, Idempotency
from apps.connections.models import Connection
from apps.runs.models import Effect, Run
from apps.runs.rows import EffectRow, NewEffect
from apps.workflows.engine.effects import Call


@dataclass(slots=True)
class Entry:
    """One call's ledger row while a worker holds the run.

    `maybe_done` tells whether an attempt with this key may have happened;
    `before` is what the row said before the call was announced, to go back to
    when it was not sent after all.
    """

    row: EffectRow
    maybe_done: bool = False
    before: tuple[str, int, datetime, datetime | None] | None = None


def open_entry(row: EffectRow) -> Entry:
    """Return the entry of a row that an earlier turn wrote."""
    return Entry(row, maybe_done=row.status in (Effect.Status.PENDING, Effect.Status.UNKNOWN))


def announce(
    entry: Entry | None, call: Call, *, action: Action, run: Run, connection: Connection, at: datetime
) -> Entry:
    """Note that a call is about to be sent, as `pending`.

    An id that the call sends along is noted with it, so that its echo is known
    (`runs.loops`) however fast the provider tells it. An id that the provider
    gives is not known before the answer: an echo that overtakes the answer, as
    of a mail that is sent at once, counts as nobody's. A ring in which that
    happens at every turn is held by the breaker.
    """
    if entry is None:
        new = NewEffect(
            workspace_id=run.workspace_id,
            run_id=run.pk,
            path=call.path,
            connection_id=connection.pk,
            action=call.action,
            effect=call.kind.value,
            idempotency=call.idempotency.value,
            key=call.key,
            first_sent_at=at,
            sent_at=at,
        )
        entry = Entry(new)
    row = entry.row
    entry.before = (row.status, row.attempts, row.sent_at, row.answered_at)
    if row.key != call.key:
        row.key, row.first_sent_at, row.provider_id = call.key, at, ""
        entry.maybe_done = False
    elif not row.attempts and not outlives_retries(row):
        row.first_sent_at = at
    if action.derive_id is not None:
        row.provider_id = action.derive_id(int(run.event_at.timestamp()), call.key)[:200]
    row.connection_id = connection.pk
    row.status = Effect.Status.PENDING
    row.attempts, row.sent_at, row.answered_at = call.attempt, at, None
    return entry


def withdraw(entry: Entry) -> None:
    """Take an announcement back: the call was not sent."""
    if entry.before is not None:
        entry.row.status, entry.row.attempts, entry.row.sent_at, entry.row.answered_at = entry.before


def note_done(
    entry: Entry, *, action: Action | None, outputs: Mapping[str, Any] | None, at: datetime
) -> None:
    """Note that the call has happened, with the id that the provider gave."""
    entry.row.status = Effect.Status.DONE
    entry.row.answered_at = entry.row.answered_at or at
    if action is not None and action.provider_id:
        entry.row.provider_id = _find(outputs or {}, action.provider_id)[:200]


def note_failure(entry: Entry, error: CallError, *, at: datetime) -> None:
    """Note a call's error: refused, surely not done, or unknown.

    Unknown stays unknown: a later attempt that did nothing says nothing about
    an earlier one with the same key. Refused credentials are no answer to the
    call itself.
    """
    entry.row.answered_at = at
    entry.maybe_done = entry.maybe_done or error.certainty is Certainty.UNCERTAIN
    if entry.maybe_done:
        entry.row.status = Effect.Status.UNKNOWN
    elif error.certainty is Certainty.REFUSED and not isinstance(error, NeedsHuman):
        entry.row.status = Effect.Status.REFUSED
    else:
        entry.row.status = Effect.Status.NOT_DONE


def note_unknown(entry: Entry) -> None:
    """Note that a person must say whether the call happened."""
    entry.row.status = Effect.Status.UNKNOWN
    entry.row.decision, entry.row.decided_by_id, entry.row.decided_at = "", None, None


def outlives_retries(row: EffectRow) -> bool:
    """Tell whether the age of the first attempt still counts after a person's retry.

    The provider may forget a key; a call with one that may have happened is
    asked about when the key is too old, however often it was retried.
    """
    return row.status == Effect.Status.UNKNOWN and row.idempotency == Idempotency.KEY


def _find(outputs: Mapping[str, Any], path: str) -> str:
    value: Any = outputs
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return str(value) if isinstance(value, str | int) else ""
