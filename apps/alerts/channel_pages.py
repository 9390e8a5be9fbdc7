"""The pages of a channel: add, look, change, test, remove. What changes something is a POST."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.alerts import channels
from apps.alerts.carrying import mail_connection
from apps.alerts.forms import ChannelForm
from apps.alerts.kinds import Severity, label_of
from apps.alerts.models import Channel, Notice
from apps.alerts.presenting import notice_rows
from apps.common import look
from apps.common.errors import NotAllowed, ServiceError
from apps.workspaces.scoping import act, actor_of, current_workspace, require_permission

LATEST = 25
LIST_ROUTE = "admin:alerts_channel_changelist"


def add(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Choose a kind, then fill in its form; a POST creates the channel."""
    require_permission(request, channels.MANAGE)
    kind = request.GET.get("kind", "")
    if kind not in Channel.Kind.values:
        return _page(request, site, "alerts/choose_kind.html", title="Add an alert channel")
    workspace = current_workspace(request)
    form = ChannelForm(request.POST if request.method == "POST" else None, workspace=workspace, kind=kind)
    if request.method == "POST" and form.is_valid():
        try:
            channel = channels.create_channel(
                workspace, actor=actor_of(request), kind=kind, wishes=form.wishes
            )
        except NotAllowed as error:
            raise PermissionDenied(error.message) from None
        except ServiceError as error:
            form.show(error)
        else:
            messages.success(request, "The channel is stored. Press “Send a test” to see whether it works.")
            return HttpResponseRedirect(channel.get_absolute_url())
    title = f"Add {Channel.Kind(kind).label}"
    return _page(request, site, "alerts/channel_form.html", title=title, form=form, channel=None)


def edit(request: HttpRequest, site: AdminSite, channel: Channel) -> HttpResponse:
    """Change a channel."""
    posted = request.POST if request.method == "POST" else None
    form = ChannelForm(posted, workspace=channel.workspace, kind=channel.kind, channel=channel)
    if request.method == "POST" and form.is_valid():
        try:
            channels.change_channel(channel, actor=actor_of(request), wishes=form.wishes)
        except NotAllowed as error:
            raise PermissionDenied(error.message) from None
        except ServiceError as error:
            channel.refresh_from_db()
            form.show(error)
        else:
            messages.success(request, "Stored.")
            return HttpResponseRedirect(channel.get_absolute_url())
    title = f"Change {channel.name}"
    return _page(request, site, "alerts/channel_form.html", title=title, form=form, channel=channel)


def detail(request: HttpRequest, site: AdminSite, channel: Channel) -> HttpResponse:
    """Show one channel and the last messages on it."""
    rows = channel.notices.select_related("alert", "channel").order_by("-id")[:LATEST]
    is_mail = channel.kind == Channel.Kind.EMAIL
    return _page(
        request,
        site,
        "alerts/channel.html",
        title=channel.name,
        channel=channel,
        badge=state_badge(channel),
        facts=look.kv_table(_facts(channel)),
        notices=notice_rows(rows, links=False),
        no_mail_server=is_mail and mail_connection(channel) is None,
        no_public_url=not settings.PUBLIC_URL,
        connections_url=reverse("admin:connections_connection_add"),
    )


def test(request: HttpRequest, channel: Channel) -> HttpResponse:
    """Have a test message sent."""
    done = "A test is on its way. Reload this page in a moment: what came of it stands below."
    act(request, partial(channels.send_test, channel, actor=actor_of(request)), done=done)
    return HttpResponseRedirect(channel.get_absolute_url())


def remove(request: HttpRequest, channel: Channel) -> HttpResponse:
    """Remove the channel."""
    name = channel.name
    change = partial(channels.delete_channel, channel, actor=actor_of(request))
    if act(request, change, done=f"The channel “{name}” is gone."):
        return HttpResponseRedirect(reverse(LIST_ROUTE))
    return HttpResponseRedirect(channel.get_absolute_url())


def destination(channel: Channel) -> str:
    """Return whom a channel reaches; of a secret address the host and the last four characters."""
    if channel.kind == Channel.Kind.EMAIL:
        first, *others = channel.recipients
        return f"{first} and {len(others)} more" if others else str(first)
    return f"{channel.host} …{channel.hint}"


def carries(channel: Channel) -> str:
    """Return which alerts a channel carries, in words."""
    kinds = ", ".join(label_of(kind) for kind in channel.kinds) or "All kinds"
    return f"{kinds}, from “{Severity(channel.min_severity).label}” on"


def state_badge(channel: Channel) -> SafeString:
    """Return whether the channel works, as far as its last message tells."""
    if not channel.enabled:
        return look.badge("neutral", "Switched off", tone=look.Tone.NEUTRAL)
    last = channel.notices.exclude(status__in=(Notice.Status.QUEUED, Notice.Status.DROPPED)).first()
    if last is None:
        return look.badge("neutral", "Nothing sent yet", tone=look.Tone.NEUTRAL)
    if last.status in (Notice.Status.FAILED, Notice.Status.WAITING):
        return look.badge("failed", "Last message not sent", tone=look.Tone.DANGER)
    return look.badge("done", "Works", tone=look.Tone.SUCCESS)


def _facts(channel: Channel) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [("Kind", channel.get_kind_display())]
    if channel.kind == Channel.Kind.EMAIL:
        sender = mail_connection(channel)
        rows += [("Recipients", ", ".join(channel.recipients)), ("Sent by", sender.name if sender else "–")]
    else:
        rows.append(("Address", destination(channel)))
    return [
        *rows,
        ("Told of", carries(channel)),
        ("About the same alert at most every", f"{channel.period_minutes} minutes"),
        ("When it is over", "Told" if channel.tell_resolved else "Not told"),
    ]


def _page(request: HttpRequest, site: AdminSite, template: str, **context: Any) -> TemplateResponse:
    return TemplateResponse(
        request, template, {**site.each_context(request), "opts": Channel._meta, **context}
    )
