"""What Stripe's refusals mean for the call: repeat, give up, or ask a person.

Statuses and codes: https://docs.stripe.com/api/errors,
https://docs.stripe.com/error-codes, https://docs.stripe.com/error-low-level.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.catalog.connectors.stripe.flatten import dig
from apps.catalog.errors import CallError, Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.responses import retry_after, shown
from apps.catalog.transport import Response

# Stripe repeats keys in messages, partly masked; the rest of a key is still part of a key.
_KEY = re.compile(r"\b(?:sk|rk|pk|whsec)_[^\s'\"`,;)]*")
_PERMISSION = re.compile(r"\brak_([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Stripe's answer that is not a success, with what its error object says."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = ""
    code: str = ""
    param: str = ""
    message: str = ""
    decline_code: str = ""

    @property
    def said(self) -> str:
        """Stripe's own words as the end of a sentence, without any part of a key."""
        text = shown(_KEY.sub("…", self.message))
        return f": {text}" if text else "."


def read_refusal(answer: Response, body: object) -> Refusal:
    """Return the refusal; `body` is the parsed answer or anything else if it has none."""

    def text(name: str) -> str:
        value = dig(body, "error", name)
        return value if isinstance(value, str) else ""

    return Refusal(
        status=answer.status,
        headers=answer.headers,
        type=text("type"),
        code=text("code"),
        param=text("param"),
        message=text("message"),
        decline_code=text("decline_code"),
    )


def failure(refusal: Refusal, fields: Mapping[str, str]) -> CallError:
    """Return the error to raise; `fields` names the input behind each of Stripe's parameters."""
    status = refusal.status
    if status == 429 or refusal.code == "rate_limit":
        return _slow_down(refusal)
    if status in {408, 409, 424} or status >= 500:
        return _uncertain(refusal)
    if status == 401:
        return NeedsHuman(
            "Stripe refused the secret key of this connection (401).",
            code="unauthorized",
            remedy="Paste a key that starts with sk_ or rk_ under Connections.",
            status=401,
        )
    if status == 403:
        return _forbidden(refusal)
    return _permanent(refusal, fields)


def unreadable(answer: Response) -> Retryable:
    """Return the error for a success whose body can't be read: the call may have been done."""
    return Retryable(
        f"Stripe answered {answer.status} with a body that can't be read.",
        code="unreadable_answer",
        certainty=Certainty.UNCERTAIN,
        remedy="If this goes on, check that the connection's base address is Stripe's API.",
        status=answer.status,
    )


def _slow_down(refusal: Refusal) -> Retryable:
    """Class a limit. A locked object is answered likewise: nothing was done, try again."""
    locked = refusal.code == "lock_timeout"
    reason = "is working on the same object for another call" if locked else "asks to slow down"
    return Retryable(
        f"Stripe {reason} ({refusal.status}){refusal.said}",
        code="lock_timeout" if locked else "rate_limited",
        certainty=Certainty.NOT_DONE,
        after=retry_after(refusal.headers),
        status=refusal.status,
    )


def _uncertain(refusal: Refusal) -> Retryable:
    """Class a call that may have been done; the same key makes repeating it harmless.

    `Stripe-Should-Retry: false` changes nothing: it means that the same key is
    answered from memory, which is the answer that is wanted.
    """
    conflict = refusal.status == 409
    reason = "is still working on the same request" if conflict else "could not answer"
    return Retryable(
        f"Stripe {reason} ({refusal.status}){refusal.said}",
        code="conflict" if conflict else "provider_error",
        certainty=Certainty.UNCERTAIN,
        after=retry_after(refusal.headers),
        status=refusal.status,
    )


def _forbidden(refusal: Refusal) -> Permanent:
    named = _PERMISSION.search(refusal.message)
    permission = f"the permission {named[1]}" if named else "a permission"
    return Permanent(
        f"The key of this connection lacks {permission} that this call needs (403).",
        code="forbidden",
        remedy="Edit the restricted key in the Stripe Dashboard under Developers → API keys, "
        "or paste a key that has it under Connections.",
        status=403,
    )


def _permanent(refusal: Refusal, fields: Mapping[str, str]) -> Permanent:
    field_key = fields.get(_top_level(refusal.param))
    gone = refusal.code == "resource_missing" and refusal.status == 404
    code, remedy = _reason(refusal, gone=gone)
    declined = f" (decline code {refusal.decline_code})" if refusal.decline_code else ""
    return Permanent(
        f"Stripe refused the call ({refusal.status}){refusal.said}{declined}",
        code=code,
        remedy=remedy,
        status=refusal.status,
        field=field_key,
        gone=gone,
    )


def _reason(refusal: Refusal, *, gone: bool) -> tuple[str, str]:
    if refusal.type == "idempotency_error":
        return (
            "idempotency_mismatch",
            "The same idempotency key was used for other values. Run the workflow again as a new run.",
        )
    if refusal.status == 402:
        return refusal.code or "card_declined", "Ask the payer for another payment method."
    if gone:
        return (
            "resource_missing",
            "Check the id, and that the connection's mode (test or live) is the one it was made in.",
        )
    if refusal.status == 404 and not refusal.code:
        return "wrong_address", "Check the connection's base address: it must be Stripe's API."
    if 300 <= refusal.status < 400:
        return "redirected", "Check the connection's base address; redirects are not followed."
    return refusal.code or "invalid_request", "Correct the step's fields."


def _top_level(param: str) -> str:
    """Return the parameter's own name: `items[0][price]` is about `items`."""
    return param.partition("[")[0]


def not_sent(error: Exception) -> Permanent:
    """Return the error for a call that the SDK refused to build."""
    return Permanent(
        f"The call to Stripe could not be built ({type(error).__name__}).",
        code="invalid_request",
        remedy="Correct the step's fields.",
    )


def missing_key() -> Permanent:
    """Return the error for a connection that only receives events."""
    return Permanent(
        "This connection has no secret key; it can only receive events.",
        code="missing_key",
        remedy="Paste a key that starts with sk_ or rk_ under Connections.",
        field="api_key",
    )
