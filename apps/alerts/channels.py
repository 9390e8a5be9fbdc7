"""Channels: made, changed, tested and removed by people who may enter secrets; every change is audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.alerts import sealed
from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Channel, Notice
from apps.catalog.connectors.email.recipients import read_addresses
from apps.catalog.errors import Permanent
from apps.common.errors import Conflict, ValidationFailed
from apps.connections.models import Connection
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

MANAGE = Permission.MANAGE_CONNECTIONS
"""Channels hold secrets and send what happens here to the outside, as connections do."""

PERIODS = (5, 10_080)
MAX_RECIPIENTS = 20


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a channel is to be; of `url` and `signing_secret` empty ones keep what is stored."""

    name: str
    enabled: bool = True
    kinds: Sequence[str] = ()
    min_severity: str = Severity.WARNING
    period_minutes: int = 60
    tell_resolved: bool = True
    recipients: str = ""
    connection: Connection | None = None
    url: str = ""
    signing_secret: str = ""


def create_channel(workspace: Workspace, *, actor: Actor, kind: str, wishes: Wishes) -> Channel:
    """Make a channel. Raises `ValidationFailed` naming the field, `Conflict` for a name that is taken."""
    require(actor, workspace, MANAGE)
    channel = Channel(workspace=workspace, kind=Channel.Kind(kind), created_by=actor.user)
    return _store(channel, wishes, actor=actor, verb="alert_channel.created")


def change_channel(channel: Channel, *, actor: Actor, wishes: Wishes) -> Channel:
    """Change a channel; a new address of a webhook demands its signing secret again."""
    require(actor, channel.workspace, MANAGE)
    return _store(channel, wishes, actor=actor, verb="alert_channel.changed")


def delete_channel(channel: Channel, *, actor: Actor) -> None:
    """Remove a channel and the record of what was sent on it."""
    require(actor, channel.workspace, MANAGE)
    with transaction.atomic():
        audit.record(channel.workspace, actor=actor, verb="alert_channel.deleted", target=channel)
        channel.delete()


def send_test(channel: Channel, *, actor: Actor) -> Notice:
    """Have a test message sent, also on a channel that is switched off; its row tells what comes of it."""
    require(actor, channel.workspace, MANAGE)
    now = timezone.now()
    with transaction.atomic():
        # One that waits from before would be sent by the same repaired channel as well.
        waiting = channel.notices.filter(sort=Notice.Sort.TEST, status=Notice.Status.WAITING)
        waiting.update(status=Notice.Status.DROPPED, next_at=None)
        notice = Notice.objects.create(channel=channel, sort=Notice.Sort.TEST, created_at=now, next_at=now)
        audit.record(channel.workspace, actor=actor, verb="alert_channel.tested", target=channel)
    return notice


def _store(channel: Channel, wishes: Wishes, *, actor: Actor, verb: str) -> Channel:
    before = _shown(channel) if channel.pk else {}
    channel.name = " ".join(wishes.name.split())[:80]
    if not channel.name:
        raise ValidationFailed("A channel needs a name.", code="required", field="name")
    channel.enabled, channel.tell_resolved = wishes.enabled, wishes.tell_resolved
    channel.kinds = [Kind(kind).value for kind in wishes.kinds]
    channel.min_severity = Severity(wishes.min_severity)
    least, most = PERIODS
    if not least <= wishes.period_minutes <= most:
        raise ValidationFailed(
            "The period must be 5 minutes to 7 days long.", code="out_of_range", field="period_minutes"
        )
    channel.period_minutes = wishes.period_minutes
    _address(channel, wishes)
    try:
        with transaction.atomic():
            channel.save()
            after = _shown(channel)
            audit.record(
                channel.workspace,
                actor=actor,
                verb=verb,
                target=channel,
                before={key: value for key, value in before.items() if after[key] != value},
                after={key: value for key, value in after.items() if before.get(key) != value}
                | ({"address": "replaced"} if wishes.url else {}),
            )
    except IntegrityError:
        raise Conflict(
            f"There is a channel “{channel.name}” already.", code="name_taken", remedy="Choose another name."
        ) from None
    return channel


def _address(channel: Channel, wishes: Wishes) -> None:
    """Put where the channel leads to into its row."""
    if channel.kind == Channel.Kind.EMAIL:
        channel.recipients = _recipients(wishes.recipients)
        connection = wishes.connection
        if connection is not None and connection.workspace_id != channel.workspace_id:
            raise ValidationFailed(
                "Choose a connection of this workspace.", code="foreign", field="connection"
            )
        channel.connection = connection
        return
    if not wishes.url and not channel.secret:
        raise ValidationFailed("Enter the address.", code="required", field="url")
    signs = channel.kind == Channel.Kind.WEBHOOK
    entered = {"url": wishes.url}
    if signs:
        entered["signing_secret"] = wishes.signing_secret
        if wishes.signing_secret:
            sealed.signing_bytes(wishes.signing_secret)
    if any(entered.values()):
        sealed.put(channel, _merged(channel, entered))


def _merged(channel: Channel, entered: Mapping[str, str]) -> dict[str, str]:
    if all(entered.values()):
        return dict(entered)
    if entered["url"]:
        # What was signed for one receiver must not be signed for another by an oversight.
        raise ValidationFailed(
            "Enter the signing secret together with the address.", code="required", field="signing_secret"
        )
    if not channel.secret:
        raise ValidationFailed("Enter the address.", code="required", field="url")
    return {**sealed.opened(channel), **{key: value for key, value in entered.items() if value}}


def _recipients(text: str) -> list[str]:
    try:
        found = list(read_addresses(text, "recipients"))
    except Permanent as error:
        raise ValidationFailed(
            "One of the entries is not a plain e-mail address.",
            code="bad_address",
            remedy=error.remedy,
            field="recipients",
        ) from None
    if not 1 <= len(found) <= MAX_RECIPIENTS:
        raise ValidationFailed(
            f"Enter one to {MAX_RECIPIENTS} addresses.", code="bad_address", field="recipients"
        )
    return found


def _shown(channel: Channel) -> dict[str, Any]:
    return {name: getattr(channel, name) for name in _SHOWN}


_SHOWN = (
    "name",
    "enabled",
    "kinds",
    "min_severity",
    "period_minutes",
    "tell_resolved",
    "recipients",
    "host",
)
