"""The draft as JSON, for what the form can't show and for copying."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from apps.common.errors import ServiceError, ValidationFailed
from apps.console.pages.frame import page, to_page
from apps.console.summary import is_plain
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.workflows import services
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import actor_of, require_permission


def draft_json(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Show the draft's JSON form; on POST save it."""
    text = json.dumps(workflow.draft, indent=2, ensure_ascii=False)
    revision, error = workflow.draft_revision, None
    if request.method == "POST":
        require_permission(request, Permission.EDIT_WORKFLOWS)
        text = request.POST.get("definition", "")
        posted = request.POST.get("revision", "")
        revision = int(posted) if posted.isdecimal() else 0
        try:
            services.save_draft(workflow, actor=actor_of(request), definition=_read(text), revision=revision)
        except ServiceError as refused:
            error = refused
        else:
            messages.success(request, "Draft saved.")
            return to_page("edit" if is_plain(workflow.draft) else "editor", workflow)
    return page(
        request,
        "console/draft_json.html",
        title=f"“{workflow.name}” as JSON",
        workflow=workflow,
        text=text,
        revision=revision,
        error=error,
        status=400 if error else 200,
    )


def _read(text: str) -> dict[str, object]:
    try:
        definition = safe_json.loads(text.encode(errors="surrogatepass"))
    except UnsafeJSONError as error:
        raise ValidationFailed(f"This is not readable JSON: {error.message}", code="invalid_json") from None
    if not isinstance(definition, dict):
        raise ValidationFailed("The definition must be a JSON object.", code="invalid_json")
    return definition
