"""What can be built from: apps, logic, filters, operators; and each declaration."""

import hashlib
import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.gzip import gzip_page

from apps.catalog import registry
from apps.catalog.switches import switched_off
from apps.console.editor import offers, specs
from apps.console.editor.calling import Call, Route, answer
from apps.language.code import prelude
from apps.workflows.engine.ai.presets import PRESETS
from apps.workspaces.roles import Permission


def catalog(call: Call) -> HttpResponse:
    """Answer everything that the picker and the forms offer; not modified while its ETag is the same."""
    off = switched_off()
    apps = registry.within(call.workflow.workspace_id).apps
    body = {
        "apps": [
            shown for app in apps if (shown := specs.app_json(app, off))["triggers"] or shown["actions"]
        ],
        "logic": offers.logic_json(),
        "filters": offers.filters_json(),
        "operators": offers.operators_json(),
        "code": prelude.as_data(),
        "ai": {"presets": [preset.as_dict() for preset in PRESETS]},
    }
    return _cached(call.request, body)


def spec(call: Call) -> dict[str, Any]:
    """Answer the declaration of `?action=` or `?trigger=`, also where it is switched off."""
    known = registry.within(call.workflow.workspace_id)
    try:
        if "action" in call.query:
            return specs.action_json(*known.get_action(call.query["action"]))
        return specs.trigger_json(*known.get_trigger(call.query.get("trigger", "")))
    except registry.UnknownKeyError as error:
        raise Http404(f"There is no “{error.ref[:100]}” in the catalog.") from None


def _cached(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    # Of what it holds, not of its bytes: compressing them would change the tag.
    etag = f'W/"{hashlib.sha256(json.dumps(body, default=str).encode()).hexdigest()[:32]}"'
    response = gzip_page(lambda _: answer(body))(request)
    patch_cache_control(response, private=True, no_cache=True)
    response["ETag"] = etag
    found = get_conditional_response(request, etag=etag, response=response)
    return response if found is None else found


ROUTES = (
    Route("GET", "catalog", Permission.VIEW, catalog),
    Route("GET", "spec", Permission.VIEW, spec),
)
