"""Workflows in the admin: the list, and the pages behind it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from apps.catalog import registry
from apps.common import look
from apps.console.editor.calling import refuse, serve
from apps.console.editor.page import editor
from apps.console.editor.routes import ROUTES
from apps.console.pages import (
    choices,
    draft_json,
    edit,
    keeping,
    live,
    new,
    overview,
    policies,
    remove,
    sample,
)
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin

type Page = Callable[[HttpRequest, Workflow], HttpResponse]


@admin.register(Workflow)
class WorkflowAdmin(WorkspaceAdmin):
    """The list of workflows; adding, looking, editing and publishing are pages of our own."""

    view_permission = Permission.VIEW
    add_permission = Permission.EDIT_WORKFLOWS
    change_permission = Permission.EDIT_WORKFLOWS
    delete_permission = Permission.EDIT_WORKFLOWS
    list_display = ("name", "state", "trigger", "version", "draft_saved")
    list_filter = ("status",)
    search_fields = ("name",)
    list_select_related = ("live_version",)
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        """Return the workspace's workflows with what the pages show."""
        rows: QuerySet[Workflow] = super().get_queryset(request)
        return rows.select_related("workspace", "live_version", "trigger_connection", "draft_saved_by")

    @admin.display(description="Status", ordering="status")
    def state(self, workflow: Workflow) -> str:
        """Show the status as a badge."""
        return look.badge(workflow.status, workflow.get_status_display())

    @admin.display(description="Trigger")
    def trigger(self, workflow: Workflow) -> str:
        """Show the live trigger, or the draft's."""
        ref = workflow.trigger_ref or workflow.draft.get("trigger", {}).get("trigger", "")
        try:
            app, trigger = registry.get_trigger(ref)
        except registry.UnknownKeyError:
            return look.NOTHING
        return f"{app.name}: {trigger.name}"

    @admin.display(description="Live version")
    def version(self, workflow: Workflow) -> str:
        """Show the number of the live version."""
        return f"v{workflow.live_version.number}" if workflow.live_version else look.NOTHING

    @admin.display(description="Draft saved", ordering="draft_saved_at")
    def draft_saved(self, workflow: Workflow) -> str:
        """Show when the draft was last saved."""
        return look.when(workflow.draft_saved_at)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of one workflow."""
        pages: dict[str, Page] = {
            "editor": editor,
            "edit": edit.edit,
            "preview": edit.live_values,
            "choices": choices.choices,
            "json": draft_json.draft_json,
            "publish": live.publish,
            "unpublish": live.unpublish,
            "pause": live.pause,
            "resume": live.resume,
            "policies": policies.policies,
            "sample": sample.send,
            "keeping": keeping.keeping,
        }
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(partial(self._page, page=page)),
                name=f"workflows_workflow_{name}",
            )
            for name, page in pages.items()
        ]
        api = path("<int:pk>/editor/api/<path:rest>", never_cache(self._api), name="workflows_workflow_api")
        return [api, *own, *super().get_urls()]

    def _api(self, request: HttpRequest, pk: int, rest: str) -> HttpResponse:
        """Answer the editor's script, which can follow no redirect to the login page."""
        if not self.admin_site.has_permission(request):
            return refuse(
                403, "signed_out", "You are signed out.", remedy="Sign in in another tab, then try again."
            )
        return serve(request, rest, ROUTES, lambda: self.get_object(request, str(pk)))

    def _page(self, request: HttpRequest, pk: int, page: Page) -> HttpResponse:
        return page(request, self.get_object(request, str(pk)))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the page for a new workflow."""
        return new.new_workflow(request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the workflow's page."""
        return overview.overview(request, self.get_object(request, object_id))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, then delete by the service; Django's own page would follow the versions instead."""
        return remove.remove(request, self.get_object(request, object_id))
