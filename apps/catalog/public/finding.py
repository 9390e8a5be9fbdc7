"""Finding a page: by words, or by an address that is nearly one."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from urllib.parse import unquote

from apps.catalog.public import addresses
from apps.catalog.public.offer import KEPT_OFFERS, Offer

MOST_FOUND = 40
MOST_SUGGESTED = 6
LONGEST_PATH = 200
NEARNESS = 0.6
_ROUTE_WORDS = frozenset({"integrations", "triggers", "actions", "with"})


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the catalog: what it is called, what it is about, and the words of its address."""

    name: str
    about: str
    url: str
    words: tuple[str, ...]
    text: str
    kind: str


@lru_cache(maxsize=KEPT_OFFERS)
def pages(offer: Offer) -> tuple[Page, ...]:
    """List every page of the catalog: apps, pairs, triggers, actions."""
    return tuple(_pages(offer))


def _pages(offer: Offer) -> Iterator[Page]:
    for key, offered in offer.apps.items():
        app = offered.app
        yield _page(app.name, app.description, addresses.of_app(app), (key,), "App")
    for (source, target), pair in offer.pairs.items():
        one, other = pair.source.app, pair.target.app
        about = f"{len(pair.pairings):,} ready-made workflows"
        yield _page(
            f"{one.name} to {other.name}", about, addresses.of_pair(one, other), (source, target), "Pair"
        )
    for key, offered in offer.apps.items():
        app = offered.app
        for trigger in offered.triggers:
            url = addresses.of_trigger(app, trigger)
            yield _page(
                f"{app.name}: {trigger.name}", trigger.description, url, (key, trigger.key), "Trigger"
            )
        for action in offered.actions:
            url = addresses.of_action(app, action)
            yield _page(f"{app.name}: {action.name}", action.description, url, (key, action.key), "Action")


def _page(name: str, about: str, url: str, words: tuple[str, ...], kind: str) -> Page:
    return Page(name, about, url, words, f"{name} {about} {' '.join(words)}".casefold(), kind)


def search(offer: Offer, words: str) -> list[Page]:
    """Return the pages that have all the words, those that have them in their name first."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    found = [page for page in pages(offer) if all(word in page.text for word in wanted)]
    found.sort(key=lambda page: not all(word in page.name.casefold() for word in wanted))
    return found[:MOST_FOUND]


def near(offer: Offer, path: str) -> list[Page]:
    """Return the pages whose addresses are nearest to one that leads nowhere, best first."""
    asked = [
        part.casefold()
        for part in unquote(path[:LONGEST_PATH]).split("/")
        if part.casefold() not in _ROUTE_WORDS
    ]
    known = sorted({word for page in pages(offer) for word in page.words})
    meant = {
        word: place
        for part in filter(None, asked)
        for place, word in enumerate(get_close_matches(part, known, n=3, cutoff=NEARNESS))
    }
    scored = [(_score(page, meant), number, page) for number, page in enumerate(pages(offer))]
    best = sorted((score, number, page.url, page) for score, number, page in scored if score)
    return [page for *_, page in best[:MOST_SUGGESTED]]


def _score(page: Page, meant: dict[str, int]) -> tuple[int, int, int] | None:
    """Order: all of the page's words were meant, how well, pages of apps before pages of parts."""
    hit = [meant[word] for word in page.words if word in meant]
    if not hit or (page.words[-1] not in meant and page.kind in ("Trigger", "Action")):
        return None
    return (len(page.words) - len(hit), sum(hit), -len(hit))
