"""Alerts and their channels in the admin: what is wrong now first, each one's page, and who is told."""

from functools import partial
from typing import Any, override

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.alerts import channel_pages, services
from apps.alerts.channels import MANAGE
from apps.alerts.kinds import CLOSED_BY_HAND, MEANINGS, Kind, label_of
from apps.alerts.models import Alert, Channel
from apps.alerts.presenting import alert_badge, notice_rows, severity_badge
from apps.common import look
from apps.common.paging import CappedPaginator
from apps.workspaces.access import may
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, act, actor_of


class KindFilter(admin.SimpleListFilter):
    """The kinds by their names."""

    title = "kind"
    parameter_name = "kind"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, meaning.label) for kind, meaning in MEANINGS.items()]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Alert)
class AlertAdmin(WorkspaceAdmin):
    """The alerts of the workspace; what stands comes first."""

    list_display = ("what", "severity_column", "status_column", "count_column", "since", "last")
    list_display_links = None
    list_filter = (
        ("status", look.ChoicesDropdownFilter),
        ("severity", look.ChoicesDropdownFilter),
        KindFilter,
    )
    list_before_template = "alerts/list_note.html"
    paginator = CappedPaginator
    sortable_by = ()

    @override
    def get_ordering(self, request: HttpRequest) -> Any:
        rank = {Alert.Status.OPEN: 0, Alert.Status.ACKNOWLEDGED: 1}
        whens = [When(status=status, then=Value(place)) for status, place in rank.items()]
        return (Case(*whens, default=Value(2)), "-id")

    @override
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [("acknowledge", self.acknowledge_view), ("close", self.close_view)]
        return [
            *(
                path(f"<path:object_id>/{name}/", wrap(view), name=f"alerts_alert_{name}")
                for name, view in own
            ),
            *super().get_urls(),
        ]

    # The columns of the list

    @look.display(description="Alert")
    def what(self, row: Alert) -> SafeString:
        """Say what is wrong and lead to its page."""
        return format_html("{}<br>{}", look.link(row.get_absolute_url(), row.kind_label), row.message[:160])

    @look.display(description="Severity")
    def severity_column(self, row: Alert) -> SafeString:
        """Show how bad it is."""
        return severity_badge(row)

    @look.display(description="Status")
    def status_column(self, row: Alert) -> SafeString:
        """Show how it stands."""
        return alert_badge(row)

    @look.display(description="Times")
    def count_column(self, row: Alert) -> str:
        """Show how often it happened."""
        return f"{row.count:,}"

    @look.display(description="Since")
    def since(self, row: Alert) -> SafeString:
        """Show when it began."""
        return look.when(row.first_at)

    @look.display(description="Last")
    def last(self, row: Alert) -> SafeString:
        """Show when it happened last."""
        return look.when(row.last_at)

    # The page of one

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show it; what can be done has addresses of its own."""
        alert = self._visible(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self._page(request, alert)

    def acknowledge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that the person knows."""
        return self._steer(
            request, object_id, services.acknowledge, done="Nothing more is sent until it is over."
        )

    def close_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close it by hand."""
        return self._steer(
            request, object_id, services.close, done="Closed. What happens again is a new alert."
        )

    def _steer(self, request: HttpRequest, object_id: str, change: Any, *, done: str) -> HttpResponse:
        alert = self._visible(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not may(actor_of(request), alert.workspace, Permission.OPERATE_RUNS):
            raise PermissionDenied("Your role does not allow this (operate runs).")
        act(request, partial(change, alert, actor=actor_of(request)), done=done)
        return HttpResponseRedirect(alert.get_absolute_url())

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        alert = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, alert):
            raise PermissionDenied
        return alert

    def _page(self, request: HttpRequest, alert: Alert) -> HttpResponse:
        operates = may(actor_of(request), alert.workspace, Permission.OPERATE_RUNS)
        sees_channels = may(actor_of(request), alert.workspace, MANAGE)
        known = Kind(alert.kind) if alert.kind in list(Kind) else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": label_of(alert.kind),
            "alert": alert,
            "badges": (severity_badge(alert), alert_badge(alert)),
            "meaning": MEANINGS[known] if known else None,
            "notices": notice_rows(
                alert.notices.select_related("channel").order_by("id"), links=sees_channels
            ),
            "may_close": operates and alert.stands and alert.kind in CLOSED_BY_HAND,
            "may_acknowledge": operates and alert.status == Alert.Status.OPEN,
            "local_url": alert.url if alert.url.startswith("/") and not alert.url.startswith("//") else "",
        }
        return TemplateResponse(request, "alerts/alert.html", context)


@admin.register(Channel)
class ChannelAdmin(WorkspaceAdmin):
    """Who is told of alerts; seen by those who manage connections, as an address is as secret as a key."""

    view_permission = MANAGE
    add_permission = MANAGE
    change_permission = MANAGE
    list_display = ("title", "kind_column", "leads_to", "told_of", "state")
    list_display_links = None
    list_before_template = "alerts/channels_note.html"
    sortable_by = ()

    @override
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [("edit", self.edit_view), ("test", self.test_view), ("remove", self.remove_view)]
        return [
            *(
                path(f"<path:object_id>/{name}/", wrap(view), name=f"alerts_channel_{name}")
                for name, view in own
            ),
            *super().get_urls(),
        ]

    @look.display(description="Channel")
    def title(self, row: Channel) -> SafeString:
        """Name it and lead to its page."""
        return look.link(row.get_absolute_url(), row.name)

    @look.display(description="Kind")
    def kind_column(self, row: Channel) -> str:
        """Say how it reaches people."""
        return row.get_kind_display()

    @look.display(description="Leads to")
    def leads_to(self, row: Channel) -> str:
        """Show whom it reaches, a secret address by its host and last four characters."""
        return channel_pages.destination(row)

    @look.display(description="Told of")
    def told_of(self, row: Channel) -> str:
        """Show which alerts it carries."""
        return channel_pages.carries(row)

    @look.display(description="State")
    def state(self, row: Channel) -> SafeString:
        """Show whether it works."""
        return channel_pages.state_badge(row)

    # Its pages

    @override
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Choose a kind, then fill in its form."""
        return channel_pages.add(request, self.admin_site)

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the channel and what was sent on it."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return channel_pages.detail(request, self.admin_site, self._visible(request, object_id))

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Change it."""
        return channel_pages.edit(request, self.admin_site, self._visible(request, object_id))

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have a test message sent."""
        channel = self._visible(request, object_id)
        return (
            channel_pages.test(request, channel)
            if request.method == "POST"
            else HttpResponseNotAllowed(["POST"])
        )

    def remove_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Remove it."""
        channel = self._visible(request, object_id)
        return (
            channel_pages.remove(request, channel)
            if request.method == "POST"
            else HttpResponseNotAllowed(["POST"])
        )

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        channel = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, channel):
            raise PermissionDenied
        return channel
