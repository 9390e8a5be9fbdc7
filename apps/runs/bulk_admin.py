"""What the list of runs can do with many held ones at once, as after a flood."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.common.errors import Conflict
from apps.runs import services
from apps.runs.models import ReplayJob, Run
from apps.runs.replays import jobs, selection
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, actor_of, current_workspace, scope_of


class HeldRunsAdmin(WorkspaceAdmin):
    """Actions of the list, each run by the service of its page; others than held ones are left alone."""

    actions = ("release_held", "cancel_held", "replay_chosen", "retry_chosen", "compare_chosen")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may steer runs."""
        return scope_of(request).allows(Permission.OPERATE_RUNS)

    @admin.action(description="Run the held ones anyway", permissions=["operate"])
    def release_held(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let the held runs among the chosen ones go."""
        self._steer_held(request, queryset, services.release, done="let go")

    @admin.action(description="Cancel the held ones", permissions=["operate"])
    def cancel_held(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """End the held runs among the chosen ones."""
        self._steer_held(request, queryset, services.cancel, done="cancelled")

    @admin.action(description="Replay these…", permissions=["operate"])
    def replay_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Preview the chosen runs' replay."""
        return self._preview_job(request, queryset, ReplayJob.Kind.REPLAY)

    @admin.action(description="Resume these…", permissions=["operate"])
    def retry_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Preview what resuming the chosen runs does."""
        return self._preview_job(request, queryset, ReplayJob.Kind.RETRY)

    @admin.action(description="Compare these dry…", permissions=["operate"])
    def compare_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Preview a dry replay of the chosen runs."""
        return self._preview_job(request, queryset, ReplayJob.Kind.DRY)

    def _preview_job(self, request: HttpRequest, chosen: QuerySet[Any], kind: str) -> HttpResponse | None:
        try:
            if request.POST.get("select_across") == "1":
                selected = selection.by_query(request.GET.urlencode())
            else:
                selected = selection.by_ids(list(chosen.values_list("pk", flat=True)))
            job = jobs.preview(
                current_workspace(request), actor=actor_of(request), chosen=selected, kind=kind
            )
        except Conflict as error:
            self.message_user(request, error.as_text(), level=messages.ERROR)
            return None
        return HttpResponseRedirect(job.get_absolute_url())

    def _steer_held(
        self, request: HttpRequest, chosen: QuerySet[Any], change: Callable[..., None], *, done: str
    ) -> None:
        actor = actor_of(request)
        count, left = 0, chosen.exclude(status=Run.Status.HELD).count()
        for run in chosen.filter(status=Run.Status.HELD).select_related("workspace"):
            try:
                change(run, actor=actor)
            except Conflict:  # Somebody else was quicker.
                left += 1
            else:
                count += 1
        rest = f" {left} not held, so left as they are." if left else ""
        self.message_user(request, f"Runs {done}: {count}.{rest}")
