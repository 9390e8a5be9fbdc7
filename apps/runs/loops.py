"""The loop guard: how often in a row an event goes back to a call of our own.

Both directions of a pair can be live at once, and then a workflow's call makes
the event that starts the other one, whose call makes the first one's event.
An event names the call that it goes back to where its provider tells (see
`catalog.spec.Event.origins`), and the ledger knows the run that made the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from apps.runs.models import Effect, Run
from apps.runs.querysets import GUARDS

HOLD_AT = 3
"""So many calls of ours in a row, each made because of the one before, and the run is held.

One is what a pair is for (a payment writes a person), two are a round trip (the
person's mail writes the customer back); whatever takes a third turn goes on.
"""

RECENT = timedelta(hours=1)
"""Only an event that happened so shortly after our call counts as its echo.

Marks and ids stay at the provider for ever. What people do with a thing days
after we made it is their own act, and a ring that needs an hour for a turn
floods nobody.
"""

REASON_CODE = GUARDS[0]


@dataclass(frozen=True, slots=True)
class Echo:
    """What an event goes back to: how many calls of ours in a row, and the last one's run and workflow."""

    depth: int = 0
    run: str = ""
    workflow: str = ""


def echo_of(workspace_id: int, origins: Sequence[str], *, at: datetime) -> Echo:
    """Return what an event with these origins that happened `at` goes back to.

    One query of two indexed looks; none where nothing is named, as in nearly all events.
    """
    named = [origin for origin in origins if origin]  # Without an id of the provider's it is the empty text.
    if not named:
        return Echo()
    found = _named(workspace_id, at, key__in=named).union(
        _named(workspace_id, at, provider_id__in=named), all=True
    )
    last = found.order_by("-run__depth").first()
    return Echo() if last is None else Echo(last[0] + 1, str(last[1]), last[2])


def _named(
    workspace_id: int, at: datetime, **names: Sequence[str]
) -> QuerySet[Effect, tuple[int, UUID, str]]:
    """Return depth, run and workflow of the recent calls with one of these names.

    The workspace is compared as a sum, which no index serves. By an index of the
    workspace's effects SQLite, which guesses how many rows are behind a value,
    would read all of them, in the transaction in which the event is received.
    """
    effects = Effect.objects.filter(sent_at__gte=at - RECENT, **names)
    own = effects.annotate(owner=F("workspace_id") + 0).filter(owner=workspace_id)
    return own.order_by().values_list("run__depth", "run__code", "run__workflow__name")


def hold(run: Run, echo: Echo) -> None:
    """Hold a new run that is too deep; the caller writes it."""
    if echo.depth < HOLD_AT:
        return
    run.status = Run.Status.HELD
    run.reason_code = REASON_CODE
    run.reason = (
        f"This event goes back to a call that “{echo.workflow}” made (run {echo.run}), which itself goes "
        f"back to calls of ours: {echo.depth} in a row. The workflows set each other off."
    )
    run.remedy = (
        "Look at that run, and give one of the workflows a filter that ends the circle. "
        "“Run it anyway” lets this run go, “Cancel the run” ends it."
    )
