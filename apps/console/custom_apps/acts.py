"""What is done with an own app as a whole: switched, exported, imported, removed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.catalog import custom_apps
from apps.catalog.models import CustomApp
from apps.common.errors import Conflict, ServiceError
from apps.console.custom_apps import saving
from apps.console.custom_apps.frame import page, status_of, to_app
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import act, current_workspace, require_permission

MOST_FILE_BYTES = 1024 * 1024


def switch(request: HttpRequest, row: CustomApp) -> HttpResponse:
    """Offer the app, or offer it for nothing new."""
    actor = require_permission(request, Permission.MANAGE_APPS)
    enabled = request.POST.get("enabled") == "1"
    act(
        request,
        lambda: custom_apps.set_enabled(row, actor=actor, enabled=enabled),
        done=f"“{row}” is switched {'on' if enabled else 'off. What is published goes on'}.",
    )
    return to_app(row)


def export(request: HttpRequest, row: CustomApp) -> HttpResponse:
    """Give the app as a file. It holds no secret: these are with the connections."""
    actor = require_permission(request, Permission.MANAGE_APPS)
    response = HttpResponse(custom_apps.export_app(row, actor=actor), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{row.key}.tandem-app.json"'
    return response


def import_file(request: HttpRequest) -> HttpResponse:
    """Ask for a file; a POST adds its app, switched off."""
    actor = require_permission(request, Permission.MANAGE_APPS)
    error: ServiceError | None = None
    if request.method == "POST":
        sent = request.FILES.get("file")
        content = (
            sent.read(MOST_FILE_BYTES) if sent else request.POST.get("text", "").encode("utf-8", "replace")
        )
        try:
            row = custom_apps.import_app(
                current_workspace(request),
                actor=actor,
                content=content,
                key=request.POST.get("key", "").strip(),
            )
        except ServiceError as refused:
            error = refused
        else:
            messages.success(request, f"“{row}” was imported, switched off. Look at it, then switch it on.")
            return to_app(row)
    return page(
        request,
        "console/custom/import.html",
        title="Import an app",
        error=error,
        key=request.POST.get("key", ""),
        text=request.POST.get("text", ""),
        status=status_of(error),
    )


def remove(request: HttpRequest, row: CustomApp) -> HttpResponse:
    """Ask; a POST removes the app, or names who needs it."""
    actor = require_permission(request, Permission.MANAGE_APPS)
    refusal: Conflict | None = None
    if request.method == "POST":
        name = row.name
        try:
            saving.delete(row, actor=actor)
        except Conflict as error:
            refusal = error
        else:
            messages.success(request, f"“{name}” was removed.")
            return HttpResponseRedirect(reverse("admin:catalog_customapp_changelist"))
    users = saving.users_of(row)
    return page(
        request,
        "console/custom/remove.html",
        title=f"Remove “{row.name}”?",
        row=row,
        users=users,
        refusal=refusal,
        status=status_of(refusal),
    )
