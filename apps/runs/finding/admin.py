"""Searchable fields in the admin: what runs can be searched by besides e-mails and ids."""

from typing import Any, override

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.catalog.registry import UnknownKeyError
from apps.common import look
from apps.common.errors import NotAllowed, ServiceError
from apps.runs.filters import trigger_name
from apps.runs.finding import fields
from apps.runs.finding.models import SearchPath
from apps.runs.finding.paths import LIMIT
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, actor_of, current_workspace, require_permission

LIST = "admin:runs_searchpath_changelist"


@admin.register(SearchPath)
class SearchPathAdmin(WorkspaceAdmin):
    """The fields of events by which the workspace's runs can be searched."""

    add_permission = Permission.EDIT_WORKFLOWS
    delete_permission = Permission.EDIT_WORKFLOWS
    list_display = ("field", "of_trigger", "how", "since", "who")
    list_display_links = None
    list_before_template = "runs/search_paths_note.html"
    list_select_related = ("created_by",)
    sortable_by = ()
    actions = None
    fields = ("path", "of_trigger", "since", "who")
    readonly_fields = fields

    @override
    def get_urls(self) -> list[URLPattern]:
        again = path(
            "<path:object_id>/reindex/",
            self.admin_site.admin_view(self.reindex_view),
            name="runs_searchpath_reindex",
        )
        return [again, *super().get_urls()]

    @override
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Let a trigger be chosen, then one of its fields."""
        actor = require_permission(request, Permission.EDIT_WORKFLOWS)
        workspace = current_workspace(request)
        given = request.POST if request.method == "POST" else request.GET
        ref, error = given.get("trigger", ""), None
        if request.method == "POST":
            wanted = given.get("own", "").strip() or given.get("path", "")
            try:
                row = fields.add_path(workspace, actor=actor, trigger=ref, path=wanted)
            except NotAllowed as refused:
                raise PermissionDenied(refused.message) from None
            except ServiceError as refused:
                error = refused
            else:
                messages.success(
                    request, f"Runs that begin from now on are found by {row.path}=… in the list of runs."
                )
                return HttpResponseRedirect(reverse(LIST))
        return self._form(request, ref, error)

    def _form(self, request: HttpRequest, ref: str, error: ServiceError | None) -> HttpResponse:
        workspace = current_workspace(request)
        try:
            offered = fields.offers(workspace, ref) if ref else []
        except UnknownKeyError:
            ref, offered = "", []
        context = {
            **self.admin_site.each_context(request),
            "title": "Make a field searchable",
            "opts": self.opts,
            "triggers": fields.triggers_of(workspace),
            "chosen": ref,
            "declared": [each for each in offered if not each.raw],
            "raw": [each for each in offered if each.raw],
            "error": error,
            "limit": LIMIT,
        }
        return TemplateResponse(request, "runs/search_path.html", context, status=400 if error else 200)

    def reindex_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Find the field in kept runs, too."""
        row = self.get_object(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        actor = require_permission(request, Permission.EDIT_WORKFLOWS)
        try:
            done = fields.reindex(row, actor=actor)
        except ServiceError as refused:
            messages.error(request, refused.as_text())
            return HttpResponseRedirect(reverse(LIST))
        rest = " Older runs were not looked at." if done.left else ""
        gone = f" Of {done.unread} the event is not kept any more." if done.unread else ""
        messages.success(
            request, f"{done.read} kept runs were read; {done.found} have a value there.{gone}{rest}"
        )
        return HttpResponseRedirect(reverse(LIST))

    @override
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        fields.remove_path(obj, actor=actor_of(request))

    # The columns

    @look.display(description="Field")
    def field(self, row: SearchPath) -> SafeString:
        """Show the path, and lead to its page."""
        page = reverse("admin:runs_searchpath_change", args=[row.pk])
        return format_html('<a class="td-link td-mono" href="{}">{}</a>', page, row.path)

    @look.display(description="Trigger")
    def of_trigger(self, row: SearchPath) -> str:
        """Name the trigger."""
        return trigger_name(row.trigger)

    @look.display(description="Search for")
    def how(self, row: SearchPath) -> SafeString:
        """Show what is typed into the list of runs."""
        return format_html('<span class="td-mono">{}=…</span>', row.path)

    @look.display(description="Since")
    def since(self, row: SearchPath) -> SafeString:
        """Show from when on runs are found by it."""
        return look.when(row.created_at)

    @look.display(description="Added by")
    def who(self, row: SearchPath) -> str:
        """Name the person."""
        return str(row.created_by or look.NOTHING)

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one field, with what can be done with it."""
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        context = {
            **self.admin_site.each_context(request),
            "title": row.path,
            "opts": self.opts,
            "row": row,
            "facts": look.kv_table(
                [
                    ("Trigger", trigger_name(row.trigger)),
                    ("Search for", self.how(row)),
                    ("Since", self.since(row)),
                    ("Added by", self.who(row)),
                ]
            ),
            "may_edit": self.has_delete_permission(request, row),
            "most": fields.REINDEXED,
        }
        return TemplateResponse(request, "runs/search_path_page.html", context)
