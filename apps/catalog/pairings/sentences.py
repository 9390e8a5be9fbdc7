"""The sentence of each pairing."""

from apps.catalog import registry
from apps.catalog.pairings import customerio_to_stripe, starts, stripe_to_customerio, team
from apps.catalog.pairings.gains import GAINS
from apps.catalog.pairings.moments import MOMENTS
from apps.catalog.pairings.parts import Gain, Moment, Written
from apps.catalog.spec import Action, App, Effect, Semantic, Trigger

WRITTEN = {
    **stripe_to_customerio.WRITTEN,
    **customerio_to_stripe.WRITTEN,
    **team.WRITTEN,
    **starts.WRITTEN,
}
"""By trigger ref and action ref."""

_SOMEBODY = "a person that you choose"
_PERSONAL = (Semantic.EMAIL, Semantic.PERSON_ID, Semantic.CUSTOMER)
_GAIN_OF = {
    Effect.READ: "to have the answer at hand in the steps that follow",
    Effect.UPSERT: "so that both sides stay in step",
    Effect.CREATE: "without anybody doing it by hand",
    Effect.DELETE: "which can't be taken back",
}


def sentence_of(source: App, trigger: Trigger, target: App, action: Action) -> str:
    """Return the sentence of a pair: as written for it, else composed of its two parts."""
    trigger_ref, action_ref = registry.trigger_ref(source, trigger), registry.action_ref(target, action)
    by_hand = written(trigger_ref, action_ref)
    if by_hand is not None:
        return by_hand.sentence
    moment = MOMENTS.get(trigger_ref) or _default_moment(source, trigger)
    gain = GAINS.get(action_ref) or _default_gain(target, action)
    return _composed(moment, gain)


def written(trigger_ref: str, action_ref: str) -> Written | None:
    """Return what was written for this very pair, or None."""
    return WRITTEN.get((trigger_ref, action_ref))


def _composed(moment: Moment, gain: Gain) -> str:
    if moment.who and "{who}" in gain.does:
        return f"{gain.does.format(who=moment.who)}, {gain.gain}."
    return f"{gain.does.format(who=_SOMEBODY)} whenever {moment.clause}, {gain.gain}."


def _default_moment(app: App, trigger: Trigger) -> Moment:
    concerns = any(field.semantic in _PERSONAL for field in trigger.fields)
    name = f"“{trigger.name}”"
    return Moment(f"{app.name} reports {name}", f"the person in {app.name}'s {name}" if concerns else "")


def _default_gain(app: App, action: Action) -> Gain:
    concerns = any(field.semantic in _PERSONAL for field in action.inputs)
    does = f"Run “{action.name}” in {app.name}"
    return Gain(f"{does} for {{who}}" if concerns else does, _GAIN_OF[action.effect])
