"""What comes to the address of a step that waits: stored before it is acknowledged."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.common import crypto
from apps.runs import tokens
from apps.runs.models import Run
from apps.runs.waits.models import Hook
from apps.runs.worker.wakeup import notify_sleepers

MAX_BODY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told."""

    status: int
    code: str
    message: str


UNKNOWN = Receipt(404, "unknown_address", "No run waits at this address.")


def find_hook(token: str) -> Hook | None:
    """Return the hook of an address, or None."""
    return Hook.objects.filter(token_hash=tokens.hash_of(token)).first()


def receive(hook: Hook, body: Any) -> Receipt:
    """Store what came and let the run go on: 202 once it is committed, 410 where nothing is taken any more.

    `body` is a JSON value. It may come before the run has reached the step.
    """
    now = timezone.now()
    sealed = crypto.pack({"body": body}, bound_to=hook.binding)
    with transaction.atomic():
        # The run first, as every worker locks it first.
        run = Run.objects.select_for_update().only("pk", "status").get(pk=hook.run_id)
        taken = not run.finished and Hook.objects.filter(pk=hook.pk).receive(body=sealed, at=now)
        # A run that waits for something else, before this step, keeps its time.
        if taken and Hook.objects.filter(pk=hook.pk, expires_at__isnull=False).exists():
            Run.objects.filter(pk=run.pk).hurry(at=now)
            transaction.on_commit(notify_sleepers, robust=True)
    if taken:
        return Receipt(202, "received", "Received. The run goes on.")
    hook.refresh_from_db()
    if hook.received_at is not None:
        return Receipt(410, "used", "This address takes one request, and has had it.")
    if run.finished:
        return Receipt(410, "run_ended", "The run has ended; nothing is taken here any more.")
    return Receipt(410, "too_late", "The time for this request is over.")


def outputs_of(hook: Hook) -> dict[str, Any] | None:
    """Return the step's outputs; None where nothing came. Raises `SealError`."""
    if hook.received_at is not None:
        came = crypto.unpack(bytes(hook.body), bound_to=hook.binding)
        return {"received": True, "body": came["body"], "received_at": int(hook.received_at.timestamp())}
    return None
