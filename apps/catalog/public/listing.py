"""The first page, and the page of all integrations."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from apps.catalog import logos
from apps.catalog.public import cards, finding, structured
from apps.catalog.public.offer import Offer, Pair
from apps.catalog.public.questions import count
from apps.catalog.public.rendering import Head, Page

LONGEST_QUERY = 80
CARDS_OF_A_DIRECTION = 3
PROMISE = (
    "Tandem connects two apps: when something happens in one, it does something in the other. It is "
    "self-hosted, no event is lost, no effect is doubled, and you can see it."
)


def home_page(offer: Offer) -> Page:
    """Return the first page: the promise, the registry's first pair there and back, and every app."""
    return Page("public/home.html", _home_head(), _home_context(offer))


def integrations_page(offer: Offer, given: Mapping[str, str] | None = None) -> Page:
    """Return the page of all integrations, or of those that the query of its form asks for."""
    context = _integrations_context(offer, given or {})
    return Page("public/integrations.html", _integrations_head(offer, filtered=context["filtered"]), context)


def _home_context(offer: Offer) -> dict[str, Any]:
    main = next(iter(offer.pairs.values()), None)
    back = offer.pair(main.target.app.key, main.source.app.key) if main else None
    return {
        "main": main and _direction(main),
        "back": back and _direction(back),
        "apps": [cards.app_card(each) for each in offer.apps.values()],
        "source_logo": main and logos.logo(main.source.app.name, main.source.app.color, size=72),
        "target_logo": main and logos.logo(main.target.app.name, main.target.app.color, size=72),
        "totals": totals(offer),
    }


def _direction(pair: Pair) -> dict[str, Any]:
    gentle = [each for each in pair.pairings if not each.destructive]
    return {
        "link": cards.pair_link(pair),
        "cards": [cards.card(each) for each in gentle[:CARDS_OF_A_DIRECTION]],
    }


def _home_head() -> Head:
    return Head(
        title="Tandem – connect two apps, lose nothing, double nothing",
        description=PROMISE,
        path=reverse("public:home"),
        data=(structured.software(PROMISE),),
    )


def _integrations_context(offer: Offer, given: Mapping[str, str]) -> dict[str, Any]:
    words = given.get("q", "").strip()[:LONGEST_QUERY]
    categories = sorted({each.app.category for each in offer.apps.values()})
    category = given.get("category", "") if given.get("category", "") in categories else ""
    found = finding.search(offer, words)
    named = {page.url for page in found if page.kind == "App"}
    listed = [
        card
        for card in map(cards.app_card, offer.apps.values())
        if (not category or card.app.category == category) and (not words or card.url in named)
    ]
    return {
        "words": words,
        "category": category,
        "categories": categories,
        "apps": listed,
        "found": [page for page in found if page.kind != "App"] if not category else [],
        "pairs": [cards.pair_link(each) for each in offer.pairs.values()],
        "totals": totals(offer),
        "crumbs": [("Tandem", reverse("public:home"))],
        "filtered": bool(words or category),
    }


def _integrations_head(offer: Offer, *, filtered: bool) -> Head:
    path = reverse("public:integrations")
    return Head(
        title="Integrations – Tandem",
        description=f"All that Tandem connects: {totals(offer)}, in every combination that makes sense.",
        path=path,
        data=(structured.breadcrumb([("Tandem", reverse("public:home")), ("Integrations", path)]),),
        indexed=not filtered,
    )


def totals(offer: Offer) -> str:
    """Return “2 apps, 30 triggers and 57 actions”."""
    triggers = sum(len(each.triggers) for each in offer.apps.values())
    actions = sum(len(each.actions) for each in offer.apps.values())
    return f"{count(len(offer.apps), 'app')}, {count(triggers, 'trigger')} and {count(actions, 'action')}"
