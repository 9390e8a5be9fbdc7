"""Keeps the catalog's rows equal to what the code declares; runs after every migration."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from apps.catalog import models as rows
from apps.catalog import registry, spec


@dataclass(slots=True)
class SyncCounts:
    """How many rows were written; all zero when the rows told the declarations already."""

    created: int = 0
    updated: int = 0
    retired: int = 0


def sync(apps: Iterable[spec.App] | None = None) -> SyncCounts:
    """Create, update and retire rows; `apps` defaults to the registry's.

    Idempotent: a row whose digest is that of its declaration is not written.
    The operator's switch is never touched. What is no longer declared stays, for
    old runs name it, but is marked so.
    """
    declared = tuple(registry.APPS if apps is None else apps)
    counts = SyncCounts()
    with transaction.atomic():
        _write(rows.App, "key", {app.key: app_columns(app) for app in declared}, counts)
        ids = dict(rows.App.objects.values_list("key", "pk"))
        triggers = {
            registry.trigger_ref(app, trigger): {"app_id": ids[app.key], **trigger_columns(app, trigger)}
            for app, trigger in _triggers(declared)
        }
        _write(rows.Trigger, "ref", triggers, counts)
        actions = {
            registry.action_ref(app, action): {"app_id": ids[app.key], **action_columns(action)}
            for app in declared
            for action in app.actions
        }
        _write(rows.Action, "ref", actions, counts)
    return counts


def app_columns(app: spec.App) -> dict[str, Any]:
    """Return what an app's row shows."""
    return {
        "name": app.name,
        "description": app.description,
        "category": app.category,
        "color": app.color,
        "docs_url": app.docs_url,
        "declaration": {
            "auth": _fields(app.auth.fields),
            "webhook": None if app.webhook is None else {"automatic": app.webhook.ensure is not None},
        },
    }


def trigger_columns(app: spec.App, trigger: spec.Trigger) -> dict[str, Any]:
    """Return what a trigger's row shows; a field without an example gets the sample's value."""
    sample = registry.sample_payload(app.key, trigger.key)
    values = registry.trigger_data(app, trigger, sample)
    return {
        "name": trigger.name,
        "description": trigger.description,
        "event_types": list(trigger.event_types),
        "declaration": {
            "fields": _fields(registry.trigger_fields(trigger), examples=values),
            "options": _fields(trigger.options),
            "requires": list(trigger.requires),
            "email_from": [look_up.model_dump(mode="json") for look_up in trigger.email_from],
        },
        "sample": sample,
    }


def action_columns(action: spec.Action) -> dict[str, Any]:
    """Return what an action's row shows."""
    return {
        "name": action.name,
        "description": action.description,
        "effect": action.effect.value,
        "idempotency": action.idempotency.value,
        "danger": action.danger or "",
        "docs_url": action.docs_url,
        "hidden": action.hidden,
        "declaration": {
            "inputs": _fields(action.inputs),
            "outputs": _fields(action.outputs),
            "requires": list(action.requires),
        },
    }


def _triggers(apps: Iterable[spec.App]) -> Iterator[tuple[spec.App, spec.Trigger]]:
    return ((app, trigger) for app in apps for trigger in app.triggers)


def _fields(fields: Iterable[spec.Field], examples: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    shown = []
    for field in fields:
        dumped = field.model_dump(mode="json")
        if dumped["example"] is None and examples:
            dumped["example"] = examples.get(field.key)
        shown.append(dumped)
    return shown


def _write(
    model: type[models.Model], key: str, wanted: Mapping[str, Mapping[str, Any]], counts: SyncCounts
) -> None:
    """Make the table's rows equal to the wanted columns, touching only those whose digest differs."""
    manager = model._default_manager
    known = {row[0]: row[1:] for row in manager.values_list(key, "digest", "declared")}
    for name, columns in wanted.items():
        digest = _digest(columns)
        values = {**columns, "digest": digest, "declared": True}
        if name not in known:
            manager.create(**{key: name}, **values)
            counts.created += 1
        elif known[name] != (digest, True):
            manager.filter(**{key: name}).update(**values)
            counts.updated += 1
    gone = [name for name, (_, declared) in known.items() if declared and name not in wanted]
    if gone:
        counts.retired += manager.filter(**{f"{key}__in": gone}).update(declared=False)


def _digest(columns: Mapping[str, Any]) -> str:
    text = json.dumps(columns, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
