"""How a public page is answered: its head, its strict policy, and its place in caches."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.safestring import SafeString

from apps.catalog import logos, registry
from apps.catalog.public import addresses

SECONDS_IN_CACHES = 300
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing runs and nothing is styled inline; JSON-LD is no script, and is let in by its hash all the same."""
_ESCAPED = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@dataclass(frozen=True, slots=True)
class Head:
    """What a page says of itself to search engines and to those who are sent its link.

    `path` is its canonical address, without host. `data` are the page's JSON-LD
    objects. A page with `indexed` False asks search engines to leave it out.
    """

    title: str
    description: str
    path: str
    data: tuple[Mapping[str, Any], ...] = ()
    indexed: bool = True

    @property
    def canonical(self) -> str:
        """Return the page's address under PUBLIC_URL, or its path where there is none."""
        return addresses.absolute(self.path)

    @property
    def image(self) -> str:
        """Return the address of the card that is shown where the page is linked."""
        return addresses.file("public/card.png")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is made of."""

    template: str
    head: Head
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as it is sent; `scripts` is the policy's word about its JSON-LD."""

    body: bytes
    scripts: str


def render(page: Page) -> Rendered:
    """Render a page without anything of a request: who asks makes no difference."""
    json_ld = _json_ld(page.head)
    html = render_to_string(
        page.template,
        {
            "head": page.head,
            "json_ld": json_ld,
            "draft_url": addresses.of_draft(),
            "sprite": _sprite(),
            **page.context,
        },
    )
    return Rendered(html.encode(), _hash(json_ld) if json_ld else "'none'")


def answer(request: HttpRequest, rendered: Rendered, *, status: int = 200) -> HttpResponse:
    """Return a rendered page as the response to a request."""
    return finished(request, HttpResponse(rendered.body, status=status), scripts=rendered.scripts)


def finished(request: HttpRequest, response: HttpResponse, *, scripts: str = "'none'") -> HttpResponse:
    """Put policy, tag and age on a response; 304 where the browser has the same already."""
    response["Content-Security-Policy"] = POLICY.format(scripts=scripts)
    if response.status_code != 200:
        response["Cache-Control"] = "no-store"
        return response
    response["Cache-Control"] = f"public, max-age={SECONDS_IN_CACHES}"
    response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    conditional = get_conditional_response(request, etag=response["ETag"], response=response) or response
    conditional["Content-Security-Policy"] = response["Content-Security-Policy"]
    return conditional


@cache
def _sprite() -> SafeString:
    return logos.sprite((app.key, app.name, app.color) for app in registry.APPS)


def _json_ld(head: Head) -> SafeString:
    if not head.data:
        return SafeString("")
    graph = {"@context": "https://schema.org", "@graph": list(head.data)}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":"))
    return SafeString(text.translate(_ESCAPED))  # `<` can't end the element any more.


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
