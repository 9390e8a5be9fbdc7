"""The editor's page: the admin's frame drawn by a template of our own, and what the script needs to begin.

Nothing in it needs a script's or a style's consent to run from within the page:
the only inline styles are those that carry the nonce.
"""

from functools import partial
from typing import Any, cast

from csp.constants import NONCE, NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse

from apps.common import look_settings
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import require_permission, scope_of, site_subheader

POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF, NONCE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


def editor(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Show the editor; who may not edit sees it read-only."""
    require_permission(request, Permission.VIEW)
    return cast("HttpResponse", csp(POLICY)(partial(_shown, workflow=workflow))(request))


def _shown(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    return TemplateResponse(
        request,
        "console/editor.html",
        {
            "title": workflow.name,
            "workflow": workflow,
            "site_header": admin.site.site_header,
            "workspace": site_subheader(request),
            "environment": look_settings.environment(request),
            "account_links": look_settings.account_links(request),
            "urls": urls_of(workflow),
            "may_edit": scope_of(request).allows(Permission.EDIT_WORKFLOWS),
            "script": asset("editor/editor.js"),
            "style": asset("editor/editor.css"),
            "data": _data(request, workflow),
        },
    )


def facts_of(workflow: Workflow) -> dict[str, Any]:
    """Return what names the workflow."""
    return {
        "pk": workflow.pk,
        "code": str(workflow.code),
        "name": workflow.name,
        "status": workflow.status,
        "url": _url(workflow, "change"),
    }


def urls_of(workflow: Workflow) -> dict[str, str]:
    """Return the pages that the editor leads to."""
    runs = reverse("admin:runs_run_changelist")
    return {
        "overview": _url(workflow, "change"),
        "plain_form": _url(workflow, "edit"),
        "runs": f"{runs}?workflow__id__exact={workflow.pk}",
        "json": _url(workflow, "json"),
    }


def asset(name: str) -> str:
    """Return the address of a static file, also of one that the manifest does not know."""
    try:
        return static(name)
    except ValueError:
        return f"{settings.STATIC_URL}{name}"


def _url(workflow: Workflow, name: str) -> str:
    return reverse(f"admin:workflows_workflow_{name}", args=[workflow.pk])


def _data(request: HttpRequest, workflow: Workflow) -> dict[str, Any]:
    scope = scope_of(request)
    return {
        "workflow": facts_of(workflow),
        "api": f"{_url(workflow, 'editor')}api/",
        "urls": urls_of(workflow),
        "can": {
            "edit": scope.allows(Permission.EDIT_WORKFLOWS),
            "publish": scope.allows(Permission.PUBLISH),
            "operate": scope.allows(Permission.OPERATE_RUNS),
            "connect": scope.allows(Permission.MANAGE_CONNECTIONS),
        },
        "user": {"name": request.user.get_username()},
        "theme": "auto",
        "nonce": str(request.csp_nonce),  # type: ignore[attr-defined]  # The middleware of django-csp sets it.
    }
