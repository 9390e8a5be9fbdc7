"""Small things that many pages show: a pairing as a card, an app with its logo, a table of fields."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString

from apps.catalog import logos, presenting, registry
from apps.catalog.pairings import Pairing
from apps.catalog.public import addresses, questions
from apps.catalog.public.offer import OfferedApp, Pair
from apps.catalog.public.questions import count
from apps.catalog.spec import Action, App, Effect, Field, Trigger

FIRST = 5
MANY_CHOICES = 20
EFFECTS = {
    Effect.READ: "Reads",
    Effect.UPSERT: "Updates",
    Effect.CREATE: "Creates",
    Effect.DELETE: "Deletes",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One pairing to set up."""

    pairing: Pairing
    source_logo: SafeString
    target_logo: SafeString
    trigger_url: str
    action_url: str
    draft_url: str


@dataclass(frozen=True, slots=True)
class Part:
    """A trigger or an action in a list."""

    name: str
    key: str
    description: str
    url: str
    kind: str = ""
    danger: str = ""


@dataclass(frozen=True, slots=True)
class AppCard:
    """An app with all that can happen and be done there."""

    app: App
    logo: SafeString
    url: str
    triggers: tuple[Part, ...]
    actions: tuple[Part, ...]

    @property
    def counts(self) -> str:
        """Return “19 triggers and 45 actions”, without what there is none of.

        An app of language models offers neither: it answers AI steps.
        """
        if not self.triggers and not self.actions and self.app.action("generate") is not None:
            return "models for AI steps"
        return parts_of(len(self.triggers), len(self.actions))


@dataclass(frozen=True, slots=True)
class PairLink:
    """One direction of two apps, as a link to its page."""

    pair: Pair
    source_logo: SafeString
    target_logo: SafeString
    url: str


def parts_of(triggers: int, actions: int) -> str:
    """Return how many triggers and actions there are, without what there is none of."""
    counted = [(triggers, "trigger"), (actions, "action")]
    return questions.listing([count(number, noun) for number, noun in counted if number] or ["nothing yet"])


def card(pairing: Pairing) -> Card:
    """Return a pairing with its links and logos."""
    source, target = pairing.trigger_app, pairing.action_app
    return Card(
        pairing,
        small_logo(source),
        small_logo(target),
        addresses.of_trigger(source, pairing.trigger),
        addresses.of_action(target, pairing.action),
        addresses.of_draft(pairing.trigger_ref, pairing.action_ref),
    )


@lru_cache(maxsize=64)
def app_card(offered: OfferedApp) -> AppCard:
    """Return an app with its logo and its parts."""
    app = offered.app
    return AppCard(
        app,
        logos.logo(app.name, app.color),
        addresses.of_app(app),
        tuple(trigger_part(app, each) for each in offered.triggers),
        tuple(action_part(app, each) for each in offered.actions),
    )


def trigger_part(app: App, trigger: Trigger) -> Part:
    """Return a trigger as a line of a list."""
    return Part(trigger.name, trigger.key, trigger.description, addresses.of_trigger(app, trigger))


def action_part(app: App, action: Action) -> Part:
    """Return an action as a line of a list."""
    kind, address = EFFECTS[action.effect], addresses.of_action(app, action)
    return Part(action.name, action.key, action.description, address, kind, action.danger or "")


def pair_link(pair: Pair) -> PairLink:
    """Return the link to a pair's page."""
    source, target = pair.source.app, pair.target.app
    return PairLink(pair, small_logo(source), small_logo(target), addresses.of_pair(source, target))


def small_logo(app: App) -> SafeString:
    """Return a logo that stands beside the app's name; the page has the sprite."""
    return logos.mention(app.key, size=28)


@lru_cache(maxsize=256)
def trigger_rows(ref: str) -> tuple[presenting.FieldRow, ...]:
    """Return the table of a trigger's fields; one without an example gets the sample's value.

    Raises `UnknownKeyError`.
    """
    app, trigger = registry.get_trigger(ref)
    return rows(registry.trigger_fields(trigger), _sample_values(app, trigger))


def rows(
    fields: Iterable[Field], examples: Mapping[str, Any] | None = None
) -> tuple[presenting.FieldRow, ...]:
    """Return a table of fields."""
    declared = tuple(fields)
    dumped = [field.model_dump(mode="json") for field in declared]
    for each in dumped:
        if each["example"] is None and examples:
            each["example"] = examples.get(each["key"])
    return tuple(map(_shortened, declared, presenting.fields(dumped)))


def _shortened(field: Field, row: presenting.FieldRow) -> presenting.FieldRow:
    """Name a few of very many choices."""
    if len(field.choices) <= MANY_CHOICES:
        return row
    named = ", ".join(each.value for each in field.choices[:FIRST])
    return replace(row, limits=f"one of {len(field.choices)}, such as {named}")


@lru_cache(maxsize=256)
def payload(app_key: str, trigger: str) -> str:
    """Return a trigger's sample as the provider would send it, indented."""
    return json.dumps(registry.sample_payload(app_key, trigger), indent=2, ensure_ascii=False)


def _sample_values(app: App, trigger: Trigger) -> Mapping[str, Any]:
    try:
        return registry.trigger_data(app, trigger, registry.sample_payload(app.key, trigger.key))
    except registry.UnknownKeyError:  # An app without deliveries has nothing to read an envelope from.
        return {}
