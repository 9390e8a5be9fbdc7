"""The worker's look at authorisations: forgets old ones, and has tokens renewed ahead of their end.

A renewal is a call to a provider, so it is a task of its own in a child of the
cluster; the look itself only reads. Each task carries a number and may be lost or
doubled: the lease in the grant's row lets one renewal be sent.
"""

import time
from datetime import datetime

from django_q.tasks import async_task

from apps.connections.oauth import flow, refreshing
from apps.connections.oauth.models import OAuthGrant

EVERY_SECONDS = 10.0
BATCH = 20
RENEW_TASK = "apps.connections.oauth.sweep.renew"

_next = [0.0]


def look(*, at: datetime) -> int:
    """Look every ten seconds; return how many runs that moves, which is none."""
    now = time.monotonic()
    if now < _next[0]:
        return 0
    _next[0] = now + EVERY_SECONDS
    flow.forget_old()
    for number in OAuthGrant.objects.due(at=at).order_by("refresh_at").values_list("pk", flat=True)[:BATCH]:
        async_task(RENEW_TASK, number)
    return 0


def renew(number: int) -> None:
    """Renew the token of one grant, if that is still due and nobody else does."""
    grant = OAuthGrant.objects.select_related("connection__workspace").filter(pk=number).first()
    if grant is not None:
        refreshing.refresh(grant)
