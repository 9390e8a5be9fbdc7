"""The operator's client at a provider, an authorisation under way, and what a connection was granted."""

import secrets
import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.workspaces.models import Workspace


def new_platform_token() -> str:
    """Return the unguessable part of a platform endpoint's address."""
    return f"p-{secrets.token_urlsafe(24)}"


class OAuthClient(models.Model):
    """What a provider knows this installation by; one per app, entered by an operator.

    `secret` is sealed for the app, the client id and the origin that it may be
    sent to. `base_url` takes the place of the provider's own scheme, host and port.
    `pkce` says that the client has PKCE switched on, where a provider asks for that.
    """

    app = models.CharField(max_length=40, unique=True)
    client_id = models.CharField(max_length=200)
    secret = models.BinaryField(default=bytes)
    hint = models.CharField(max_length=8, blank=True)
    base_url = models.CharField("base address", max_length=200, blank=True)
    pkce = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "OAuth client"
        ordering = ("app",)

    def __str__(self) -> str:
        return f"OAuth client of {self.app}"


class PlatformEndpoint(models.Model):
    """The one webhook of a client, through which the events of all its authorised accounts come.

    `secret`, `reserved` and the lease columns are as those of `Endpoint`.
    """

    client = models.OneToOneField(OAuthClient, on_delete=models.CASCADE, related_name="endpoint")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token = models.CharField(max_length=64, unique=True, default=new_platform_token, editable=False)
    provider_id = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=400, blank=True)
    event_types = models.JSONField(default=list)
    reserved = models.JSONField(default=list)
    secret = models.BinaryField(default=bytes)
    registered_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Webhook of the {self.client}"


class OAuthStateQuerySet(models.QuerySet["OAuthState"]):
    """The transitions of an authorisation; each is won by one caller."""

    def alive(self, *, at: datetime) -> "OAuthStateQuerySet":
        """Return those whose ten minutes have not run out."""
        return self.filter(expires_at__gt=at)

    def spend(self, pk: int, *, at: datetime) -> bool:
        """Take a begun one for its only exchange; returns whether this call took it."""
        rows = self.alive(at=at).filter(pk=pk, status=OAuthState.Status.BEGUN)
        return bool(rows.update(status=OAuthState.Status.SPENT))

    def keep(self, pk: int, *, sealed: bytes, until: datetime) -> bool:
        """Keep what was granted until a person has looked at it."""
        rows = self.filter(pk=pk, status=OAuthState.Status.SPENT)
        return bool(rows.update(status=OAuthState.Status.GRANTED, sealed=sealed, expires_at=until))

    def decide(self, pk: int, status: str, *, at: datetime) -> bool:
        """Use or throw away what was granted, and forget it here; returns whether this call did."""
        rows = self.alive(at=at).filter(pk=pk, status=OAuthState.Status.GRANTED)
        return bool(rows.update(status=status, sealed=b""))


class OAuthState(models.Model):
    """One authorisation under way, bound to a session, a person and a workspace.

    `digest` is the hash of the state that the provider hands back; `session` the
    hash of the session's key. `sealed` holds the verifier, later what was granted
    until a person has decided.
    """

    class Status(models.TextChoices):
        BEGUN = "begun", "Begun"
        SPENT = "spent", "Code spent"
        GRANTED = "granted", "Granted, not decided"
        USED = "used", "Used"
        THROWN_AWAY = "thrown_away", "Thrown away"

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    session = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    app = models.CharField(max_length=40)
    connection = models.ForeignKey(
        "connections.Connection", null=True, on_delete=models.CASCADE, related_name="+"
    )
    client_id = models.CharField(max_length=200)
    base_url = models.CharField(max_length=200, blank=True)
    redirect_url = models.CharField(max_length=400)
    next_page = models.CharField(max_length=400, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.BEGUN)
    sealed = models.BinaryField(default=bytes)
    expires_at = models.DateTimeField(db_index=True)  # Old ones are looked for, to be forgotten.

    objects = OAuthStateQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Authorisation of {self.app}"


class OAuthGrantQuerySet(models.QuerySet["OAuthGrant"]):
    """Reads and transitions of grants."""

    def due(self, *, at: datetime) -> "OAuthGrantQuerySet":
        """Return those whose token is to be renewed now and that nobody is renewing."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
        return self.filter(free, refresh_at__lte=at)

    def take(self, pk: int, *, token: uuid.UUID, at: datetime, until: datetime) -> bool:
        """Lease one that is due; returns whether this call did. Exactly one renewal is sent at a time."""
        return bool(self.due(at=at).filter(pk=pk).update(lease_token=token, lease_until=until))

    def of_account(self, app: str, account_id: str) -> "OAuthGrantQuerySet":
        """Return the grants of one account at a provider whose connections are in use."""
        rows = self.filter(connection__app=app, account_id=account_id)
        return rows.exclude(connection__status="disconnected")


class OAuthGrant(models.Model):
    """What an authorised connection was granted, and how its token is renewed.

    The access token stands among the connection's own credentials; `sealed` holds
    what renews it. `generation` grows with each renewal and fences it: an answer is
    written over the token that it renewed and over no other. `unclear` counts
    renewals in a row of which nobody knows whether the provider did them.
    """

    connection = models.OneToOneField(
        "connections.Connection", on_delete=models.CASCADE, related_name="grant"
    )
    client_id = models.CharField(max_length=200)
    account_id = models.CharField(max_length=200, blank=True)
    account_name = models.CharField(max_length=200, blank=True)
    livemode = models.BooleanField(null=True)
    scopes = models.TextField(blank=True)
    sealed = models.BinaryField(default=bytes)
    generation = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField(null=True)
    refresh_at = models.DateTimeField(null=True)
    unclear = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    granted_at = models.DateTimeField(default=timezone.now)

    objects = OAuthGrantQuerySet.as_manager()

    class Meta:
        indexes = (
            # The tokens to be renewed, looked for several times a minute.
            models.Index(fields=("refresh_at",), name="connections_grant_refresh"),
            # The connections that an event of one account is for.
            models.Index(fields=("account_id",), name="connections_grant_account"),
        )

    def __str__(self) -> str:
        return self.account_name or self.account_id
