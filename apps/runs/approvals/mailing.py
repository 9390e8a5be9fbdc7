"""The mails that bring an approval's links: handed over at least once, outside every transaction.

The look leases what is due by putting its next attempt off, and queues a task per
mail in a child of the cluster; a task that is lost is queued again. What goes wrong
stands at the addressee on the approval's page.
"""

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from apps.catalog import registry
from apps.catalog.errors import CallError, NeedsHuman, Permanent, from_transport
from apps.catalog.spec import CallContext
from apps.catalog.transport import TransportError
from apps.common.errors import ServiceError
from apps.connections import accounts
from apps.connections.models import Connection
from apps.connections.senders import sender_for
from apps.runs import tokens
from apps.runs.approvals.models import Approval, ApprovalLink
from apps.runs.models import Run

SEND_TASK = "apps.runs.approvals.mailing.send"
MAIL_ACTION = "email.send"
EVERY_SECONDS = 2.0
BATCH = 50
LEASE = timedelta(seconds=60)
"""Longer than a mail's hand-over may take; the first pause behind one that failed."""

MAX_ATTEMPTS = 8
CALL_SECONDS = 8.0

log = structlog.get_logger(__name__)

_next = [0.0]


def look(*, at: datetime) -> int:
    """Queue the mails that are due, every two seconds, and take back what runs ask that have ended.

    A run that its worker leaves closes its own; this is about those that were lost or given up.
    Returns how many runs that moves, which is none.
    """
    now = time.monotonic()
    if now < _next[0]:
        return 0
    _next[0] = now + EVERY_SECONDS
    left = Approval.objects.filter(status=Approval.Status.PENDING, run__status__in=Run.FINISHED)
    if left.exists():  # A look takes no lock.
        left.close(at=at)
    for number in due(at=at):
        if take(number, at=at):
            async_task(SEND_TASK, number)
    return 0


def due(*, at: datetime) -> list[int]:
    """Return the mails that are due, the longest due first."""
    rows = ApprovalLink.objects.filter(next_at__lte=at).order_by("next_at")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def take(number: int, *, at: datetime) -> bool:
    """Lease one mail that is due; tell whether nobody else has."""
    rows = ApprovalLink.objects.filter(pk=number, next_at__lte=at)
    return bool(rows.update(next_at=at + LEASE, attempts=F("attempts") + 1))


def send(number: int) -> None:
    """Hand one leased mail over and note what came of it."""
    rows = ApprovalLink.objects.select_related("approval__run__workflow", "approval__workspace")
    link = rows.select_related("approval__connection__workspace").filter(pk=number).first()
    if link is None or link.next_at is None:
        return
    approval = link.approval
    if not approval.pending or approval.deadline_at <= timezone.now():
        ApprovalLink.objects.filter(pk=number).update(next_at=None)
        return
    try:
        _hand_over(link)
    except CallError as error:
        _failed(link, error.message, error.remedy, final=isinstance(error, Permanent | NeedsHuman))
    except TransportError as error:
        _failed(link, from_transport(error).message, "", final=False)
    except ServiceError as error:
        _failed(link, error.message, error.remedy, final=True)
    except Exception as error:
        log.exception("approvals.mail_failed", approval=str(approval.code))
        _failed(link, f"The mail could not be made ({type(error).__name__}).", _LOG_REMEDY, final=False)
    else:
        ApprovalLink.objects.filter(pk=number).update(
            sent_at=timezone.now(), next_at=None, error="", remedy=""
        )


def _hand_over(link: ApprovalLink) -> None:
    connection = link.approval.connection
    if connection is None or connection.status == Connection.Status.DISCONNECTED:
        raise Permanent("The connection that was to send the mail is gone.", code="gone", remedy=_GONE_REMEDY)
    _, action = registry.get_action(MAIL_ACTION)
    action.call(
        CallContext(
            inputs=content(link),
            account=accounts.account_of(connection),
            send=sender_for(connection).send,
            key=bytes(link.token_hash).hex(),
            event_time=int(link.approval.asked_at.timestamp()),
            deadline=CALL_SECONDS,
        )
    )


def content(link: ApprovalLink) -> dict[str, Any]:
    """Return the mail's fields. Raises `ServiceError` when the link can't be told any more."""
    approval = link.approval
    token = token_of(link)
    until = f"{approval.deadline_at:%Y-%m-%d %H:%M} UTC"
    otherwise = "approved" if approval.on_deadline == Approval.OnDeadline.APPROVE else "denied"
    lines = [
        f"“{approval.run.workflow.name}” asks you to decide: {approval.name}",
        "",
        *([approval.message, ""] if approval.message else []),
        "Look at what will be done, then approve or deny it:",
        tokens.approval_url(token),
        "",
        f"Please decide until {until}; without a decision it counts as {otherwise}.",
        "The link is meant for you alone and can be used once. Opening it decides nothing.",
    ]
    subject = " ".join(f"Please decide: {approval.name} ({approval.run.workflow.name})".split())
    return {"to": link.email, "subject": subject[:200], "text": "\n".join(lines)}


def token_of(link: ApprovalLink) -> str:
    """Return the token of a link, under whichever of SEARCH_KEYS it was made."""
    for token in tokens.approval_tokens(link.approval, link.email):
        if tokens.hash_of(token) == bytes(link.token_hash):
            return token
    raise ServiceError(
        "The link can't be made any more: the key that it was made with is not among SEARCH_KEYS.",
        code="unknown_key",
        remedy="Put the former key back at the end of SEARCH_KEYS, then send the mails again.",
    )


def _failed(link: ApprovalLink, error: str, remedy: str, *, final: bool) -> None:
    over = final or link.attempts >= MAX_ATTEMPTS
    pause = LEASE * 2 ** min(link.attempts, 6)
    ApprovalLink.objects.filter(pk=link.pk, sent_at__isnull=True).update(
        next_at=None if over else timezone.now() + pause,
        error=error[:1000],
        remedy=(f"{remedy} {_AGAIN_REMEDY}" if over else remedy).strip()[:1000],
    )


_LOG_REMEDY = "Look into the worker's log, where the details are."
_GONE_REMEDY = "Choose another e-mail connection in the step and publish; decide this one in the admin."
_AGAIN_REMEDY = "Then press “Send the mails again”, or decide here."
