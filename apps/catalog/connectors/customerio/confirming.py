"""What a reporting event says about a message that an action of ours had Customer.io send.

The answer to Send Transactional Email and the reporting events about the same
message carry the same delivery id: https://customer.io/docs/api/webhooks/.
"""

from collections.abc import Mapping
from typing import Any

from apps.catalog.spec import Report

_TROUBLE = frozenset({"bounced", "dropped", "failed", "undeliverable", "spammed"})
_MACHINE = {"opened": ("prefetched",), "clicked": ("machine",)}


def read_report(payload: Mapping[str, Any]) -> Report | None:
    """Return what the event reports about one message; None for events about people."""
    data = payload.get("data")
    channel, metric = payload.get("object_type"), payload.get("metric")
    if not isinstance(data, Mapping) or not isinstance(channel, str) or not isinstance(metric, str):
        return None
    delivery_id = data.get("delivery_id")
    if not isinstance(delivery_id, str) or not delivery_id or channel == "customer" or not metric:
        return None
    detail = data.get("failure_message")
    return Report(
        provider_id=delivery_id,
        channel=channel,
        metric=metric,
        trouble=metric in _TROUBLE,
        by_machine=any(data.get(flag) is True for flag in _MACHINE.get(metric, ())),
        detail=detail if isinstance(detail, str) else "",
    )
