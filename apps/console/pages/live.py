"""Publish, unpublish, pause and resume."""

from typing import Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from apps.common.errors import ServiceError
from apps.console import next_times
from apps.console.going_live import next_step, webhook_plan
from apps.console.pages.frame import page, to_page
from apps.console.summary import summarise
from apps.workflows import privileged, publishing, services
from apps.workflows.changes import describe_changes
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import act, actor_of, require_permission


class Change(Protocol):
    """A service that changes whether a workflow is live."""

    def __call__(self, workflow: Workflow, *, actor: Actor) -> None:
        """Make the change."""
        ...


def publish(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Show what will be live and ask; on POST publish exactly the revision that was shown."""
    actor = require_permission(request, Permission.PUBLISH)
    error: ServiceError | None = None
    if request.method == "POST":
        if _is_second_click(request, workflow):
            return to_page("change", workflow)
        revision = request.POST.get("revision", "")
        try:
            version = publishing.publish(
                workflow,
                actor=actor,
                note=request.POST.get("note", ""),
                revision=int(revision) if revision.isdecimal() else 0,
            )
        except ServiceError as refused:
            error = refused
            workflow.refresh_from_db()
        else:
            messages.success(request, f"Version {version.number} is live. {next_step(workflow)}".strip())
            return to_page("change", workflow)
    live = workflow.live_version
    return page(
        request,
        "console/publish.html",
        title=f"Publish “{workflow.name}”",
        workflow=workflow,
        error=error,
        refused=privileged.refusal_of_draft(workflow, actor=actor),
        problems=services.validate_draft(workflow),
        summary=summarise(workflow, workflow.draft),
        changes=describe_changes(live.definition, workflow.draft) if live else [],
        webhook=webhook_plan(workflow),
        next_times=next_times.of_definition(workflow.draft),
        status=400 if error else 200,
    )


def unpublish(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Ask, then stop listening."""
    if request.method != "POST":
        require_permission(request, Permission.PUBLISH)
        return page(
            request, "console/unpublish.html", title=f"Unpublish “{workflow.name}”?", workflow=workflow
        )
    done = "Unpublished: new events are ignored, runs that have begun go on."
    return _do(request, workflow, publishing.unpublish, done=done)


def pause(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Receive, but hold the runs."""
    done = "Paused: events are still received, their runs are held until you resume."
    return _do(request, workflow, publishing.pause, done=done)


def resume(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Let the held runs go."""
    return _do(request, workflow, publishing.resume, done="Resumed: held runs go on, oldest first.")


def _do(request: HttpRequest, workflow: Workflow, change: Change, *, done: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    act(request, lambda: change(workflow, actor=actor_of(request)), done=done)
    return to_page("change", workflow)


def _is_second_click(request: HttpRequest, workflow: Workflow) -> bool:
    """Tell whether what is asked for was published since the page was shown: another version adds nothing."""
    live = workflow.live_version
    seen = request.POST.get("live")
    if seen is None or live is None or seen == str(live.number):
        return False
    return workflow.status == Workflow.Status.PUBLISHED and live.definition == workflow.draft
