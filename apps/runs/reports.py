"""What providers reported about an effect, as pages show it: one badge, and what happened when.

The rows are `effect.reports`, which a room above writes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from apps.common import look
from apps.runs.models import Effect
from apps.runs.timeline import exact, in_words

_ORDER = ("clicked", "opened", "delivered", "sent", "attempted", "drafted")
"""What says most about a message, first."""

NOT_REPORTED = "Not reported"


@dataclass(frozen=True, slots=True)
class Told:
    """One report: what happened, when, and how long after the call was sent."""

    words: str
    when: SafeString
    after: str
    detail: str
    badge: SafeString


def summary(effect: Effect) -> SafeString:
    """Return what is known of an effect's end as a badge; trouble outweighs everything."""
    rows = list(_rows(effect))
    if not rows:
        return look.badge("neutral", NOT_REPORTED if effect.provider_id else look.NOTHING)
    trouble = next((row for row in rows if row.trouble), None)
    if trouble is not None:
        return look.badge("failed", trouble.metric.capitalize())
    told = min(rows, key=_rank)
    tone = look.Tone.SUCCESS if _rank(told) < _ORDER.index("sent") else look.Tone.INFO
    return look.badge(told.metric, _words(told).capitalize(), tone=tone)


def history(effect: Effect) -> list[Told]:
    """Return every report, in the order in which it happened."""
    return [_told(row, effect.sent_at) for row in _rows(effect)]


def sentence(effect: Effect) -> str:
    """Return the reports in one line: “delivered 12 s later, opened 3 min later”."""
    return ", ".join(f"{each.words} {each.after}".strip() for each in history(effect))


def _rows(effect: Effect) -> Iterable[Any]:
    return effect.reports.all()


def _rank(row: Any) -> float:
    # A machine that loads the images says less than that the message arrived.
    if row.by_machine:
        return _ORDER.index("delivered") + 0.5
    return _ORDER.index(row.metric) if row.metric in _ORDER else len(_ORDER)


def _words(row: Any) -> str:
    return str(row.metric).replace("_", " ") + (" by a machine" if row.by_machine else "")


def _told(row: Any, sent_at: datetime) -> Told:
    seconds = (row.happened_at - sent_at).total_seconds()
    words = _words(row)
    return Told(
        words=words,
        when=exact(row.happened_at),
        # Providers tell whole seconds: what came within the first may seem to come before.
        after=f"{in_words(max(seconds, 0))} later",
        detail=row.detail,
        badge=look.badge("failed" if row.trouble else "info", words.capitalize()),
    )
