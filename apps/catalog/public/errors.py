"""What is shown where there is no page, and where one failed."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from apps.catalog.public import finding
from apps.catalog.public.offer import current
from apps.catalog.public.rendering import Head, Page, answer, finished, render

_FOR_MACHINES = ("/v1/",)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, and name those that may have been meant.

    A private installation names nothing, and machines are told in one line.
    """
    if request.path.startswith(_FOR_MACHINES):
        response = HttpResponse("There is nothing at this address.\n", status=404, content_type="text/plain")
        return finished(request, response)
    shows = settings.PUBLIC_PAGES
    near = []
    if shows and request.path.startswith(reverse("public:integrations")):
        near = finding.near(current(), request.path)
    head = Head("Page not found – Tandem", "There is no page at this address.", request.path, indexed=False)
    shown = render(Page("404.html", head, {"near": near, "private": not shows}))
    return answer(request, shown, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Say that the page failed, with nothing of the database or the catalog."""
    if request.path.startswith(_FOR_MACHINES):
        text = "This failed. Send it again later.\n"
        return finished(request, HttpResponse(text, status=500, content_type="text/plain"))
    return finished(request, HttpResponse(render_to_string("500.html", {"style": _style()}), status=500))


def _style() -> str:
    """Return the address of the style, or "" where the static files were never collected."""
    try:
        return static("public/public.css")
    except ValueError:
        return ""
