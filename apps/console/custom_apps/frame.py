"""What every page of an own app is shown in."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.catalog.models import CustomApp
from apps.common.errors import Conflict, ServiceError
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import scope_of


def page(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    row: CustomApp | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Render a page in the admin's frame, with what the person may do."""
    common = {
        **admin.site.each_context(request),
        "title": title,
        "opts": CustomApp._meta,
        "row": row,
        "may_manage": scope_of(request).allows(Permission.MANAGE_APPS),
        "may_audit": scope_of(request).allows(Permission.VIEW_AUDIT),
    }
    return TemplateResponse(request, template, {**common, **context}, status=status)


def to_app(row: CustomApp) -> HttpResponse:
    """Redirect to the app's page."""
    return HttpResponseRedirect(reverse("admin:catalog_customapp_change", args=[row.pk]))


def status_of(error: ServiceError | None) -> int:
    """Return the HTTP status of a page that shows this refusal, if any."""
    return 200 if error is None else 409 if isinstance(error, Conflict) else 400
