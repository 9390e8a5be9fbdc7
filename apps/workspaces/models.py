"""Who: the tenant, its members and what they did."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.workspaces.roles import Role

DEFAULT_KEEP_DAYS = 90
"""How long a new workspace keeps the log of its runs."""

LONGEST_KEEP_DAYS = 3650


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    """Reads of workspaces."""

    def of_user(self, user_id: int) -> "WorkspaceQuerySet":
        """Return the workspaces that the user is a member of."""
        return self.filter(memberships__user_id=user_id)


class Workspace(models.Model):
    """The tenant: every row but the built-in catalog belongs to one.

    `keep_runs_days` is how long finished runs and what arrived for them are kept;
    a workflow may say otherwise for its own.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    keep_runs_days = models.PositiveSmallIntegerField(
        "keep runs for (days)",
        default=DEFAULT_KEEP_DAYS,
        db_default=DEFAULT_KEEP_DAYS,
        validators=(MinValueValidator(1), MaxValueValidator(LONGEST_KEEP_DAYS)),
        help_text="Runs that have ended are deleted so long after their event, with what arrived for them. "
        "A workflow may keep its own for another time.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(keep_runs_days__gte=1, keep_runs_days__lte=LONGEST_KEEP_DAYS),
                name="workspaces_workspace_keeps_a_day",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("workspace", "user")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "user"), name="workspaces_membership_once_per_user"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="workspaces_membership_known_role"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


def in_words(verb: str) -> str:
    """Return an audit verb for people: "connection.created" is "Connection created"."""
    return verb.replace(".", " ").replace("_", " ").capitalize()


class AuditEntry(models.Model):
    """One change, written in the transaction that made it; append-only.

    `before` and `after` hold the changed values by field; secrets only as the
    words "set" or "replaced".
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="audit_entries")
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_label = models.CharField(max_length=150)
    verb = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_code = models.CharField(max_length=64)
    target_label = models.CharField(max_length=200)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "audit entries"
        indexes = (
            # The audit page of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="workspaces_audit_newest"),
            # The history of one object.
            models.Index(fields=("target_type", "target_code"), name="workspaces_audit_target"),
        )

    def __str__(self) -> str:
        return f"{self.what}: {self.target_label}"

    @property
    def what(self) -> str:
        """Return what was done, in words."""
        return in_words(self.verb)
