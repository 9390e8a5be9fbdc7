"""Small pieces of HTML that every room's pages are made of.

All of them escape what they are given, read well in the light and the dark
theme (static/common/tandem.css) and need no script. Import them from
`apps.common.look`.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.common.masking import truncate_bytes

NOTHING = "–"
MAX_CODE_BYTES = 200_000
_RELATIVE_DAYS = 30
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


class Tone(StrEnum):
    """What a colour says."""

    SUCCESS = "success"
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"
    NEUTRAL = "neutral"


_TONES = {
    Tone.SUCCESS: (
        "active connected confirmed delivered done healthy live ok on processed published registered "
        "routed success succeeded verified well"
    ),
    Tone.INFO: (
        "calling claimed info new queued received recovered registering replayed running sandbox sending"
    ),
    Tone.WARNING: (
        "by_hand degraded duplicate held late needs_attention parked paused pending quarantined stale "
        "unverified waiting waiting_for_key warning"
    ),
    Tone.DANGER: "broken danger dead error failed needs_decision refused unknown unsigned",
}
_TONE_OF = {status: tone for tone, statuses in _TONES.items() for status in statuses.split()}


def tone_of(status: str) -> Tone:
    """Return the tone of a status value; a status without a known meaning is neutral."""
    return _TONE_OF.get(str(status).lower(), Tone.NEUTRAL)


def badge(status: str, label: object = "", *, tone: Tone | str | None = None) -> SafeString:
    """Return a status as a coloured badge.

    `label` defaults to the status in words. The colour follows the status
    value (or is itself the name of a tone); `tone` overrules it.
    """
    text = label or str(status).replace("_", " ").capitalize() or NOTHING
    colour = Tone(tone) if tone else tone_of(status)
    return format_html('<span class="td-badge td-{}">{}</span>', colour.value, text)


def code_block(value: Any, *, label: str = "Data", limit: int = MAX_CODE_BYTES) -> SafeString:
    """Return a value as a scrollable block of code.

    A text is shown as JSON if it is that, else as it stands; bytes that are no
    UTF-8 show their bad bytes escaped. Over `limit` bytes it is cut, and says so.
    """
    return format_html(
        '<pre class="td-code" tabindex="0" role="region" aria-label="{}"><code>{}</code></pre>',
        label,
        truncate_bytes(pretty(value, limit=limit), limit),
    )


def pretty(value: Any, *, limit: int = MAX_CODE_BYTES) -> str:
    """Return a value as readable text: JSON indented, a text that is no JSON unchanged."""
    if isinstance(value, bytes | bytearray | memoryview):
        value = bytes(value).decode("utf-8", "backslashreplace")
    if not isinstance(value, str):
        return _indented(value)
    if len(value) > limit or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return _indented(json.loads(value))
    except (ValueError, RecursionError):
        return value


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def kv_table(rows: Iterable[tuple[object, object]], *, caption: str = "") -> SafeString:
    """Return names and values as a two-column table; an empty value shows as a dash."""
    body = format_html_join(
        "",
        '<tr><th scope="row">{}</th><td>{}</td></tr>',
        ((name, NOTHING if value is None or value == "" else value) for name, value in rows),
    )
    head = format_html("<caption>{}</caption>", caption) if caption else ""
    return format_html('<table class="td-kv">{}<tbody>{}</tbody></table>', head, body)


def empty(text: object, action: SafeString | str = "") -> SafeString:
    """Return the line that stands where nothing is yet, with what to do about it."""
    return format_html('<p class="td-empty">{}{}{}</p>', text, " " if action else "", action)


def when(moment: datetime | None, *, now: datetime | None = None) -> SafeString:
    """Return a moment relative to now, with the exact UTC time as its title.

    Beyond thirty days the date itself is shown. `now` defaults to the clock.
    """
    if moment is None:
        return mark_safe(NOTHING)  # noqa: S308 - a constant
    exact = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        exact.isoformat(),
        exact.strftime("%Y-%m-%d %H:%M:%S UTC"),
        _relative(exact, now or timezone.now()),
    )


def link(url: str, text: object) -> SafeString:
    """Return a link; an address that is neither http(s) nor of this site gives the bare text.

    Links to other sites open in a new tab and send no referrer.
    """
    address = str(url).strip()
    if address.lower().startswith(("https://", "http://")):
        return format_html(
            '<a class="td-link" href="{}" target="_blank" rel="noopener noreferrer">{}</a>', address, text
        )
    if address.startswith(("/", "?", "#")) and not address.startswith(("//", "/\\")):
        return format_html('<a class="td-link" href="{}">{}</a>', address, text)
    return format_html("{}", text)


def _relative(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 1:
        return "just now"
    if distance >= _RELATIVE_DAYS * 86_400:
        return moment.strftime("%Y-%m-%d")
    size, unit = next((size, unit) for size, unit in _UNITS if distance >= size)
    count = int(distance // size)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if seconds > 0 else f"in {words}"
