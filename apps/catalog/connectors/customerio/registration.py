"""One reporting webhook per connection (https://customer.io/docs/api/app/, tag “Reporting Webhooks”).

What Customer.io gives to work with: a webhook has a name and an address but no
metadata, so ours is told by both; the signing key is never in an answer, so
that a webhook made without one being known starts disabled; a change replaces
the whole object; and an empty list may be null.
"""

from typing import Any

from apps.catalog.connectors.customerio.client import PROVIDER, Api, build, exchange, items
from apps.catalog.connectors.customerio.events import (
    CONTENT,
    EVERY_TIME,
    by_registered_name,
    registered_name,
)
from apps.catalog.errors import Certainty, Permanent, Retryable
from apps.catalog.spec import Registered, RegistrationContext

NAME = "Tandem"
_PATH = "/v1/reporting_webhooks"
_SETTINGS = {EVERY_TIME: "full_resolution", CONTENT: "with_content"}
_MAX_NAME = 200

Webhook = dict[str, Any]


def ensure(context: RegistrationContext) -> Registered:
    """Make exactly one webhook of ours stand with the context's address and events.

    It is enabled where a signing key is known, else disabled: deliveries that
    can't be verified would hold up all later ones. Surplus ones of ours are
    deleted. Raises a `CallError`.
    """
    try:
        return _ensure(context)
    except Permanent as error:
        raise _explained(error, context) from None


def remove(context: RegistrationContext) -> None:
    """Delete every webhook of ours; one that is gone already is success. Raises a `CallError`."""
    try:
        for webhook in _ours(context):
            _delete(context, webhook)
    except Permanent as error:
        if error.status != 403:
            raise
        by_hand = f"delete the webhook for {context.url} by hand under Integrations › Reporting Webhooks"
        raise _with_remedy(error, f"{_GRANT}, or {by_hand}.") from None


def _ensure(context: RegistrationContext) -> Registered:
    ours = _ours(context)
    kept = ours[0] if ours else None
    for surplus in ours[1:]:
        _delete(context, surplus)
    if kept is None:
        return _registered(_written(context, "POST", _PATH, _wanted(context, {})))
    current = _retrieve(context, kept)
    if current is None:
        return _registered(_written(context, "POST", _PATH, _wanted(context, {})))
    wanted = _wanted(context, current)
    if wanted == _changeable(current):
        return _registered(current)
    return _registered(_written(context, "PUT", _address(current), wanted) | {"id": current["id"]})


def _ours(context: RegistrationContext) -> list[Webhook]:
    """Return our webhooks: the known one first, then the enabled ones."""
    found = [each for each in _all(context) if _is_ours(each, context)]
    return sorted(found, key=lambda each: (str(each["id"]) != context.known_id, bool(each.get("disabled"))))


def _is_ours(webhook: Webhook, context: RegistrationContext) -> bool:
    if context.known_id and str(webhook["id"]) == context.known_id:
        return True
    return webhook.get("name") == _name(context) or (
        bool(context.url) and webhook.get("endpoint") == context.url
    )


def _all(context: RegistrationContext) -> list[Webhook]:
    answer = _call(context, "GET", _PATH)
    return [each for each in items(answer.get("reporting_webhooks")) if _id_of(each)]


def _retrieve(context: RegistrationContext, webhook: Webhook) -> Webhook | None:
    """Read one webhook whole: a list need not tell everything that a change must repeat."""
    try:
        answer = _call(context, "GET", _address(webhook))
    except Permanent as error:
        if error.gone:
            return None
        raise
    return answer if _id_of(answer) else webhook


def _wanted(context: RegistrationContext, current: Webhook) -> Webhook:
    """Return the whole object as it is to be, on top of what stands there."""
    events = sorted(registered_name(each) for each in set(context.event_types) - _SETTINGS.keys())
    settings = {setting: each in context.event_types for each, setting in _SETTINGS.items()}
    return {
        **_changeable(current),
        "name": _name(context),
        "endpoint": context.url,
        "events": events,
        "disabled": not context.have_secret,
        **settings,
    }


def _changeable(webhook: Webhook) -> Webhook:
    """Return what may be written of a webhook, its events in order."""
    kept = {key: value for key, value in webhook.items() if key not in ("id", "type")}
    return kept | {"events": sorted(_names(webhook))}


def _written(context: RegistrationContext, method: str, path: str, webhook: Webhook) -> Webhook:
    """Write a webhook; what an answer leaves out stands as it was written."""
    answer = _call(context, method, path, webhook)
    if method == "POST" and not _id_of(answer):
        raise Retryable(
            f"{PROVIDER} answered the registration of the webhook without its id.",
            code="unreadable_answer",
            certainty=Certainty.UNCERTAIN,
            remedy="If this goes on, check that the connection's base address is Customer.io's App API.",
        )
    return {**webhook, **answer}


def _delete(context: RegistrationContext, webhook: Webhook) -> None:
    try:
        _call(context, "DELETE", _address(webhook))
    except Permanent as error:
        if not error.gone:
            raise


def _call(
    context: RegistrationContext, method: str, path: str, body: Webhook | None = None
) -> dict[str, Any]:
    request = build(context.account, Api.APP, method, path, body)
    return exchange(context.send, request, Api.APP, deadline=context.deadline)


def _address(webhook: Webhook) -> str:
    return f"{_PATH}/{_id_of(webhook)}"


def _id_of(webhook: Webhook) -> str:
    """Return the id as text, "" for what is no number and so no part of a path."""
    value = webhook.get("id")
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() else ""


def _name(context: RegistrationContext) -> str:
    return " ".join([NAME, *sorted(context.marker.values())])[:_MAX_NAME]


def _names(webhook: Webhook) -> list[str]:
    found = webhook.get("events")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _registered(webhook: Webhook) -> Registered:
    settings = [each for each, setting in _SETTINGS.items() if webhook.get(setting) is True]
    return Registered(
        id=_id_of(webhook),
        url=str(webhook.get("endpoint") or ""),
        event_types=(*(by_registered_name(name) for name in _names(webhook)), *settings),
        enabled=webhook.get("disabled") is not True,
    )


_GRANT = "Give the App API key the scope for reporting webhooks"


def _explained(error: Permanent, context: RegistrationContext) -> Permanent:
    """Return the error with what an operator can do about it."""
    if error.status == 403:
        return _with_remedy(error, f"{_GRANT} and press Repair, or register the webhook by hand.")
    if error.status == 400:
        return _with_remedy(error, f"Customer.io must be able to reach {context.url}: check PUBLIC_URL.")
    return error


def _with_remedy(error: Permanent, remedy: str) -> Permanent:
    return Permanent(
        error.message, code=error.code, remedy=remedy, status=error.status, field=error.field, gone=error.gone
    )
