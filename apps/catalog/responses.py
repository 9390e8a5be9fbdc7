"""Reading of HTTP answers for connectors that speak HTTP themselves.

A connector turns an answer into a `CallError` with `failure` and reads bodies
with `json_object`; both are pure and never raise for anything a provider sends.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from apps.catalog.errors import CallError, Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.transport import Response

MAX_DETAIL = 500
"""Characters of a provider's own message that are kept in an error."""

MAX_RETRY_AFTER = 86_400.0
"""Seconds; a provider's slip must not put a call off for a year."""

_WORDS = ("message", "detail", "description", "title", "reason", "error_description")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_DIGITS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def json_object(response: Response) -> dict[str, Any] | None:
    """Return the body as a JSON object, or None when it is anything else.

    None for HTML pages, lists, broken or hostile JSON (depth, huge numbers,
    NaN) and bodies that are not UTF-8.
    """
    try:
        parsed = json.loads(response.body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # Broken UTF-8 and too long numbers are ValueErrors.
        return None
    return parsed if isinstance(parsed, dict) else None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def is_html(response: Response) -> bool:
    """Tell whether the answer is a web page, by its type or by how it starts."""
    if "html" in response.headers.get("content-type", "").lower():
        return True
    return response.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))


def retry_after(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Return the seconds that `Retry-After` asks to wait, or None.

    It is a number of seconds or an HTTP date (RFC 9110, 10.2.3). A date is
    measured from `now` (unix seconds), else from the answer's own `Date`; with
    neither it says nothing. Never negative, at most `MAX_RETRY_AFTER`.
    """
    value = headers.get("retry-after", "").strip()
    if _DIGITS.fullmatch(value):
        return min(float(value), MAX_RETRY_AFTER)
    moment = _http_date(value)
    start = now if now is not None else _http_date(headers.get("date", ""))
    if moment is None or start is None or not math.isfinite(start):
        return None
    return min(max(0.0, moment - start), MAX_RETRY_AFTER)


def _http_date(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    # An HTTP date is always GMT; "-0000" makes the parser leave the zone out.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def shown(text: str) -> str:
    """Return a provider's text fit for one line of an error: no control characters, not long."""
    clean = _CONTROL.sub(" ", text).strip()
    return clean if len(clean) <= MAX_DETAIL else clean[: MAX_DETAIL - 1] + "…"


def own_words(response: Response) -> str:
    """Return what an error's body says, from the usual shapes of one in JSON; "" where it says nothing."""
    answer = json_object(response)
    if answer is None:
        return ""
    errors = answer.get("errors")
    holders = [answer.get("error"), errors[0] if isinstance(errors, list) and errors else errors, answer]
    return next((text for text in map(_words, holders) if text), "")


def _words(holder: Any) -> str:
    if isinstance(holder, str):
        return shown(holder)
    if not isinstance(holder, Mapping):
        return ""
    found = next((holder[name] for name in _WORDS if isinstance(holder.get(name), str)), "")
    return shown(found)


def failure(
    response: Response,
    *,
    provider: str,
    detail: str = "",
    remedy: str = "",
    now: float | None = None,
) -> CallError | None:
    """Class an answer by its status; None for 2xx.

    `provider` names who answered, `detail` is the provider's own message,
    `remedy` replaces the general one. 401 needs a person; 429 was surely not
    done; 408 and 5xx may have been done; redirects are never followed; a 404 or
    410 says that the thing is gone unless it came as a web page, which only says
    that the address is wrong.
    """
    status = response.status
    if 200 <= status < 300:
        return None
    message = _message(provider, status, shown(detail))
    if status == 401:
        return NeedsHuman(
            message, code="unauthorized", remedy=remedy or "Enter the credentials again.", status=status
        )
    if status == 429:
        return Retryable(
            message,
            code="rate_limited",
            certainty=Certainty.NOT_DONE,
            after=retry_after(response.headers, now=now),
            remedy=remedy,
            status=status,
        )
    if status == 408 or not 300 <= status < 500:
        return Retryable(
            message,
            code="provider_error",
            certainty=Certainty.UNCERTAIN,
            after=retry_after(response.headers, now=now),
            remedy=remedy,
            status=status,
        )
    return _permanent(response, message=message, remedy=remedy)


def unreadable(response: Response, *, provider: str) -> Retryable:
    """Return the error for a 2xx whose body can't be read: the call may have been done."""
    kind = "a web page" if is_html(response) else "an answer that can't be read"
    return Retryable(
        f"{provider} answered {response.status} with {kind}.",
        code="unreadable_answer",
        certainty=Certainty.UNCERTAIN,
        remedy="If this goes on, check that the connection's base address is the provider's API.",
        status=response.status,
    )


_CODES = {
    400: ("invalid_request", "Correct the step's fields."),
    402: ("payment_required", "Check the plan and its limits at the provider."),
    403: ("forbidden", "Give the key the permission that this call needs, or use another key."),
    404: ("not_found", "Check the identifier; the thing does not exist there."),
    410: ("not_found", "The thing no longer exists there."),
    413: ("too_large", "Send less data in this step."),
}


def _permanent(response: Response, *, message: str, remedy: str) -> Permanent:
    status = response.status
    page = is_html(response)
    if 300 <= status < 400:
        code, general = "redirected", "Check the address of the connection; redirects are not followed."
    elif status in {404, 410} and page:
        code, general = "wrong_address", "Nothing answers there: check the connection's base address."
    else:
        code, general = _CODES.get(status, ("refused", "Correct the step's fields."))
    return Permanent(
        message,
        code=code,
        remedy=remedy or general,
        status=status,
        gone=status in {404, 410} and not page,
    )


def _message(provider: str, status: int, detail: str) -> str:
    verb = {401: "refused the credentials", 404: "did not find it", 429: "asks to slow down"}.get(status)
    if verb is None:
        verb = (
            "refused the request" if 400 <= status < 500 and status != 408 else "did not answer as expected"
        )
        verb = "redirected the request" if 300 <= status < 400 else verb
    return f"{provider} {verb} ({status})" + (f": {detail}" if detail else ".")
