"""Reads and transitions of runs; every transition tells how many it won."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from apps.runs.models import Effect, Run  # noqa: F401 - name the querysets' types.

CLAIMABLE = ("queued", "waiting")
IDLE = ("queued", "waiting", "parked", "held", "needs_decision")
"""Statuses in which no worker holds the run."""

GUARDS = ("loop", "too_often")
"""Why a guard holds a run; see `runs.loops` and `runs.breaker`."""

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""When a run is due that only another run's end lets go."""

MAX_PROMOTED = 500

MAX_LOST_LEASES = 5
"""So many workers may die while they hold a run before it is given up."""

_NO_REASON = {"reason_code": "", "reason": "", "remedy": ""}
_NO_LEASE = {"lease_token": None, "lease_until": None}


class RunQuerySet(models.QuerySet["Run"]):
    """Named reads; transitions are conditional UPDATEs with a keyword-only `at`."""

    def due(self, *, at: datetime) -> "RunQuerySet":
        """Return what a worker may take now, oldest first."""
        return self.filter(status__in=CLAIMABLE, due_at__lte=at).order_by("due_at", "id")

    def has_due(self, *, at: datetime) -> bool:
        """Tell whether there is anything to be taken; two short looks without a lock."""
        waiting = self.filter(status="waiting", due_at__lte=at)
        return self.filter(status="queued").order_by().exists() or waiting.order_by().exists()

    def next_due_at(self) -> datetime | None:
        """Return when the next run is due, which may be past; None when none waits.

        What is queued is due or as good as due: one of them stands for all.
        """
        queued = self.filter(status="queued").order_by("workspace", "priority", "due_at", "id")
        waiting = self.filter(status="waiting").order_by("due_at")
        due: datetime | None = queued.values_list("due_at", flat=True).first()
        return due if due is not None else waiting.values_list("due_at", flat=True).first()

    def promote(self, *, at: datetime) -> int:
        """Queue the runs whose waiting is over, some hundreds at once; returns how many.

        The claim looks at nothing but queued runs, so that those which wait for later cost it nothing.
        """
        waiting = self.filter(status="waiting", due_at__lte=at).order_by("due_at")
        ready = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:MAX_PROMOTED])
        return self.filter(pk__in=ready, status="waiting").update(status="queued") if ready else 0

    def wait_in_order(self, blocker: str) -> int:
        """Leave these runs until the run of this code, which is before them in their order, has ended."""
        return self.update(
            status="waiting",
            due_at=NEVER,
            reason_code="order",
            reason=f"It waits for run {blocker}, which comes before it in the order of the workflow.",
            remedy="Nothing to do: it goes on when that run has ended. “Let it pass” does not wait for it.",
        )

    def supersede(self, newer: "Run", *, at: datetime) -> int:
        """End these runs, which have not begun: a newer event of the same key has run."""
        return self.update(
            status="filtered",
            finished_at=at,
            reason_code="superseded",
            reason=f"A newer event of the same key has run already, as run {newer.code}.",
            remedy="Nothing to do: late events are left out. To run it all the same, run it again.",
        )

    def abandoned(self, *, at: datetime) -> "RunQuerySet":
        """Return the runs whose worker stopped renewing its lease."""
        return self.filter(status="running", lease_until__lt=at)

    def guarded(self) -> "RunQuerySet":
        """Return the runs that a guard holds until a person looks."""
        return self.filter(status="held", reason_code__in=GUARDS)

    def take(self, *, token: UUID, at: datetime, until: datetime) -> int:
        """Lease these runs, as far as nobody else has; returns how many."""
        return self.filter(status__in=CLAIMABLE).update(
            status="running",
            lease_token=token,
            lease_until=until,
            started_at=Coalesce(F("started_at"), at),
            **_NO_REASON,
        )

    def renew(self, tokens: Collection[UUID], *, until: datetime) -> int:
        """Prolong the leases with these tokens; returns how many runs are still held."""
        return self.filter(status="running", lease_token__in=tokens).update(lease_until=until)

    def succeed(self, *, at: datetime) -> int:
        """End these runs well; returns how many. The caller holds their leases."""
        return self.update(
            status="succeeded", finished_at=at, parked_on=None, lost_leases=0, **_NO_REASON, **_NO_LEASE
        )

    def reap(self, *, at: datetime) -> int:
        """Queue abandoned runs again; a run that outlived too many workers fails."""
        abandoned = self.abandoned(at=at)
        failed = abandoned.filter(lost_leases__gte=MAX_LOST_LEASES - 1).update(
            status="failed",
            finished_at=at,
            lost_leases=F("lost_leases") + 1,
            reason_code="worker_lost",
            reason=f"The worker died {MAX_LOST_LEASES} times while it executed this run.",
            remedy="Look into the worker's log and its memory limit, then resume the run.",
            **_NO_LEASE,
        )
        queued = abandoned.update(
            status="queued",
            due_at=at,
            lost_leases=F("lost_leases") + 1,
            reason_code="lease_expired",
            reason="The worker that executed this run stopped answering.",
            remedy="Nothing to do: the next free worker goes on with it.",
            **_NO_LEASE,
        )
        return failed + queued

    def unpark(self, *, at: datetime) -> int:
        """Queue the parked runs whose connection works again."""
        return self.filter(
            status="parked", parked_on__status__in=("connected", "needs_attention", "untested")
        ).update(status="queued", due_at=at, parked_on=None, **_NO_REASON)

    def fail_orphaned(self, *, at: datetime) -> int:
        """End the parked runs whose connection was disconnected: nothing can mend it."""
        return self.filter(status="parked", parked_on__status="disconnected").update(
            status="failed",
            finished_at=at,
            parked_on=None,
            reason_code="connection_disconnected",
            reason="The connection on which this run was parked has been disconnected.",
            remedy="Publish the workflow with another connection, then run the event again.",
        )

    def release(self, *, at: datetime) -> int:
        """Queue the runs that were held for a pause which is over."""
        return self.filter(status="held", reason_code="paused", workflow__status="published").update(
            status="queued", due_at=at, **_NO_REASON
        )

    def hold_paused(self, *, reason: str, remedy: str) -> int:
        """Hold these runs, as far as they wait to begin, until their workflow is resumed."""
        return self.filter(status="queued").update(
            status="held", reason_code="paused", reason=reason, remedy=remedy
        )

    def requeue(self, *, statuses: Collection[str], at: datetime) -> int:
        """Queue these runs as far as they have one of the statuses; returns how many."""
        return self.filter(status__in=statuses).update(
            status="queued",
            due_at=at,
            finished_at=None,
            parked_on=None,
            cancel_requested=False,
            lost_leases=0,
            **_NO_REASON,
        )

    def hurry(self, *, at: datetime) -> int:
        """Let these runs go on now, as far as they wait: what one of their steps waited for has come."""
        return self.filter(status="waiting").update(due_at=at)

    def cancel_idle(self, *, at: datetime, reason: str) -> int:
        """End these runs as far as no worker holds them; returns how many."""
        return self.filter(status__in=IDLE).update(
            status="cancelled",
            finished_at=at,
            parked_on=None,
            reason_code="cancelled",
            reason=reason,
            remedy="Resume goes on from the step where it stopped.",
        )

    def ask_to_cancel(self) -> int:
        """Let the worker that holds these runs end them at its next turn; returns how many."""
        return self.filter(status="running").update(cancel_requested=True)


class EffectQuerySet(models.QuerySet["Effect"]):
    """Named reads and transitions of the ledger."""

    def undecided(self) -> "EffectQuerySet":
        """Return calls that may have happened and that a repetition under another key could double.

        Cancelling the run, when asked about one, has not answered the question.
        """
        open_ones = self.filter(status__in=("pending", "unknown"), decision__in=("", "cancel"))
        return open_ones.exclude(idempotency="natural")

    def reusable(self) -> "EffectQuerySet":
        """Return what a replay does not do again: creates and deletes that succeeded, and what was decided.

        A person who skipped a call, or said that it happened, is not overruled.
        """
        return self.filter(
            Q(status="done", effect__in=("create", "delete"))
            | Q(status="done", decision="happened")
            | Q(status="skipped")
        )

    def answer(self, *, decision: str, status: str, by: int | None, at: datetime) -> int:
        """Note a person's decision about an unknown call, unless one was made; returns how many."""
        return self.filter(status="unknown", decision="").update(
            decision=decision, status=status, decided_by=by, decided_at=at
        )
