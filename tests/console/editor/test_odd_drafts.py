"""No draft that can be stored keeps the editor from being opened: validation never raises."""

import copy
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflows.models import Workflow
from tests.console.editor.calls import action, api, definition, get, post

pytestmark = pytest.mark.django_db

TEMPLATE = {"template": "{{ trigger.amount_due }}"}
COMPARED = {"left": TEMPLATE, "op": "greater_than", "right": {"value": 1}}
BRANCH = {"id": "stop", "kind": "stop", "name": "Stop", "message": {"value": "x"}}
EVERYTHING = definition(
    action("refund", "stripe.create-refund", charge="ch_1", amount=1),
    action("tell", name="x", data={"a": 1}),
    action("call", "http.request", method="POST", path="/a", body={"a": 1}),
    {"id": "filter", "kind": "filter", "name": "F", "condition": COMPARED},
    {"id": "if", "kind": "if", "name": "I", "condition": COMPARED, "then": [BRANCH], "else": []},
    {
        "id": "ai",
        "kind": "ai",
        "name": "A",
        "prompt": {"value": "x"},
        "output": {
            "type": "schema",
            "schema": {"type": "object", "properties": {"n": {"type": "number", "minimum": 1}}},
        },
    },
    {"id": "code", "kind": "code", "name": "C", "inputs": {"a": {"value": 1}}, "code": "return inputs"},
    {"id": "for", "kind": "delay", "name": "D", "mode": "for", "amount": {"value": 1}, "unit": "days"},
    {"id": "until", "kind": "delay", "name": "U", "mode": "until", "until": {"value": 1}},
    {
        "id": "transform",
        "kind": "transform",
        "name": "T",
        "source": {"value": [1]},
        "operations": [{"op": "map", "value": TEMPLATE}, {"op": "filter", "condition": COMPARED}],
    },
    {
        "id": "loop",
        "kind": "for_each",
        "name": "L",
        "items": {"value": [1]},
        "steps": [{**action("inner", name="x"), "run_if": COMPARED}],
    },
    {"id": "ask", "kind": "approval", "name": "Ask", "message": {"value": "x"}, "approvers": []},
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, item in inner for each in ((*path, key), *places_in(item, (*path, key)))]


def put(whole: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made: Any = copy.deepcopy(whole)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return dict(made)


NUMBERS = st.sampled_from([1e308, -1e308, 5e-324, 1e16, -0.0, 10**63, -(10**63), 2**63, 2**31, 0, True])
SCALARS = st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.sampled_from(["value", "template", "object", "list", "type", "x"])
JSON = st.recursive(
    SCALARS | st.text(max_size=20).filter(lambda text: "\0" not in text) | st.sampled_from(["{{", "{{ x }}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "template", "object", "list", "type", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


# Each example is two requests that validate a workflow with every kind of step.
@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=st.sampled_from(places_in(EVERYTHING)), value=JSON)
def test_whatever_is_posted_as_a_draft_never_bricks_it(
    workflow: Workflow, owner_client: Client, path: tuple[Any, ...], value: Any
) -> None:
    workflow.refresh_from_db()
    body = {"definition": put(EVERYTHING, path, value), "revision": workflow.draft_revision}

    saved = owner_client.post(api(workflow, "draft"), json.dumps(body), content_type="application/json")
    shown = owner_client.get(api(workflow, "state"))

    assert saved.status_code in (200, 400)
    assert saved.json().get("problems") or saved.json().get("message")
    assert shown.status_code == 200


FIXED = [
    path for path in places_in(EVERYTHING) if path[-1] in ("value", "minimum") and "operations" not in path
]


@pytest.mark.parametrize("path", FIXED, ids=lambda path: ".".join(map(str, path[1:])))
def test_one_number_does_not_brick_a_draft(
    workflow: Workflow, owner_client: Client, path: tuple[Any, ...]
) -> None:
    body = {"definition": put(EVERYTHING, path, 1e308), "revision": 1}

    saved = post(owner_client, workflow, "draft", body)

    assert saved["problems"]
    assert get(owner_client, workflow, "state")["revision"] == saved["revision"]
