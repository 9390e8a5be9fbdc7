"""How a connection's comparison stands, in words and figures for its page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from apps.common import look
from apps.webhooks.reconciliation.models import Gap, Proof, Reconciliation
from apps.webhooks.reconciliation.services import app_name
from apps.webhooks.reconciliation.watching import Watched, reconcile_of, watched

SUMMED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """One comparison: its verdict, and what there is to do. `busy` while the worker is at it."""

    status: str
    label: str
    tone: look.Tone
    words: str
    next_step: str
    watch: Watched
    busy: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of thirty days, and what is open now."""

    expected: int
    received: int
    recovered: int
    open: int
    last: Proof | None


def standing_of(row: Reconciliation) -> Standing:
    """Return how the comparison stands."""
    known, now = reconcile_of(row.connection), timezone.now()
    name = app_name(row.connection)
    if known is None:
        watch = Watched(why_not=f"{name} has no list of events that could be compared.")
    else:
        watch = watched(row.connection, own_list=known[1])
    busy = bool(watch.types) and (_is_leased(row, now) or row.window_until is not None or row.next_at <= now)
    count = Gap.objects.filter(connection=row.connection, status=Gap.Status.OPEN).count()
    verdict = _verdict(row, watch, count, name)
    return Standing(*verdict, watch=watch, busy=busy and not row.error)


def _verdict(
    row: Reconciliation, watch: Watched, count: int, name: str
) -> tuple[str, str, look.Tone, str, str]:
    if not watch.types:
        return "none", "Nothing to compare", look.Tone.NEUTRAL, watch.why_not, watch.next_step
    if row.error:
        again = "The next try follows by itself; nothing is passed over meanwhile."
        words = f"The last look at {name} failed: {row.error}"
        return "failed", "Not compared", look.Tone.DANGER, words, f"{row.remedy} {again}".strip()
    if count:
        events = "1 event" if count == 1 else f"{count:,} events"
        words = f"{name} lists {events} that never arrived here and could not be recovered."
        step = "Look at each open event below: it says what can be done."
        return "open", "Events are missing", look.Tone.WARNING, words, step
    if row.cursor is None:
        words = f"{name}'s list is compared for the first time."
        return "waiting", "Not compared yet", look.Tone.INFO, words, ""
    words = f"Everything that {name} lists up to {row.cursor:%Y-%m-%d %H:%M} UTC is here."
    return "ok", "Complete", look.Tone.SUCCESS, words, ""


def figures_of(row: Reconciliation) -> Figures:
    """Return the figures of the page."""
    proofs = Proof.objects.filter(connection=row.connection)
    since = timezone.now() - SUMMED
    names = ("expected", "received", "recovered")
    sums = proofs.filter(at__gte=since).aggregate(**{name: Sum(name) for name in names})
    return Figures(
        **{name: sums[name] or 0 for name in names},
        open=Gap.objects.filter(connection=row.connection, status=Gap.Status.OPEN).count(),
        last=proofs.first(),
    )


def _is_leased(row: Reconciliation, now: datetime) -> bool:
    return row.lease_until is not None and row.lease_until > now
