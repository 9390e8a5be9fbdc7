"""What a service raises when it can't do what it was asked.

The admin, the API and the commands are thin doors: they show these errors as
they are, so every text is written for the person who reads it and never holds
a secret.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class ServiceError(Exception):
    """A request to a service that was refused.

    `message` says what failed and where, `remedy` what to do next. `code` is
    stable and for programs. `field` is the key of the form field or input at
    fault, if there is one. `details` lists single problems, each a mapping
    with at least `message`.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        remedy: str = "",
        field: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.remedy = remedy
        self.field = field
        self.details: list[dict[str, Any]] = [dict(detail) for detail in details]

    def as_dict(self) -> dict[str, Any]:
        """Return the API's error body: `code`, `message`, `details`, and `remedy` and `field` where set."""
        body: dict[str, Any] = {"code": self.code, "message": self.message, "details": self.details}
        if self.remedy:
            body["remedy"] = self.remedy
        if self.field:
            body["field"] = self.field
        return body

    def as_text(self) -> str:
        """Return message and remedy as one line for a banner or a terminal."""
        return f"{self.message} {self.remedy}".strip()


class ValidationFailed(ServiceError):  # noqa: N818 - read as a sentence where it is raised.
    """The input is not acceptable; `field` or `details` say where."""

    code = "invalid"


class Conflict(ServiceError):  # noqa: N818
    """Something changed meanwhile, or is in use: look again, then decide."""

    code = "conflict"


class NotAllowed(ServiceError):  # noqa: N818
    """The actor's role does not permit this."""

    code = "not_allowed"
