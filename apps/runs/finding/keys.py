"""The hashes under which runs are found: a part of the keyed hash, which is all that a search needs."""

from apps.common import crypto

STORED_BYTES = 16
"""Of the hash, 128 bits: no two values meet, and each run's keys take half the room."""


def stored_hash(value: str, *, kind: str, workspace: str) -> bytes:
    """Return what is stored of a value. Hashes of different kinds or workspaces never match."""
    return crypto.search_hash(value, kind=kind, workspace=workspace)[:STORED_BYTES]


def hashes_to_find(value: str, *, kind: str, workspace: str) -> list[bytes]:
    """Return what may be stored of a value: under each of SEARCH_KEYS, in part and, as once, whole."""
    whole = crypto.search_hashes(value, kind=kind, workspace=workspace)
    return [*(each[:STORED_BYTES] for each in whole), *whole]
