"""Whose account: one connection, its webhook, who uses it, and the sandbox's calls."""

import secrets
import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.workspaces.models import Workspace


class ConnectionQuerySet(models.QuerySet["Connection"]):
    """Reads and transitions of connections."""

    def usable(self) -> "ConnectionQuerySet":
        """Return those that are not disconnected."""
        return self.exclude(status=Connection.Status.DISCONNECTED)

    def mark_broken(self, pk: int, *, reason: str, at: datetime) -> bool:
        """Turn a working connection into a broken one; returns whether this call did it."""
        working = (Connection.Status.CONNECTED, Connection.Status.NEEDS_ATTENTION, Connection.Status.UNTESTED)
        return bool(
            self.filter(pk=pk, status__in=working).update(
                status=Connection.Status.BROKEN, status_reason=reason, status_changed_at=at
            )
        )


class Connection(models.Model):
    """One account at one app.

    `credentials` is the sealed JSON of the secret values, bound to this row, its
    app, its mode and `base_url`; `values` are the ones that may be shown; `hints`
    are the last four characters of each secret. `revision` grows with every change
    of either, so that what was found out with former keys is not written behind it.
    """

    class Status(models.TextChoices):
        UNTESTED = "untested", "Not tested yet"
        CONNECTED = "connected", "Connected"
        NEEDS_ATTENTION = "needs_attention", "Needs attention"
        BROKEN = "broken", "Broken"
        DISCONNECTED = "disconnected", "Disconnected"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="connections")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    app = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    sandbox = models.BooleanField(default=False)
    base_url = models.CharField("base address", max_length=200, blank=True)
    credentials = models.BinaryField(default=bytes)
    values = models.JSONField(default=dict)
    hints = models.JSONField(default=dict)
    label = models.CharField(max_length=60, blank=True)
    revision = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.UNTESTED)
    status_reason = models.TextField(blank=True)
    status_changed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "name"),
                condition=~Q(status="disconnected"),
                name="connections_connection_name_once_per_workspace",
            ),
        )

    def __str__(self) -> str:
        return self.name


def new_endpoint_token() -> str:
    """Return the unguessable part of an endpoint's address."""
    return secrets.token_urlsafe(24)


class Endpoint(models.Model):
    """Where a connection's provider posts: our address and the webhook that stands at the provider.

    `secret` is the sealed JSON list of signing secrets, newest first. The
    lease columns let one registration call at a time run per connection.
    `reserved` lists `[event types, unix seconds]`: what was widened for a
    publishing that has not written its subscriptions yet, and until when it is
    kept registered for it. With a `platform` the provider posts to that one's address,
    and events are routed here by their account.
    """

    class State(models.TextChoices):
        NONE = "none", "Not registered"
        REGISTERED = "registered", "Registered"
        WAITING_FOR_KEY = "waiting_for_key", "Waiting for the signing key"
        BY_HAND = "by_hand", "Registered by hand"
        FAILED = "failed", "Registration failed"

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="endpoint")
    token = models.CharField(max_length=64, unique=True, default=new_endpoint_token, editable=False)
    state = models.CharField(max_length=20, choices=State.choices, default=State.NONE)
    state_reason = models.TextField(blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=400, blank=True)
    event_types = models.JSONField(default=list)
    reserved = models.JSONField(default=list)
    api_version = models.CharField(max_length=60, blank=True)
    secret = models.BinaryField(default=bytes)
    registered_at = models.DateTimeField(null=True)
    last_delivery_at = models.DateTimeField(null=True)
    platform = models.ForeignKey(
        "connections.PlatformEndpoint", null=True, on_delete=models.SET_NULL, related_name="endpoints"
    )
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Webhook of {self.connection}"


class EventSubscription(models.Model):
    """One event type that something published listens for; the union is what is registered.

    `since` is when publishing wrote it, right after the provider had confirmed
    the event type: nothing earlier is ever recovered.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="subscriptions")
    event_type = models.CharField(max_length=100)
    user_kind = models.CharField(max_length=20)
    user_code = models.UUIDField()
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("connection", "event_type", "user_kind", "user_code"),
                name="connections_subscription_once",
            ),
        )

    def __str__(self) -> str:
        return self.event_type


class Use(models.Model):
    """Something published that needs this connection; it can't be disconnected meanwhile."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="uses")
    user_kind = models.CharField(max_length=20)
    user_code = models.UUIDField()
    label = models.CharField(max_length=200)
    url = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("connection", "user_kind", "user_code"), name="connections_use_once"
            ),
        )

    def __str__(self) -> str:
        return self.label


class SandboxState(models.Model):
    """The pretended provider's memory for one sandbox connection, sealed: it knows signing secrets."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="sandbox_state")
    state = models.BinaryField(default=bytes)

    def __str__(self) -> str:
        return f"Sandbox of {self.connection}"


class SandboxCall(models.Model):
    """One call that a sandbox connection received instead of the provider, secrets masked."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sandbox_calls")
    at = models.DateTimeField(auto_now_add=True)
    method = models.CharField(max_length=10)
    url = models.CharField(max_length=2000)
    request_headers = models.JSONField(default=dict)
    request_body = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField()
    response_body = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            # The page of one connection's calls, newest first.
            models.Index(fields=("connection", "-id"), name="connections_sandbox_newest"),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.status}"


# Their own module, so that this one stays short; Django finds models here.
from apps.connections.allowances import Allowance  # noqa: E402
from apps.connections.oauth.models import (  # noqa: E402
    OAuthClient,
    OAuthGrant,
    OAuthState,
    PlatformEndpoint,
)

__all__ = [
    "Allowance",
    "Connection",
    "ConnectionQuerySet",
    "Endpoint",
    "EventSubscription",
    "OAuthClient",
    "OAuthGrant",
    "OAuthState",
    "PlatformEndpoint",
    "SandboxCall",
    "SandboxState",
    "Use",
    "new_endpoint_token",
]
