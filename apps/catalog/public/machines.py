"""What machines ask for: robots.txt, the sitemap, the icon, the manifest."""

from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html_join
from django.views.decorators.http import require_safe

from apps.catalog.public import addresses, finding
from apps.catalog.public.offer import Offer, current
from apps.catalog.public.rendering import finished
from apps.catalog.public.views import public

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Let crawlers read the public pages alone; a private installation lets them read nothing."""
    lines = ["User-agent: *"]
    if settings.PUBLIC_PAGES:
        lines += [f"Disallow: {reverse('admin:index')}", "Disallow: /v1/"]
        if settings.PUBLIC_URL:
            lines += ["", f"Sitemap: {addresses.absolute(reverse('public:sitemap'))}"]
    else:
        lines.append("Disallow: /")
    return finished(request, HttpResponse("\n".join(lines) + "\n", content_type="text/plain"))


@public
def sitemap(request: HttpRequest) -> HttpResponse:
    """List every public page. It must name whole addresses, so there is none without PUBLIC_URL."""
    if not settings.PUBLIC_URL:
        raise Http404("A sitemap needs PUBLIC_URL.")
    rows = format_html_join(
        "\n", "<url><loc>{}</loc></url>", ((addresses.absolute(path),) for path in paths(current()))
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{NAMESPACE}">\n{rows}\n</urlset>\n'
    return finished(request, HttpResponse(text, content_type="application/xml"))


def paths(offer: Offer) -> Iterator[str]:
    """List the paths of all public pages."""
    yield reverse("public:home")
    yield reverse("public:integrations")
    yield from (page.url for page in finding.pages(offer))


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """Lead those who ask for the icon without having read a page to it."""
    return HttpResponseRedirect(static("public/favicon.ico"))


@public
def manifest(request: HttpRequest) -> HttpResponse:
    """Name the site for those who keep it on their screen."""
    return finished(
        request,
        JsonResponse(
            {
                "name": "Tandem",
                "short_name": "Tandem",
                "start_url": reverse("public:home"),
                "display": "browser",
                "background_color": "#ecf2ea",
                "theme_color": "#0f766e",
                "icons": [
                    {"src": static("common/favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
                    {"src": static("public/icon-192.png"), "sizes": "192x192", "type": "image/png"},
                ],
            },
            content_type="application/manifest+json",
        ),
    )
