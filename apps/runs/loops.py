"""The loop guard: how often in a row an event goes back to a call of our own.

Both directions of a pair can be live at once, and then a workflow's call makes
the event that starts the other one, whose call makes the first one's event.
An event names the call that it goes back to where its provider tells (see
`catalog.spec.Event.origins`), and the ledger knows the run that made the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

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

    One indexed query; none where nothing is named, as in nearly all events.
    """
    if not origins:
        return Echo()
    named = Q(key__in=origins) | Q(provider_id__in=origins)
    effects = Effect.objects.filter(named, workspace=workspace_id, sent_at__gte=at - RECENT)
    columns = ("run__depth", "run__code", "run__workflow__name")
    found = effects.order_by("-run__depth").values_list(*columns).first()
    return Echo() if found is None else Echo(found[0] + 1, str(found[1]), found[2])


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
