"""Which inputs of an action decide whom, what or how much, so that a model must not fill them freely."""

import re
from typing import Final

from apps.catalog.spec import Action, Effect, Field, FieldType, Semantic

_SEMANTICS: Final = {
    Semantic.EMAIL: "says who is meant",
    Semantic.PERSON_ID: "says who is meant",
    Semantic.PHONE: "says who is meant",
    Semantic.CUSTOMER: "says who is meant",
    Semantic.SUBSCRIPTION: "says what is meant",
    Semantic.INVOICE: "says what is meant",
    Semantic.CHARGE: "says what is meant",
    Semantic.PAYMENT_INTENT: "says what is meant",
    Semantic.AMOUNT: "says how much",
    Semantic.CURRENCY: "says how much",
    Semantic.URL: "says where to",
}
_TYPES: Final = {FieldType.EMAIL: "says who is meant", FieldType.URL: "says where to"}
_WHO: Final = re.compile(
    r"(.*_)?(id|ids|identifier|email|mail|to|cc|bcc|from|reply_to|recipients?|phone|user|customer|person|"
    r"channel|account|address|url|subscription|invoice|charge|payment_intent|coupon|key)"
)
_HOW_MUCH: Final = re.compile(r"(.*_)?(amount|price|total|quantity|currency|discount|percent_off|credit)")
_HTTP_BODIES: Final = ("json", "form", "text")


def why_fixed(action: Action, key: str, inner: tuple[str, ...], *, never: bool) -> str:
    """Return why an input must not be filled freely, "" where it may."""
    if never:
        return "is part of the request's address or headers"
    decides = _decides(action.input(key), key)
    for name in inner:
        decides = decides or _named(name)
    if decides:
        return decides
    if action.effect is Effect.CREATE:
        return f"goes into “{action.name}”, which creates something"
    if action.effect is Effect.DELETE:
        return f"goes into “{action.name}”, which deletes something"
    return ""


def is_whole_body(action: Action, key: str, inner: tuple[str, ...]) -> bool:
    """Tell whether an input is a write's body as a whole: who and how much may stand anywhere in it."""
    return action.effect is not Effect.READ and key in _HTTP_BODIES and not inner


def _decides(field: Field | None, key: str) -> str:
    if field is not None:
        if field.semantic in _SEMANTICS:
            return _SEMANTICS[field.semantic]
        if field.type in _TYPES:
            return _TYPES[field.type]
        if field.narrows:
            return "says what is meant"
    return _named(key)


def _named(key: str) -> str:
    folded = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()).strip("_")
    if _HOW_MUCH.fullmatch(folded):
        return "says how much"
    return "says who or what is meant" if _WHO.fullmatch(folded) else ""
