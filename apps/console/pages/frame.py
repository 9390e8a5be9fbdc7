"""What every workflow page hands to its template."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.common import look
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import scope_of


def page(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    workflow: Workflow | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Render a page in the admin's frame, with what the person may do as `can`."""
    scope = scope_of(request)
    common: Mapping[str, Any] = {
        **admin.site.each_context(request),
        "title": title,
        "opts": Workflow._meta,
        "workflow": workflow,
        "badge": look.badge(workflow.status, workflow.get_status_display()) if workflow else "",
        "can": {
            "edit": scope.allows(Permission.EDIT_WORKFLOWS),
            "publish": scope.allows(Permission.PUBLISH),
            "operate": scope.allows(Permission.OPERATE_RUNS),
            "connect": scope.allows(Permission.MANAGE_CONNECTIONS),
        },
    }
    return TemplateResponse(request, template, {**common, **context}, status=status)


def to_page(name: str, workflow: Workflow) -> HttpResponse:
    """Redirect to a page of the workflow; "change" is its overview."""
    return HttpResponseRedirect(reverse(f"admin:workflows_workflow_{name}", args=[workflow.pk]))
