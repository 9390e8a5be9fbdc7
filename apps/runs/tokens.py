"""Tokens of addresses that belong to one step of one run: derived, never stored.

A token is a keyed hash under SEARCH_KEYS of what it opens, so that a worker can
tell an address again without keeping it; the row keeps the token's own hash.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable

from django.conf import settings

from apps.common import crypto
from apps.runs.approvals.models import Approval


def wait_tokens(*, run: str, workspace: str, path: str) -> list[str]:
    """Return the token of a step that waits for a request, under each of SEARCH_KEYS, the current first."""
    return _tokens(f"{run}:{path}", kind="wait", workspace=workspace)


def approval_tokens(approval: Approval, email: str) -> list[str]:
    """Return the token of an addressee's link, under each of SEARCH_KEYS, the current first."""
    said = f"{approval.run.code}:{approval.path}:{approval.round}:{email.strip().lower()}"
    return _tokens(said, kind="approval", workspace=str(approval.workspace.code))


def hash_of(token: str) -> bytes:
    """Return what is stored of a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def wait_url(token: str) -> str:
    """Return the address of a step that waits; without PUBLIC_URL the one that this machine reaches."""
    return f"{settings.PUBLIC_URL or settings.LOCAL_URL}/v1/waits/{token}"


def tokens_in(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the tokens of waiting steps' addresses, which the run log masks like any key."""
    return tuple(address.rpartition("/")[2] for address in addresses)


def approval_url(token: str) -> str:
    """Return the address of an approval's link."""
    return f"{settings.PUBLIC_URL or settings.LOCAL_URL}/approvals/{token}/"


def _tokens(said: str, *, kind: str, workspace: str) -> list[str]:
    hashes = crypto.search_hashes(said, kind=kind, workspace=workspace)
    return [urlsafe_b64encode(each).rstrip(b"=").decode() for each in hashes]
