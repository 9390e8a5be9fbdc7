"""How a call to a provider fails, classed by what must happen next.

Connectors raise these; `apps.workflows.engine.outcomes` decides with the
action's effect and idempotency what the run does.
"""

from enum import StrEnum

from apps.catalog.transport import EgressRefused, NotSent, TransportError


class Certainty(StrEnum):
    """What is known about a call that did not succeed."""

    NOT_DONE = "not_done"  # Surely nothing changed: refused connection, 429.
    UNCERTAIN = "uncertain"  # It may have happened: timeout after sending, 5xx, crash.
    REFUSED = "refused"  # The provider understood and said no: 400, 402, 403, 404.


class CallError(Exception):
    """A call that failed.

    `message` says what failed, `remedy` what to do next; both are shown to
    operators and never contain a secret. `code` is stable and for programs.
    `status` is the HTTP status, if there was an answer.
    """

    certainty = Certainty.REFUSED

    def __init__(self, message: str, *, code: str, remedy: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy
        self.status = status


class Retryable(CallError):  # noqa: N818 - the field's standard term.
    """May be repeated when that is safe. `after` is the provider's wish in seconds, if any."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        certainty: Certainty,
        after: float | None = None,
        remedy: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, remedy=remedy, status=status)
        self.certainty = certainty
        self.after = after


class Permanent(CallError):  # noqa: N818
    """Repeating can't help: the provider refused the request, or the input is wrong.

    `field` is the key of the input that was refused, where that is known.
    `gone` marks "the thing does not exist" (404), which after an uncertain
    delete counts as success.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        remedy: str = "",
        status: int | None = None,
        field: str | None = None,
        gone: bool = False,
    ) -> None:
        super().__init__(message, code=code, remedy=remedy, status=status)
        self.field = field
        self.gone = gone


def wrong_value(field: str, message: str, remedy: str, *, code: str = "invalid") -> Permanent:
    """Return the refusal of one entered value, for an Auth's `check`."""
    return Permanent(message, code=code, remedy=remedy, field=field)


class NeedsHuman(CallError):  # noqa: N818
    """The credentials were refused (401): confirm with the test call, then park and ask."""


class SignatureError(Exception):
    """A delivery whose signature does not verify. `code` names the reason; it is counted, never stored."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code  # missing_header | malformed_header | no_match | too_old | in_future | no_secret


class UnreadableEventError(Exception):
    """A verified delivery whose id or type can't be read; it goes to quarantine with this reason."""


def from_transport(error: TransportError) -> CallError:
    """Class a request that got no answer: surely not done, uncertain, or never allowed."""
    if isinstance(error, EgressRefused):
        return Permanent(
            error.reason,
            code=error.code,
            remedy="Check the connection's base address, or list its host and port in EGRESS_ALLOW.",
        )
    certainty = Certainty.NOT_DONE if isinstance(error, NotSent) else Certainty.UNCERTAIN
    return Retryable(error.reason, code=error.code, certainty=certainty)
