"""What the list of runs can do with many held ones at once, as after a flood."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.errors import Conflict
from apps.runs import services
from apps.runs.models import Run
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, actor_of, scope_of


class HeldRunsAdmin(WorkspaceAdmin):
    """Actions of the list, each run by the service of its page; others than held ones are left alone."""

    actions = ("release_held", "cancel_held")

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
