"""Declarations of the catalog as the editor's script reads them. Nothing in them is a secret."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from apps.catalog import registry
from apps.catalog.logos import logo
from apps.catalog.pairings.ranking import is_destructive
from apps.catalog.spec import Action, App, Field, Trigger
from apps.console.editor.keywords import keywords_of
from apps.console.preview import event_data
from apps.workflows.engine.definition import TriggerPart


def field_json(field: Field) -> dict[str, Any]:
    """Return a field with everything that a control is drawn from."""
    return {
        "key": field.key,
        "label": field.label,
        "type": field.type.value,
        "required": field.required,
        "secret": field.secret,
        "help_text": field.help_text,
        "default": field.default,
        "choices": [{"value": choice.value, "label": choice.label} for choice in field.choices],
        "options_from": field.options_from,
        "unit": field.unit,
        "unit_from": field.unit_from,
        "danger": field.danger,
        "example": field.example,
        "semantic": field.semantic.value if field.semantic else None,
        "literal": field.literal,
        "keys_fixed": field.keys_fixed,
        "narrows": field.narrows,
        "max_bytes": field.max_bytes,
        "fields": fields_json(field.fields),
    }


def fields_json(fields: Iterable[Field]) -> list[dict[str, Any]]:
    """Return fields in their order."""
    return [field_json(field) for field in fields]


def action_json(app: App, action: Action) -> dict[str, Any]:
    """Return the declaration of an action; `sample` is what a call could give."""
    modes = {
        key: {"effect": mode.effect, "idempotency": mode.idempotency, "danger": mode.danger}
        for key, mode in action.modes.items()
    }
    return {
        "ref": registry.action_ref(app, action),
        "app": app.key,
        "name": action.name,
        "description": action.description,
        "effect": action.effect.value,
        "idempotency": action.idempotency.value,
        "danger": action.danger,
        "decided_by": action.decided_by,
        "modes": modes,
        "any_of": [list(group) for group in action.any_of],
        "one_of": [list(group) for group in action.one_of],
        "needs_admin": action.needs_admin,
        "requires_connection": app.needs_account,
        "docs_url": action.docs_url,
        "inputs": fields_json(action.inputs),
        "outputs": fields_json(action.outputs),
        "sample": registry.sample_outputs(action),
    }


def trigger_json(app: App, trigger: Trigger) -> dict[str, Any]:
    """Return the declaration of a trigger; `sample` is what `{{ trigger.… }}` sees of its sample event."""
    ref = registry.trigger_ref(app, trigger)
    return {
        "ref": ref,
        "app": app.key,
        "name": trigger.name,
        "description": trigger.description,
        "event_types": list(trigger.event_types),
        "options": fields_json(trigger.options),
        "fields": fields_json(registry.trigger_fields(trigger)),
        "sample": event_data(TriggerPart(trigger=ref), registry.sample_of(app, trigger.key)),
        "requires_connection": app.needs_account,
    }


def app_json(app: App, off: frozenset[str]) -> dict[str, Any]:
    """Return what an app offers that is not switched off."""
    triggers = ((registry.trigger_ref(app, each), each) for each in app.triggers)
    actions = ((registry.action_ref(app, each), each) for each in app.actions if not each.hidden)
    return {
        "key": app.key,
        "name": app.name,
        "logo": logo_address(app),
        "category": app.category,
        "needs_account": app.needs_account,
        "triggers": [
            {
                "ref": ref,
                "name": each.name,
                "description": each.description,
                "keywords": keywords_of(app.name, each.name, each.description, *each.event_types),
            }
            for ref, each in triggers
            if ref not in off
        ],
        "actions": [
            {
                "ref": ref,
                "name": each.name,
                "description": each.description,
                "effect": each.effect.value,
                "danger": each.danger,
                "destructive": is_destructive(ref, each),
                "keywords": keywords_of(app.name, each.name, each.description),
            }
            for ref, each in actions
            if ref not in off
        ],
    }


def logo_address(app: App) -> str:
    """Return the app's logo as an address that needs no request."""
    drawn = str(logo(app.name, app.color)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"data:image/svg+xml,{quote(drawn, safe=' =:/')}"
