"""The pages of one app, one trigger and one action."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from apps.catalog import logos, presenting, registry
from apps.catalog.pairings import Pairing
from apps.catalog.public import addresses, cards, pairs, questions, structured
from apps.catalog.public.offer import Offer, OfferedApp
from apps.catalog.public.pairs import crumbs
from apps.catalog.public.questions import count
from apps.catalog.public.rendering import Head, Page
from apps.catalog.spec import Action, Trigger

MOST_CARDS = 9
"""Of all pairings of a trigger or an action, shared out among the other apps."""


@dataclass(frozen=True, slots=True)
class Partner:
    """What a trigger or an action does with one other app, best first, and where that stands."""

    link: cards.PairLink
    pairings: tuple[Pairing, ...]
    url: str

    @property
    def size(self) -> str:
        """Return “12 pairings”."""
        return count(len(self.pairings), "pairing")


def app_page(offer: Offer, key: str) -> Page:
    """Return the page of an app; raises `NotOfferedError`."""
    offered = offer.app(key)
    return Page("public/app.html", _app_head(offered), _app_context(offer, offered))


def trigger_page(offer: Offer, app: str, slug: str) -> Page:
    """Return the page of a trigger; raises `NotOfferedError`."""
    offered = offer.app(app)
    trigger = offered.trigger(slug)
    return Page(
        "public/trigger.html", _trigger_head(offered, trigger), _trigger_context(offer, offered, trigger)
    )


def action_page(offer: Offer, app: str, slug: str) -> Page:
    """Return the page of an action; raises `NotOfferedError`."""
    offered = offer.app(app)
    action = offered.action(slug)
    return Page("public/action.html", _action_head(offered, action), _action_context(offer, offered, action))


def _app_context(offer: Offer, offered: OfferedApp) -> dict[str, Any]:
    app = offered.app
    return {
        "card": cards.app_card(offered),
        "logo": logos.logo(app.name, app.color, size=72),
        "pairs": pairs.partners(offer, offered),
        "auth_rows": cards.rows(app.auth.fields),
        "crumbs": crumbs(app)[:2],
    }


def _app_head(offered: OfferedApp) -> Head:
    app = offered.app
    path = addresses.of_app(app)
    counts = cards.parts_of(len(offered.triggers), len(offered.actions))
    return Head(
        title=f"{app.name} integrations – Tandem",
        description=f"{app.description} {counts.capitalize()} for {app.name}, each with its fields, a "
        "sample and ready-made workflows. Self-hosted.",
        path=path,
        data=(structured.breadcrumb([*crumbs(app)[:2], (app.name, path)]),),
    )


def _trigger_context(offer: Offer, offered: OfferedApp, trigger: Trigger) -> dict[str, Any]:
    app = offered.app
    partners = [
        Partner(cards.pair_link(pair), wired, addresses.of_pair(app, pair.target.app, trigger=trigger.key))
        for pair in offer.from_app(app.key)
        if (wired := tuple(each for each in pair.pairings if each.trigger.key == trigger.key))
    ]
    return {
        "app": app,
        "logo": logos.logo(app.name, app.color, size=56),
        "trigger": trigger,
        "ref": registry.trigger_ref(app, trigger),
        "address": addresses.of_webhook(app, trigger) if addresses.is_posted_to(app) else "",
        "payload": cards.payload(app.key, trigger.key),
        "rows": cards.trigger_rows(registry.trigger_ref(app, trigger)),
        "options": cards.rows(trigger.options),
        "partners": partners,
        "cards": _best(partners),
        "questions": questions.of_trigger(app, trigger),
        "siblings": [each for each in cards.app_card(offered).triggers if each.key != trigger.key],
        "crumbs": crumbs(app),
    }


def _trigger_head(offered: OfferedApp, trigger: Trigger) -> Head:
    app = offered.app
    path = addresses.of_trigger(app, trigger)
    return Head(
        title=f"{trigger.name}: {app.name} trigger – Tandem",
        description=f"{trigger.description} The {app.name} trigger {trigger.name} with a real payload and "
        f"all {count(len(registry.trigger_fields(trigger)), 'field')}.",
        path=path,
        data=(
            structured.breadcrumb([*crumbs(app), (trigger.name, path)]),
            structured.faq(questions.of_trigger(app, trigger)),
        ),
    )


def _action_context(offer: Offer, offered: OfferedApp, action: Action) -> dict[str, Any]:
    app = offered.app
    partners = [
        Partner(cards.pair_link(pair), wired, addresses.of_pair(pair.source.app, app, action=action.key))
        for pair in offer.to_app(app.key)
        if (wired := tuple(each for each in pair.pairings if each.action.key == action.key))
    ]
    return {
        "app": app,
        "logo": logos.logo(app.name, app.color, size=56),
        "action": action,
        "ref": registry.action_ref(app, action),
        "kind": cards.EFFECTS[action.effect],
        "repeating": presenting.REPEATING[action.idempotency.value],
        "inputs": cards.rows(action.inputs),
        "outputs": cards.rows(action.outputs),
        "needs": [each.label for each in app.auth.fields if each.key in action.requires],
        "partners": partners,
        "cards": _best(partners),
        "questions": questions.of_action(app, action),
        "siblings": [each for each in cards.app_card(offered).actions if each.key != action.key],
        "crumbs": crumbs(app),
    }


def _action_head(offered: OfferedApp, action: Action) -> Head:
    app = offered.app
    path = addresses.of_action(app, action)
    return Head(
        title=f"{action.name}: {app.name} action – Tandem",
        description=f"{action.description} The {app.name} action {action.name}: "
        f"{count(len(action.inputs), 'input')}, what it gives back, and what repeating it does.",
        path=path,
        data=(
            structured.breadcrumb([*crumbs(app), (action.name, path)]),
            structured.faq(questions.of_action(app, action)),
        ),
    )


def _best(partners: Sequence[Partner]) -> tuple[cards.Card, ...]:
    """Return the best pairings of each partner in turn; what destroys something comes last."""
    turns = zip_longest(*(each.pairings for each in partners))
    found = [pairing for turn in turns for pairing in turn if pairing is not None]
    found.sort(key=lambda each: each.destructive)
    return tuple(cards.card(each) for each in found[:MOST_CARDS])
