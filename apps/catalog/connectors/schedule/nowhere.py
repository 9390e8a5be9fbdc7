"""What an app without an account has in place of one: nothing to enter, nobody to call, no door."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.catalog.errors import SignatureError
from apps.catalog.spec import Account, Checked, Verified
from apps.catalog.transport import Request, Response, Send


def test(_: Account, __: Send) -> Checked:
    """Find everything in order, without a call."""
    return Checked("A schedule needs no account.")


def check(_: Mapping[str, str]) -> None:
    """Take no values."""


def label(_: Mapping[str, str]) -> str:
    """Say what kind of account it is."""
    return "No account needed"


def verify(_: Mapping[str, str], __: bytes, ___: Sequence[str], ____: float) -> Verified:
    """Refuse every request: due times come from the worker, never from outside. Raises `SignatureError`."""
    raise SignatureError("A schedule takes no requests.", code="no_secret")


def sign(_: bytes, __: str, ___: int) -> dict[str, str]:
    """Sign nothing, since nothing is sent."""
    return {}


def new_secret() -> str:
    """Return no secret: there is nothing to sign."""
    return ""


def handle(_: Request, state: dict[str, Any], __: float) -> tuple[Response, dict[str, Any]]:
    """Answer as an address where nobody is."""
    return Response(404, {}, b""), state
