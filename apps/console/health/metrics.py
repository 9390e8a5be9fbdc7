"""The installation's figures for Prometheus, read from the database when they are asked for.

So every web process answers the same, and none has to be asked in particular.
"""

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from apps.common.version import VERSION
from apps.connections.models import Connection
from apps.runs.models import Heartbeat, Run, Tally
from apps.runs.worker import heartbeats
from apps.webhooks.models import Delivery, Refusal

FRESH = timedelta(seconds=15)
OPEN = ("queued", "running", "waiting", "parked", "held", "needs_decision")
COUNTED = ("succeeded", "filtered", "failed", "cancelled")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus's text format; to whoever has METRICS_TOKEN, and to superusers. Else 404."""
    if not (_has_token(request) or _is_superuser(request)):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE)


def _has_token(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and getattr(request.user, "is_superuser", False)


class _Collector:
    """Reads every figure by an index or from the tallies; nothing here grows with the run log."""

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        now = datetime.now(UTC)
        version = GaugeMetricFamily("tandem_info", "The version that answers.", labels=["version"])
        version.add_metric([VERSION], 1)
        yield version
        yield from self._runs(now)
        yield from self._worker(now)
        yield from self._connections()
        refused = CounterMetricFamily(
            "tandem_requests_refused", "Webhook requests refused.", labels=["reason"]
        )
        for reason, number in Refusal.objects.order_by().values_list("reason").annotate(sum=Sum("count")):
            refused.add_metric([reason], number)
        yield refused
        quarantined = Delivery.objects.filter(status=Delivery.Status.QUARANTINED).count()
        yield GaugeMetricFamily("tandem_deliveries_quarantined", "Deliveries in quarantine.", quarantined)

    def _runs(self, now: datetime) -> Iterator[Metric]:
        unfinished = GaugeMetricFamily(
            "tandem_runs_unfinished", "Runs not ended, by status.", labels=["status"]
        )
        for status in OPEN:
            unfinished.add_metric([status], Run.objects.filter(status=status).count())
        yield unfinished
        due = Run.objects.next_due_at()
        age = max(0.0, (now - due).total_seconds()) if due else 0.0
        yield GaugeMetricFamily("tandem_backlog_age_seconds", "How long the oldest due run has waited.", age)
        totals = Tally.objects.aggregate(**{name: Sum(name) for name in COUNTED})
        ended = CounterMetricFamily(
            "tandem_runs_ended", "Runs of the last 400 days by how they ended.", labels=["status"]
        )
        for name in COUNTED:
            ended.add_metric([name], totals[name] or 0)
        yield ended

    def _worker(self, now: datetime) -> Iterator[Metric]:
        fresh = Heartbeat.objects.filter(beat_at__gte=now - FRESH)
        yield GaugeMetricFamily(
            "tandem_worker_loops",
            "Worker loops that gave a sign of life in the last 15 seconds.",
            fresh.filter(kind=heartbeats.DRAIN).count(),
        )

    def _connections(self) -> Iterator[Metric]:
        found = GaugeMetricFamily(
            "tandem_connections", "Connections by app and status.", labels=["app", "status"]
        )
        rows = Connection.objects.order_by().values_list("app", "status").annotate(number=Count("pk"))
        for app, status, number in rows:
            found.add_metric([app, status], number)
        yield found
