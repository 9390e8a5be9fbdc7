"""The idempotency key of a call: derived, not drawn.

A restored backup, an event that comes again and a second worker make the same
key, so that the provider can tell a repetition from a new call.
"""

import hashlib

_VERSION = "tandem.key.1"
_LENGTH_BYTES = 4


def derive_key(
    *,
    connection: str,
    event_id: str,
    workflow: str,
    path: str,
    item: int = 0,
    replay: int = 0,
    generation: int = 0,
) -> str:
    """Return the key of one call as 64 hex characters.

    `connection` is the code of the trigger's connection, in which `event_id` is
    unique; `workflow` the workflow's code, `path` the step's. `generation` grows
    only when a person decides that a call be made anew.
    """
    digest = hashlib.sha256()
    for part in (_VERSION, connection, event_id, workflow, path, str(item), str(replay), str(generation)):
        data = part.encode()
        # Lengths keep the parts apart: ("ab", "c") and ("a", "bc") differ.
        digest.update(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
    return digest.hexdigest()
