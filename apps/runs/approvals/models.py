"""A question to people in the middle of a run, and the links by which they answer it."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from apps.connections.models import Connection
from apps.workspaces.models import Workspace


class ApprovalQuerySet(models.QuerySet["Approval"]):
    """Named reads; transitions are conditional UPDATEs that tell how many they won."""

    def pending(self) -> "ApprovalQuerySet":
        """Return the questions that nobody has answered."""
        return self.filter(status="pending")

    def answer(self, *, status: str, via: str, by: int | None, as_: str, comment: str, at: datetime) -> int:
        """Note a person's answer to questions that are open and not past their deadline."""
        return self.filter(status="pending", deadline_at__gt=at).update(
            status=status, decided_via=via, decided_by=by, decided_as=as_, comment=comment, decided_at=at
        )

    def decide_late(self, *, at: datetime) -> int:
        """Let the deadline answer the questions that are past it, as each of them says."""
        late = self.filter(status="pending", deadline_at__lte=at)
        said = {"decided_via": "deadline", "decided_as": "the deadline", "decided_at": at}
        denied = late.filter(on_deadline="deny").update(status="denied", **said)
        return denied + late.update(status="approved", **said)

    def close(self, *, at: datetime) -> int:
        """Take the open questions back: their run has ended without an answer."""
        return self.filter(status="pending").update(status="closed", decided_at=at)


class Approval(models.Model):
    """One question to people: may the run go on.

    `shown` are the steps behind it with their inputs as they will be sent, masked
    like the run log: `[{"step", "action", "connection", "inputs"}]`, inputs null
    where they are not known yet. `round` counts how often it was asked: a run
    that was cancelled and is retried asks anew, by new links.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting for a decision"
        APPROVED = "approved", "Approved"
        DENIED = "denied", "Denied"
        CLOSED = "closed", "Closed: the run ended first"

    class OnDeadline(models.TextChoices):
        DENY = "deny", "Denied"
        APPROVE = "approve", "Approved"

    class Via(models.TextChoices):
        ADMIN = "admin", "In the admin"
        LINK = "link", "By link"
        DEADLINE = "deadline", "By the deadline"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="approvals", db_index=False
    )
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="approvals", db_index=False)
    path = models.CharField(max_length=400)
    round = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=120)
    message = models.TextField(blank=True)
    shown: Any = models.JSONField(default=list)
    approvers: Any = models.JSONField(default=list)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    on_deadline = models.CharField(max_length=10, choices=OnDeadline.choices, default=OnDeadline.DENY)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    decided_as = models.CharField(max_length=320, blank=True)
    decided_via = models.CharField(max_length=10, choices=Via.choices, blank=True)
    comment = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("run", "path"), name="runs_approval_once_per_step"),
            models.CheckConstraint(
                condition=Q(status="pending", decided_at__isnull=True)
                | (~Q(status="pending") & Q(decided_at__isnull=False)),
                name="runs_approval_pending_until_decided",
            ),
        )
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="runs_approval_newest"),
            # What waits for somebody of the workspace, the most urgent first.
            models.Index(
                fields=("workspace", "deadline_at"),
                condition=Q(status="pending"),
                name="runs_approval_pending",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page in the admin."""
        return reverse("admin:runs_approval_change", args=[self.pk])

    @property
    def pending(self) -> bool:
        """Tell whether nobody has answered it."""
        return self.status == self.Status.PENDING


class ApprovalLink(models.Model):
    """One addressee's link, and the mail that brings it. The token itself is derived, never stored.

    `user` is the addressee who was a member when it was asked: nobody else can use
    the link, and nobody at all once that person is no active member any more. It
    goes with the user, or it would become a link that whoever holds it can use.

    `next_at` is when the mail is due, null where none is to be sent. It is
    handed over at least once: a worker that dies behind the hand-over does it again.
    """

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="links", db_index=False)
    email = models.CharField(max_length=320)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    next_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    remedy = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("approval", "email"), name="runs_approvallink_once_per_address"),
        )
        indexes = (
            # The mails that are due.
            models.Index(
                fields=("next_at",), condition=Q(next_at__isnull=False), name="runs_approvallink_due"
            ),
        )

    def __str__(self) -> str:
        return self.email
