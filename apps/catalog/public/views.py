"""The public pages. Nobody signs in here, and nothing is kept of who looked."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.catalog.public import details, listing, pairs
from apps.catalog.public.offer import NotOfferedError, Offer, current
from apps.catalog.public.rendering import Page, Rendered, answer, render

KEPT_PAGES = 256
"""Pages are about 30 kB, so that a process keeps some 8 MB."""


def public[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Show the page only where the installation has public pages, and only to who reads."""

    @wraps(view)
    def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.PUBLIC_PAGES:
            raise Http404("This installation has no public pages.")
        return view(request, *args, **kwargs)

    return require_safe(shown)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what Tandem is; a private installation leads to the admin instead."""
    if not settings.PUBLIC_PAGES:
        return HttpResponseRedirect(reverse("admin:index"))
    return _kept(request, listing.home_page)


@public
def integrations(request: HttpRequest) -> HttpResponse:
    """List the apps, or what a search finds."""
    if request.GET:
        return answer(request, render(listing.integrations_page(current(), request.GET.dict())))
    return _kept(request, listing.integrations_page)


@public
def app(request: HttpRequest, app: str) -> HttpResponse:
    """Show an app with all its triggers and actions."""
    return _kept(request, details.app_page, app)


@public
def trigger(request: HttpRequest, app: str, slug: str) -> HttpResponse:
    """Show a trigger."""
    return _kept(request, details.trigger_page, app, slug)


@public
def action(request: HttpRequest, app: str, slug: str) -> HttpResponse:
    """Show an action."""
    return _kept(request, details.action_page, app, slug)


@public
def pair(request: HttpRequest, source: str, target: str) -> HttpResponse:
    """Show what one app's triggers can start in another app."""
    chosen = pairs.Chosen.of(request.GET.dict())
    if not chosen.anything:
        return _kept(request, pairs.page, source, target)
    try:
        return answer(request, render(pairs.page(current(), source, target, chosen)))
    except NotOfferedError as missing:
        raise Http404(str(missing)) from None


def _kept(request: HttpRequest, build: Callable[..., Page], *names: str) -> HttpResponse:
    """Answer with a page that is rendered once and kept while nothing is switched."""
    try:
        return answer(request, _rendered(build, current(), names, settings.PUBLIC_URL))
    except NotOfferedError as missing:
        raise Http404(str(missing)) from None


@lru_cache(maxsize=KEPT_PAGES)
def _rendered(build: Callable[..., Page], offer: Offer, names: tuple[str, ...], public_url: str) -> Rendered:
    """Render a page of the offer; the address is a part of the key, for links on the page hold it."""
    del public_url
    return render(build(offer, *names))
