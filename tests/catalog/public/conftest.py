"""Every public page as a stranger gets it, fetched once, and what a reader of its HTML sees."""

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client, override_settings

from apps.catalog import registry
from apps.catalog.pairings import pairings

PUBLIC_URL = "https://tandem.example.com"
VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))
# Shapes inside of an SVG, which close themselves.
DRAWN = frozenset(("rect", "path", "use"))


@dataclass
class Html(HTMLParser):
    """The elements of a page; `wrong` lists what is not well-formed."""

    source: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self.feed(self.source)
        self.close()
        self.wrong += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.wrong += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in DRAWN:
            self.wrong.append(f"<{tag}/> closes itself")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts.setdefault(tag, []).append(data)

    def text(self, tag: str = "main") -> str:
        """Return what is written inside of all elements of this name."""
        return " ".join("".join(self.texts.get(tag, [])).split())

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of this name that have these."""
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key) == value for key, value in attributes.items())
        ]

    def all_ids(self, name: str) -> list[str]:
        """Return the elements that have this id."""
        return [tag for tag, found in self.elements if found.get("id") == name]

    @property
    def links(self) -> list[str]:
        """Return where the page leads."""
        return [str(found["href"]) for found in self.all("a")]


def read(response: Any) -> Html:
    return Html(response.content.decode())


def expected_paths() -> list[str]:
    """Return what must have a page, from the registry itself."""
    paths = ["/", "/integrations/"]
    for app in registry.APPS:
        paths.append(f"/integrations/{app.key}/")
        paths += [f"/integrations/{app.key}/triggers/{each.key}/" for each in app.triggers]
        paths += [f"/integrations/{app.key}/actions/{each.key}/" for each in app.actions if not each.hidden]
        paths += [
            f"/integrations/{app.key}/with/{other.key}/"
            for other in registry.APPS
            if other is not app and pairings(app.key, other.key)
        ]
    return paths


@dataclass(frozen=True)
class Walk:
    """Every page by its path, and the seconds of processor that fetching them all took."""

    responses: dict[str, Any]
    pages: dict[str, Html]
    seconds: float


@pytest.fixture(scope="package")
def walk(django_db_setup: None, django_db_blocker: Any) -> Walk:
    """Fetch every page once, as a stranger; nothing is written."""
    client = Client()
    with django_db_blocker.unblock(), override_settings(PUBLIC_URL=PUBLIC_URL):
        began = time.process_time()
        responses = {path: client.get(path) for path in expected_paths()}
        seconds = time.process_time() - began
    return Walk(responses, {path: read(each) for path, each in responses.items()}, seconds)
