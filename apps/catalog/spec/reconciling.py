"""How an app lists what has happened, so that it can be compared with what arrived here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.spec.auth import Account
from apps.catalog.spec.fields import Spec
from apps.catalog.transport import Send


@dataclass(frozen=True, slots=True)
class Listed:
    """One event as the provider's list tells it.

    `id` is the event's id or, where the list has none, the fact that `fact_of` reads
    off a delivery of the same event. `payload` is None where the whole event can't be
    made from the list. `label` says in words what it is about. Unix seconds.
    """

    id: str
    type: str
    occurred_at: int
    payload: Mapping[str, Any] | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page of the list; `next` is where the following one begins, "" behind the last."""

    events: tuple[Listed, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class ListContext:
    """What a look at the list gets: `since` and `until` are unix seconds, both within it.

    `position` is the `next` of the page before. With `undelivered` only those are
    listed that the provider could not hand over.
    """

    account: Account
    send: Send
    event_types: tuple[str, ...]
    since: int
    until: int
    position: str = ""
    undelivered: bool = False
    deadline: float = 10.0


@dataclass(frozen=True, slots=True)
class LookContext:
    """What a look at one event gets."""

    account: Account
    send: Send
    deadline: float = 10.0


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A listed event in the form of a delivery; `note` says what in it is of now, not of then."""

    payload: Mapping[str, Any]
    note: str = ""


class Reconcile(Spec):
    """The provider's own list of what has happened.

    All functions are pure over the context's `Send` and raise a `CallError`, or what
    `Send` raises. `list_page` returns one page, in any order, of the events of the
    given types; `covers` tells whether an event type is in the list at all. The
    provider keeps the list for `keeps_days`. An event is looked for when it is
    `settle_seconds` old, since it may still be on its way.

    `find` returns one event by its id, None when the provider knows it no more.
    `rebuild` returns a listed event as its webhook would have brought it. Without them
    nothing is recovered: a gap is shown with `by_hand`, what a person can do.
    Where the list names no event ids, `fact_of` returns the fact that a delivery's
    payload tells. `lists_undelivered` says that the provider marks what it could not
    hand over. `pretend` returns the list of a sandbox one event longer, which no
    webhook brings.
    """

    list_page: Callable[[ListContext], EventPage]
    covers: Callable[[str], bool]
    keeps_days: int
    by_hand: str
    settle_seconds: int = 120
    lists_undelivered: bool = False
    find: Callable[[LookContext, str], Listed | None] | None = None
    rebuild: Callable[[LookContext, Mapping[str, Any]], Rebuilt] | None = None
    fact_of: Callable[[Mapping[str, Any]], str] | None = None
    pretend: Callable[[LookContext, Mapping[str, Any]], None] | None = None
