"""How long a workflow's runs are kept, and what their log never shows."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from apps.common.errors import ServiceError, ValidationFailed
from apps.console.pages.frame import page, to_page
from apps.workflows.keeping import keep
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import require_permission


def keeping(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Show both; on POST change them, or show beside the field what is wrong with it."""
    actor = require_permission(request, Permission.PUBLISH)
    days = "" if workflow.keep_runs_days is None else str(workflow.keep_runs_days)
    names, error = "\n".join(workflow.redactions), None
    if request.method == "POST":
        days = request.POST.get("keep_runs_days", "").strip()
        names = request.POST.get("redactions", "")
        try:
            keep(workflow, actor=actor, days=_number(days), redactions=names.replace(",", "\n").splitlines())
        except ServiceError as refused:
            error = refused
        else:
            messages.success(request, "Saved. It holds for what runs from now on, and for deleting at once.")
            return to_page("change", workflow)
    return page(
        request,
        "console/keeping.html",
        title=f"Log of “{workflow.name}”",
        workflow=workflow,
        days=days,
        names=names,
        error=error,
        status=400 if error else 200,
    )


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise ValidationFailed(
            "This is no number of days.",
            code="bad_days",
            field="keep_runs_days",
            remedy="Write a whole number, or leave it empty.",
        )
    return int(text)
