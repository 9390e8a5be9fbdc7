"""One registration call at a time per connection: a lease in the endpoint's row."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from apps.catalog.transport import NotSent, Request, Response, Send
from apps.common.errors import Conflict
from apps.connections.models import Endpoint, PlatformEndpoint

LEASE_SECONDS = 30
CALLS_SECONDS = 25
"""What all calls under one lease may take together, so that they end before it does."""

WAIT_SECONDS = 12.0
_POLL_SECONDS = 0.1


@contextmanager
def held(endpoint: Endpoint | PlatformEndpoint, *, wait: float = WAIT_SECONDS) -> Iterator[uuid.UUID]:
    """Hold the endpoint's lease; yields the token that fences what is written under it.

    Waits for another holder up to `wait` seconds, then raises `Conflict`. A
    holder that died gives way after `LEASE_SECONDS`.
    """
    token, gives_up = uuid.uuid4(), time.monotonic() + wait
    while not _take(endpoint, token):
        if time.monotonic() >= gives_up:
            raise Conflict(
                f"{endpoint} is being changed by somebody else.",
                code="registration_busy",
                remedy="Try again in half a minute.",
            )
        time.sleep(_POLL_SECONDS)
    try:
        yield token
    finally:
        rows = type(endpoint)._default_manager.filter(pk=endpoint.pk, lease_token=token)
        rows.update(lease_token=None, lease_until=None)


def bounded(send: Send) -> Send:
    """Return a `Send` that stops sending when the time of one lease is used up."""
    ends_at = time.monotonic() + CALLS_SECONDS

    def send_in_time(request: Request, *, deadline: float) -> Response:
        left = ends_at - time.monotonic()
        if left <= 0:
            raise NotSent("The provider took too long over the calls before.", code="timeout")
        return send(request, deadline=min(deadline, left))

    return send_in_time


def _take(endpoint: Endpoint | PlatformEndpoint, token: uuid.UUID) -> bool:
    now = timezone.now()
    free = (
        type(endpoint)
        ._default_manager.filter(pk=endpoint.pk)
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    )
    return bool(free.update(lease_token=token, lease_until=now + timedelta(seconds=LEASE_SECONDS)))
