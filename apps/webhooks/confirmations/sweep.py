"""Reads received deliveries for what they report about calls of ours, whatever workflows listen to.

A cursor over the deliveries: each is read once, and only those of apps that report.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Report, WebhookScheme
from apps.common.crypto import SealError
from apps.connections.models import Connection
from apps.language import safe_json
from apps.language.errors import LanguageError
from apps.runs.models import Effect
from apps.runs.worker.sweeps import every
from apps.webhooks.confirmations.models import EffectReport, ReportCursor
from apps.webhooks.inbox import open_body
from apps.webhooks.models import Delivery

BATCH = 200
SECONDS = 0.5
"""How long one look may take."""

SETTLED = timedelta(seconds=10)
"""Deliveries get their numbers before they are committed: what is younger may still miss a neighbour."""

_ADDRESS = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")


@every(seconds=3)
def look(*, at: datetime) -> int:
    """Note what came since the last look; return how many reports were new to us."""
    until, noted = monotonic() + SECONDS, 0
    while True:
        done, found = _batch(at)
        noted += found
        if done or monotonic() >= until:
            return noted


def _batch(at: datetime) -> tuple[bool, int]:
    """Read one batch; tell whether nothing is left, and how many reports were new."""
    with transaction.atomic():
        cursor, _ = ReportCursor.objects.select_for_update().get_or_create(pk=1)
        settled = Delivery.objects.filter(pk__gt=cursor.last_delivery, received_at__lte=at - SETTLED)
        newest = settled.order_by("-pk").values_list("pk", flat=True).first()
        if newest is None:
            return True, 0
        schemes = _reporting()
        rows = Delivery.objects.filter(
            pk__gt=cursor.last_delivery, pk__lte=newest, connection__in=list(schemes)
        ).exclude(status=Delivery.Status.QUARANTINED)
        batch = list(rows.order_by("pk")[:BATCH]) if schemes else []
        found = _note([(row, report) for row in batch if (report := _read(row, schemes)) is not None])
        full = len(batch) == BATCH
        cursor.last_delivery = batch[-1].pk if full else newest
        cursor.save(update_fields=["last_delivery"])
    return not full, found


def _reporting() -> dict[int, WebhookScheme]:
    """Return the schemes of the connections whose app reports what became of a call."""
    found: dict[int, WebhookScheme] = {}
    for pk, key in Connection.objects.values_list("pk", "app"):
        try:
            scheme = registry.get_app(key).webhook if registry.is_built_in(key) else None
        except UnknownKeyError:
            continue
        if scheme is not None and scheme.read_report is not None:
            found[pk] = scheme
    return found


def _read(row: Delivery, schemes: dict[int, WebhookScheme]) -> Report | None:
    reads = schemes[row.connection_id].read_report
    if reads is None or not row.body or not row.event_id:
        return None
    try:
        payload = safe_json.loads(open_body(row))
    except (SealError, LanguageError):
        return None  # Nobody can read it any more; the delivery's own page says so.
    return reads(payload) if isinstance(payload, dict) else None


def _note(read: Sequence[tuple[Delivery, Report]]) -> int:
    """Write the reports whose call is one of the same workspace's; return how many were new."""
    if not read:
        return 0
    wanted = {report.provider_id[:200] for _, report in read}
    effects: dict[tuple[int, str], list[int]] = {}
    known = Effect.objects.filter(provider_id__in=wanted).values_list("workspace_id", "provider_id", "pk")
    for workspace, provider_id, pk in known:
        effects.setdefault((workspace, provider_id), []).append(pk)
    rows = list(_rows(read, effects))
    before = EffectReport.objects.filter(effect__in={row.effect_id for row in rows}).count() if rows else 0
    EffectReport.objects.bulk_create(rows, ignore_conflicts=True)
    after = EffectReport.objects.filter(effect__in={row.effect_id for row in rows}).count() if rows else 0
    return after - before


def _rows(
    read: Iterable[tuple[Delivery, Report]], effects: dict[tuple[int, str], list[int]]
) -> Iterator[EffectReport]:
    for delivery, report in read:
        for effect in effects.get((delivery.workspace_id, report.provider_id[:200]), ()):
            yield EffectReport(
                effect_id=effect,
                event_id=delivery.event_id,
                channel=report.channel[:20],
                metric=report.metric[:40],
                detail=_ADDRESS.sub("…", report.detail)[:300],
                trouble=report.trouble,
                by_machine=report.by_machine,
                happened_at=delivery.occurred_at or delivery.received_at,
                received_at=delivery.received_at,
            )
