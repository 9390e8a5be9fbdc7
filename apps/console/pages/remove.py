"""Delete a workflow, behind a question."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.common.errors import ServiceError
from apps.console.pages.frame import page, to_page
from apps.workflows import services
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import require_permission


def remove(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Ask; on POST delete, or go back with the reason why not."""
    actor = require_permission(request, Permission.EDIT_WORKFLOWS)
    if request.method != "POST":
        return page(
            request,
            "console/delete_workflow.html",
            title=f"Delete “{workflow.name}”?",
            workflow=workflow,
            refusal=services.why_kept(workflow),
        )
    name = workflow.name
    try:
        services.delete_workflow(workflow, actor=actor)
    except ServiceError as refused:
        messages.error(request, refused.as_text())
        return to_page("change", workflow)
    messages.success(request, f"“{name}” was deleted.")
    return HttpResponseRedirect(reverse("admin:workflows_workflow_changelist"))
