"""Pages see only the own apps of the workspace that is being worked in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.catalog.custom_rows import seen_by
from apps.workspaces.scoping import find_workspace

WEBHOOKS = "/v1/webhooks/"
"""Providers' requests, which belong to nobody: the token in the address tells the connection."""

type Answer = Callable[[HttpRequest], HttpResponse]


def own_apps(get_response: Answer) -> Answer:
    """Let references to another workspace's own app lead nowhere, whoever wrote them into a page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(WEBHOOKS):
            return get_response(request)

        def workspace() -> int | None:
            found = find_workspace(request) if hasattr(request, "session") else None
            return found.pk if found else None

        with seen_by(workspace):
            return get_response(request)

    return middleware
