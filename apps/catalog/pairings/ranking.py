"""How useful a pairing is, and what must never be recommended."""

from apps.catalog.pairings.gains import GAINS
from apps.catalog.pairings.moments import MOMENTS
from apps.catalog.pairings.parts import Gain, Moment
from apps.catalog.pairings.sentences import written
from apps.catalog.spec import Action, Effect

_ENDING = frozenset({"stripe.create-refund", "stripe.call-any-endpoint"})
"""Pays money back, or can do so: nobody's default, though the provider calls it creating."""

_UNWEIGHED = 20
_WITHOUT_PERSON = 30
"""What is done for a person is worth less where the event names none."""


def is_destructive(action_ref: str, action: Action) -> bool:
    """Tell whether the action ends, deletes or pays back, as its recipe does it."""
    return action.effect is Effect.DELETE or action_ref in _ENDING


def usefulness(trigger_ref: str, action_ref: str) -> int:
    """Return 0 to 200: as written for the pair, else what both parts weigh together."""
    by_hand = written(trigger_ref, action_ref)
    if by_hand is not None:
        return by_hand.usefulness
    moment, gain = MOMENTS.get(trigger_ref), GAINS.get(action_ref)
    lost = _WITHOUT_PERSON if moment and gain and not moment.who and "{who}" in gain.does else 0
    return max(_weight(moment) + _weight(gain) - lost, 0)


def _weight(part: Moment | Gain | None) -> int:
    return _UNWEIGHED if part is None else part.weight
