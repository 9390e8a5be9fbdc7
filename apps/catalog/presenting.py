"""The catalog in words for its pages."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils.safestring import SafeString

from apps.catalog import registry
from apps.common import look

REPEATING = {
    "natural": "The same call again changes nothing more, so it may be repeated.",
    "key": "Sent with a key by which the provider recognises a repeated call.",
    "event_id": "Sent with an event id by which the provider drops a repeated one.",
    "none": "The provider can't tell a repeated call; when its outcome is uncertain, a person decides.",
}
_TONES = {"read": "info", "upsert": "success", "create": "warning", "delete": "danger"}
_MAX_EXAMPLE = 120


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One row of a table of fields."""

    key: str
    label: str
    type: str
    required: bool
    example: str
    help_text: str
    limits: str
    danger: str


def is_posted_to(app_key: str) -> bool:
    """Tell whether the app's events come from outside; an app that is not known may still send some."""
    try:
        app = registry.get_app(app_key)
    except registry.UnknownKeyError:
        return True
    return app.webhook is None or not app.webhook.internal


def fields(declared: Iterable[Mapping[str, Any]]) -> list[FieldRow]:
    """Return the rows of a table of fields."""
    return [
        FieldRow(
            key=str(field["key"]),
            label=str(field["label"]),
            type=str(field["type"]).replace("_", " "),
            required=bool(field["required"]),
            example="" if field["secret"] else _example(field["example"]),
            help_text=str(field["help_text"]),
            limits=_limits(field),
            danger=str(field["danger"] or ""),
        )
        for field in declared
    ]


def state_badge(row: Any) -> SafeString:
    """Return whether a row is offered, as a badge."""
    if not row.declared:
        return look.badge("neutral", "No longer known")
    return look.badge("active", "On") if row.enabled else look.badge("paused", "Switched off")


def effect_badge(row: Any) -> SafeString:
    """Return what an action does at the provider, as a badge."""
    return look.badge(row.effect, row.effect.capitalize(), tone=_TONES.get(row.effect, "neutral"))


def found(row: Any, opts: Any) -> Any:
    """Return the row; raises `Http404` where there is none."""
    if row is None:
        raise Http404(f"There is no such {opts.verbose_name}.")
    return row


def _limits(field: Mapping[str, Any]) -> str:
    parts = []
    if field["unit"]:
        parts.append(f"in {field['unit']}")
    if field["max_bytes"]:
        parts.append(f"at most {field['max_bytes']:,} bytes")
    if field["choices"]:
        parts.append("one of " + ", ".join(choice["value"] for choice in field["choices"]))
    if field["default"] is not None:
        parts.append(f"else {_example(field['default'])}")
    return "; ".join(parts)


def _example(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_EXAMPLE else f"{text[:_MAX_EXAMPLE]}…"
