"""What two apps can do together: every trigger of one with every action of the other.

Each pairing has a sentence of its own and a rank. Hand-written where people
really use a pair, else composed of a part for the trigger and one for the
action; both have a default, so that every app is served.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from apps.catalog import registry
from apps.catalog.pairings.ranking import is_destructive, usefulness
from apps.catalog.pairings.sentences import sentence_of, written
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Action, App, Effect, Trigger

__all__ = ["POPULAR", "Pairing", "pairing", "pairings"]

POPULAR = 9
"""At most so many pairings of a direction are called popular."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """One trigger with one action.

    `sentence` is plain text and says what the pair is good for. `rank` is 1 for
    the most useful of the direction. A destructive one ends, deletes or pays
    back what can't be brought again; it comes last and is never popular.
    """

    trigger_app: App
    trigger: Trigger
    action_app: App
    action: Action
    trigger_ref: str
    action_ref: str
    sentence: str
    rank: int
    destructive: bool
    popular: bool

    @property
    def title(self) -> str:
        """Return “When Invoice Paid in Stripe, Track Custom Event in Customer.io”."""
        return (
            f"When {self.trigger.name} in {self.trigger_app.name}, "
            f"{self.action.name} in {self.action_app.name}"
        )


@cache
def pairings(trigger_app: str, action_app: str) -> tuple[Pairing, ...]:
    """Return every pairing of two built-in apps, best first; hidden actions are left out.

    Raises `UnknownKeyError`.
    """
    source, target = _built_in(trigger_app), _built_in(action_app)
    ordered = sorted(_pairs(source, target), key=lambda pair: _order(*pair))
    return tuple(
        _pairing(source, trigger, target, action, rank)
        for rank, (trigger, action) in enumerate(((pair[1], pair[3]) for pair in ordered), start=1)
    )


def pairing(trigger_ref: str, action_ref: str) -> Pairing:
    """Return the pairing of a trigger and an action of built-in apps. Raises `UnknownKeyError`."""
    source, _ = registry.get_trigger(trigger_ref)
    target, _ = registry.get_action(action_ref)
    found = _by_refs(source.key, target.key).get((trigger_ref, action_ref))
    if found is None:
        raise UnknownKeyError(action_ref, [each.action_ref for each in pairings(source.key, target.key)])
    return found


def _built_in(key: str) -> App:
    """Return an app that is the same for everybody; others belong to a workspace and change."""
    if not registry.is_built_in(key):
        raise UnknownKeyError(key, [app.key for app in registry.APPS])
    return registry.get_app(key)


@cache
def _by_refs(trigger_app: str, action_app: str) -> dict[tuple[str, str], Pairing]:
    return {(each.trigger_ref, each.action_ref): each for each in pairings(trigger_app, action_app)}


def _pairs(source: App, target: App) -> Iterator[tuple[App, Trigger, App, Action]]:
    for trigger in source.triggers:
        for action in target.actions:
            if not action.hidden:
                yield source, trigger, target, action


def _order(source: App, trigger: Trigger, target: App, action: Action) -> tuple[bool, bool, int]:
    """Order by what it does, then by use; what is equal keeps the connectors' own order."""
    trigger_ref, action_ref = registry.trigger_ref(source, trigger), registry.action_ref(target, action)
    return (
        is_destructive(action_ref, action),
        action.effect is Effect.READ,
        -usefulness(trigger_ref, action_ref),
    )


def _pairing(source: App, trigger: Trigger, target: App, action: Action, rank: int) -> Pairing:
    trigger_ref, action_ref = registry.trigger_ref(source, trigger), registry.action_ref(target, action)
    destructive = is_destructive(action_ref, action)
    return Pairing(
        trigger_app=source,
        trigger=trigger,
        action_app=target,
        action=action,
        trigger_ref=trigger_ref,
        action_ref=action_ref,
        sentence=sentence_of(source, trigger, target, action),
        rank=rank,
        destructive=destructive,
        popular=rank <= POPULAR
        and not (destructive or action.danger)
        and written(trigger_ref, action_ref) is not None,
    )
