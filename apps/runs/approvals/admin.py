"""Approvals in the admin: what waits for a decision first, and each one's page."""

from functools import partial
from typing import Any, override

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common import look
from apps.common.paging import CappedPaginator
from apps.runs.approvals import asking, services, showing
from apps.runs.approvals.models import Approval, ApprovalLink
from apps.workspaces.access import may
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, act, actor_of

_TONES = {
    Approval.Status.PENDING: look.Tone.WARNING,
    Approval.Status.APPROVED: look.Tone.SUCCESS,
    Approval.Status.DENIED: look.Tone.DANGER,
    Approval.Status.CLOSED: look.Tone.NEUTRAL,
}


def badge(approval: Approval) -> SafeString:
    """Return the approval's status as a badge."""
    tone = _TONES[Approval.Status(approval.status)]
    return look.badge(approval.status, approval.get_status_display(), tone=tone)


@admin.register(Approval)
class ApprovalAdmin(WorkspaceAdmin):
    """The approvals of the workspace; what is pending stands first, the nearest deadline at the top."""

    list_display = ("what", "workflow", "status_badge", "deadline", "decided")
    list_display_links = None
    list_filter = (("status", look.ChoicesDropdownFilter), ("asked_at", look.RangeDateTimeFilter))
    list_select_related = ("run__workflow",)
    paginator = CappedPaginator
    sortable_by = ()

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("run__workflow__draft", "shown")

    @override
    def get_ordering(self, request: HttpRequest) -> Any:
        waits = When(status=Approval.Status.PENDING, then=Value(0))
        return (Case(waits, default=Value(1)), Case(When(status="pending", then="deadline_at")), "-id")

    @override
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [("decide", self.decide_view), ("mail", self.mail_view)]
        return [
            *(
                path(f"<path:object_id>/{name}/", wrap(view), name=f"runs_approval_{name}")
                for name, view in own
            ),
            *super().get_urls(),
        ]

    # The columns of the list

    @look.display(description="Approval")
    def what(self, row: Approval) -> SafeString:
        """Name it and lead to its page."""
        return look.link(row.get_absolute_url(), row.name)

    @look.display(description="Workflow")
    def workflow(self, row: Approval) -> SafeString:
        """Name the workflow and lead to the run."""
        return look.link(row.run.get_absolute_url(), row.run.workflow)

    @look.display(description="Status")
    def status_badge(self, row: Approval) -> SafeString:
        """Show how it stands."""
        return badge(row)

    @look.display(description="Deadline")
    def deadline(self, row: Approval) -> SafeString:
        """Show until when it can be decided."""
        return look.when(row.deadline_at)

    @look.display(description="Decided")
    def decided(self, row: Approval) -> SafeString:
        """Show who decided, and when."""
        if row.pending:
            return look.when(None)
        return format_html("{} {}", row.decided_as, look.when(row.decided_at))

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
        approval = self._visible(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self._page(request, approval)

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve or deny."""
        approval = self._visible(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._demand(request, approval)
        decision = request.POST.get("decision", "")
        if decision in ("approve", "deny"):
            act(
                request,
                partial(
                    services.decide_approval,
                    approval,
                    approve=decision == "approve",
                    actor=actor_of(request),
                    comment=request.POST.get("comment", ""),
                ),
                done="Decided. The run goes on.",
            )
        return HttpResponseRedirect(approval.get_absolute_url())

    def mail_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the mails with the links again."""
        approval = self._visible(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._demand(request, approval)
        act(
            request,
            partial(asking.send_again, approval, actor=actor_of(request)),
            done="The mails are sent within a minute; this page shows what came of them.",
        )
        return HttpResponseRedirect(approval.get_absolute_url())

    def _demand(self, request: HttpRequest, approval: Approval) -> None:
        if not may(actor_of(request), approval.workspace, Permission.OPERATE_RUNS):
            raise PermissionDenied("Your role does not allow this (operate runs).")

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        approval = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, approval):
            raise PermissionDenied
        return approval

    def _page(self, request: HttpRequest, approval: Approval) -> HttpResponse:
        operates = may(actor_of(request), approval.workspace, Permission.OPERATE_RUNS)
        is_open = approval.pending and approval.deadline_at > timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": approval.name,
            "approval": approval,
            "run": approval.run,
            "badge": badge(approval),
            "told": services.told(approval),
            "actions": showing.present(approval.shown),
            "links": [(link, _mail_badge(approval, link)) for link in approval.links.all()],
            "may_decide": operates and is_open,
            "may_mail": operates and is_open and approval.connection_id is not None,
            "open": is_open,
            "max_comment": services.MAX_COMMENT,
        }
        return TemplateResponse(request, "runs/approval.html", context)


def _mail_badge(approval: Approval, link: ApprovalLink) -> SafeString:
    if link.used_at is not None:
        return look.badge("done", "Decided by this link")
    if link.sent_at is not None:
        return look.badge("done", "Sent")
    if link.error:
        return look.badge("failed", "Trying again" if link.next_at else "Not sent")
    if link.next_at is not None and approval.pending:
        return look.badge("waiting", "Being sent")
    return look.badge("neutral", "Not sent")
