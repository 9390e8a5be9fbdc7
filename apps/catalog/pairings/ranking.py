"""How useful a pairing is, and what must never be recommended."""

from apps.catalog.pairings.gains import GAINS
from apps.catalog.pairings.moments import MOMENTS
from apps.catalog.pairings.parts import Gain, Moment
from apps.catalog.pairings.sentences import written
from apps.catalog.spec import Action, Effect

_ENDING = frozenset({"stripe.create-refund", "stripe.call-any-endpoint"})
"""Pays money back, or can do so: nobody's default, though the provider calls it creating."""

_UNWEIGHED = 20


def is_destructive(action_ref: str, action: Action) -> bool:
    """Tell whether the action ends, deletes or pays back, by itself or in one of its modes."""
    modes = (mode.effect for mode in action.modes.values())
    return action_ref in _ENDING or Effect.DELETE in (action.effect, *modes)


def usefulness(trigger_ref: str, action_ref: str) -> int:
    """Return 0 to 200: as written for the pair, else what both parts weigh together."""
    by_hand = written(trigger_ref, action_ref)
    if by_hand is not None:
        return by_hand.usefulness
    return _weight(MOMENTS.get(trigger_ref)) + _weight(GAINS.get(action_ref))


def _weight(part: Moment | Gain | None) -> int:
    return _UNWEIGHED if part is None else part.weight
