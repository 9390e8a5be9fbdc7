"""Public identifiers and unguessable tokens."""

import secrets
import uuid


def new_code() -> uuid.UUID:
    """Return a random public id (UUID version 4): it tells neither order nor count."""
    return uuid.uuid4()


def new_token(nbytes: int = 32) -> str:
    """Return a URL-safe token of `nbytes` random bytes, about 4/3 as many characters."""
    return secrets.token_urlsafe(nbytes)
