"""The catalog as it is offered: the registry's declarations minus what operators switched off.

Built once per set of switched-off parts and kept in the process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from apps.catalog import models, registry
from apps.catalog.pairings import Pairing, pairings
from apps.catalog.spec import Action, App, Trigger

KEPT_OFFERS = 4


class NotOfferedError(LookupError):
    """An app, trigger, action or pair that is not there, or is switched off."""


@dataclass(frozen=True, eq=False)
class OfferedApp:
    """An app with the triggers and actions that may be chosen; an action that serves others is none."""

    app: App
    triggers: tuple[Trigger, ...]
    actions: tuple[Action, ...]

    def trigger(self, key: str) -> Trigger:
        """Return the trigger of this slug; raises `NotOfferedError`."""
        return _found((each for each in self.triggers if each.key == key), "trigger")

    def action(self, key: str) -> Action:
        """Return the action of this slug; raises `NotOfferedError`."""
        return _found((each for each in self.actions if each.key == key), "action")


@dataclass(frozen=True, eq=False)
class Pair:
    """Two apps in one direction, with their pairings, best first."""

    source: OfferedApp
    target: OfferedApp
    pairings: tuple[Pairing, ...]

    @cached_property
    def triggers(self) -> tuple[Trigger, ...]:
        """Return the triggers that are wired, those of the best pairings first."""
        return tuple({each.trigger.key: each.trigger for each in self.pairings}.values())

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Return the actions that are wired, those of the best pairings first."""
        return tuple({each.action.key: each.action for each in self.pairings}.values())

    @cached_property
    def size(self) -> str:
        """Return “1,035 pairings”."""
        number = len(self.pairings)
        return f"{number:,} pairing{'' if number == 1 else 's'}"

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Return what a search reads of each pairing, in the order of the pairings."""
        return tuple(f"{each.title} {each.sentence}".casefold() for each in self.pairings)

    @cached_property
    def first(self) -> Pairing | None:
        """Return the best pairing; None where every one destroys something."""
        return next((each for each in self.pairings if not each.destructive), None)


@dataclass(frozen=True, eq=False)
class Offer:
    """Every app that is offered, and every ordered pair of two that has a pairing."""

    apps: Mapping[str, OfferedApp]
    pairs: Mapping[tuple[str, str], Pair]

    def app(self, key: str) -> OfferedApp:
        """Return the app; raises `NotOfferedError`."""
        return _found(filter(None, (self.apps.get(key),)), "app")

    def pair(self, source: str, target: str) -> Pair | None:
        """Return the pair from one app to another, or None where nothing goes that way."""
        return self.pairs.get((source, target))

    def from_app(self, key: str) -> Iterator[Pair]:
        """List the pairs whose triggers are this app's, those with most pairings first."""
        found = (pair for (source, _), pair in self.pairs.items() if source == key)
        yield from sorted(found, key=lambda pair: -len(pair.pairings))

    def to_app(self, key: str) -> Iterator[Pair]:
        """List the pairs whose actions are this app's, those with most pairings first."""
        found = (pair for (_, target), pair in self.pairs.items() if target == key)
        yield from sorted(found, key=lambda pair: -len(pair.pairings))


def current() -> Offer:
    """Return what is offered now; one query."""
    return offer_without(_switched_off())


def _switched_off() -> frozenset[str]:
    """Return what operators switched off: keys of apps, and refs of triggers and actions."""
    apps = models.App.objects.filter(enabled=False).order_by().values_list("key")
    triggers = models.Trigger.objects.switched_off().order_by().values_list("ref")
    actions = models.Action.objects.switched_off().order_by().values_list("ref")
    return frozenset(name for (name,) in apps.union(triggers, actions, all=True))


@lru_cache(maxsize=KEPT_OFFERS)
def offer_without(off: frozenset[str]) -> Offer:
    """Return the offer without these apps (keys), triggers and actions (refs)."""
    apps = {app.key: _app(app, off) for app in registry.APPS if app.key not in off}
    pairs = {
        (source.app.key, target.app.key): Pair(source, target, wired)
        for source in apps.values()
        for target in apps.values()
        if source is not target and (wired := _pairings(source.app, target.app, off))
    }
    return Offer(apps, pairs)


def _found[T](found: Iterator[T], what: str) -> T:
    for each in found:
        return each
    raise NotOfferedError(f"There is no such {what}.")


def _app(app: App, off: frozenset[str]) -> OfferedApp:
    triggers = (each for each in app.triggers if registry.trigger_ref(app, each) not in off)
    actions = (each for each in app.actions if not each.hidden and registry.action_ref(app, each) not in off)
    return OfferedApp(app, tuple(triggers), tuple(actions))


def _pairings(source: App, target: App, off: frozenset[str]) -> tuple[Pairing, ...]:
    """Return the pairings that may be chosen; whatever their rank, those that destroy something are last."""
    found = [
        each
        for each in pairings(source.key, target.key)
        if each.trigger_ref not in off and each.action_ref not in off and not each.action.hidden
    ]
    return tuple(sorted(found, key=lambda each: each.destructive))
