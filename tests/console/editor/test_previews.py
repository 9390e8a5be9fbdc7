"""Previews of a draft: values of fields and conditions, the data tree, templates, suggestions."""

import time
from typing import Any

import pytest
from django.test import Client

from apps.connections.models import Connection
from apps.workflows.models import Workflow
from tests.console.editor.calls import action, asked, definition, leaf, post

pytestmark = pytest.mark.django_db


def tree_of(answer: Any) -> dict[str, Any]:
    """Return every field of the tree by its path."""
    found: dict[str, Any] = {}
    pending = [field for group in answer["groups"] for field in group["fields"]]
    while pending:
        field = pending.pop()
        found[field["path"]] = field
        pending += field["children"]
    return found


def branched() -> dict[str, Any]:
    find = action("find", "customerio.find-person", identifier="{{ trigger.email }}")
    each = {
        "id": "each",
        "kind": "for_each",
        "name": "Each line",
        "items": {"template": "{{ trigger.raw.data.object.lines.data }}"},
        "steps": [action("line", name="{{ item.id }}"), action("inner", name="{{ loop.number }}")],
    }
    switch = {
        "id": "route",
        "kind": "switch",
        "name": "Route",
        "cases": [
            {
                "id": "small",
                "name": "Small",
                "condition": {"all": [leaf("trigger.amount_due", "less_than", 1)]},
            },
            {
                "id": "big",
                "name": "Big",
                "condition": {"all": [leaf("trigger.amount_due", "at_least", 1)]},
                "steps": [action("inside", name="paid"), action("second", name="again")],
            },
        ],
        "default": [action("other", name="x")],
    }
    risky = {
        **action("risky", name="{{ steps.route.case }}"),
        "on_error": {"steps": [action("told", name="{{ error.message }}")], "then": "continue"},
    }
    return definition(find, switch, each, risky, action("last", name="{{ steps.each.count }}"))


def test_a_field_shows_its_value_on_the_sample(workflow: Workflow, owner_client: Client) -> None:
    draft = definition(action("tell", identifier="{{ trigger.email }}", name="Paid {{ trigger.currency }}"))

    fields = post(owner_client, workflow, "resolve", asked(draft, "tell"))["fields"]

    assert fields["identifier"]["text"].endswith("@example.com")
    assert fields["identifier"]["value"] == fields["identifier"]["text"]
    assert fields["identifier"]["error"] is None
    assert fields["name"]["text"] == "Paid usd"


def test_a_field_without_a_value_says_so(workflow: Workflow, owner_client: Client) -> None:
    draft = definition(action("tell", identifier="{{ trigger.raw.nothing }}"))

    fields = post(owner_client, workflow, "resolve", asked(draft, "tell"))["fields"]

    assert fields["identifier"]["empty"]
    assert "required" in fields["identifier"]["error"]
    assert fields["name"] == {
        "text": "",
        "value": None,
        "error": "Required.",
        "remedy": None,
        "empty": True,
        "note": None,
    }


def test_inner_keys_stand_behind_dots(workflow: Workflow, owner_client: Client) -> None:
    step = action("tell", identifier="a@example.com", name="x")
    step["inputs"]["data"] = {"object": {"plan": {"template": "{{ trigger.currency }}"}}}

    fields = post(owner_client, workflow, "resolve", asked(definition(step), "tell"))["fields"]

    assert fields["data.plan"]["text"] == "usd"


@pytest.mark.parametrize(
    ("step", "name", "text"),
    [
        ({"kind": "code", "inputs": {"who": {"template": "{{ trigger.currency }}"}}}, "inputs.who", "usd"),
        ({"kind": "stop", "message": {"template": "In {{ trigger.currency }}"}}, "message", "In usd"),
        ({"kind": "approval", "message": {"value": "May I?"}}, "message", "May I?"),
        ({"kind": "delay", "mode": "for", "amount": {"value": 5}}, "amount", "5"),
        ({"kind": "delay", "mode": "until", "until": {"template": "{{ 60 }}"}}, "until", "60"),
        ({"kind": "ai", "prompt": {"template": "Say {{ trigger.currency }}"}}, "prompt", "Say usd"),
        ({"kind": "transform", "source": {"template": "{{ trigger.currency }}"}}, "source", "usd"),
        ({"kind": "for_each", "items": {"value": [1, 2]}}, "items", "[1, 2]"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
def test_every_kind_of_step_shows_its_fields(
    workflow: Workflow, owner_client: Client, step: dict[str, Any], name: str, text: str
) -> None:
    draft = definition({"id": "it", "name": "It", **step})

    fields = post(owner_client, workflow, "resolve", asked(draft, "it"))["fields"]

    assert fields[name]["text"] == text


def test_conditions_tell_every_comparison(workflow: Workflow, owner_client: Client) -> None:
    answer = post(owner_client, workflow, "resolve", asked(branched(), "route"))["conditions"]

    assert answer["cases.small"]["result"] is False
    assert answer["cases.big"]["result"] is True
    assert answer["cases.big"]["leaves"][0]["right"] == 1


def test_a_condition_that_is_not_finished_says_what_is_missing(
    workflow: Workflow, owner_client: Client
) -> None:
    step = {"id": "only", "kind": "filter", "name": "Only", "condition": {"all": []}}

    answer = post(owner_client, workflow, "resolve", asked(definition(step), "only"))["conditions"]

    assert answer["condition"]["result"] is None
    assert "Add one" in answer["condition"]["error"]


def test_a_step_sees_what_stands_before_it(workflow: Workflow, owner_client: Client) -> None:
    seen = tree_of(post(owner_client, workflow, "tree", asked(branched(), "last")))

    assert "steps.find.email" in seen
    assert "steps.inside.id" in seen or any(path.startswith("steps.inside.") for path in seen)
    assert seen["steps.route.case"]["example"] == "Big"
    assert any(path.startswith("steps.told.") for path in seen)
    assert not any(path.startswith("steps.line.") for path in seen)
    assert not any(path.startswith(("steps.last", "item", "loop", "error")) for path in seen)


def test_a_loop_shows_its_first_item(workflow: Workflow, owner_client: Client) -> None:
    draft = branched()
    seen = tree_of(post(owner_client, workflow, "tree", asked(draft, "inner")))

    assert seen["item.id"]["example"]
    assert seen["loop.number"]["example"] == 1
    assert seen["steps.each.item"]["children"]
    assert any(path.startswith("steps.line.") for path in seen)
    fields = post(owner_client, workflow, "resolve", asked(draft, "line"))["fields"]
    assert fields["name"]["text"] == seen["item.id"]["example"]


def test_an_error_branch_sees_the_error(workflow: Workflow, owner_client: Client) -> None:
    answer = post(owner_client, workflow, "tree", asked(branched(), "told"))
    seen = tree_of(answer)

    assert {"error.code", "error.message", "error.step"} <= seen.keys()
    assert seen["error.step"]["example"] == "Risky"
    assert [group["kind"] for group in answer["groups"]].count("error") == 1


def test_steps_beside_and_behind_are_not_seen(workflow: Workflow, owner_client: Client) -> None:
    seen = tree_of(post(owner_client, workflow, "tree", asked(branched(), "inside")))

    assert not any(path.startswith(("steps.second", "steps.other", "steps.risky")) for path in seen)


def test_the_last_test_feeds_the_tree(workflow: Workflow, owner_client: Client) -> None:
    outputs = {"find": {"email": "grace@example.com"}}

    answer = post(owner_client, workflow, "tree", asked(branched(), "route", outputs=outputs))

    found = tree_of(answer)["steps.find.email"]
    assert found["example"] == "grace@example.com"
    assert found["known"] is True
    assert (
        tree_of(post(owner_client, workflow, "tree", asked(branched(), "route")))["steps.find.email"]["known"]
        is False
    )


def test_pasted_json_is_an_event(workflow: Workflow, owner_client: Client) -> None:
    payload = {"id": "evt_1", "type": "invoice.payment_failed", "data": {"object": {"currency": "eur"}}}
    draft = definition(action("tell", name="{{ trigger.currency }}"))

    body = {**asked(draft, "tell"), "event": {"source": "json", "payload": payload}}

    assert post(owner_client, workflow, "resolve", body)["fields"]["name"]["text"] == "eur"


@pytest.mark.parametrize(
    "event",
    [
        {"source": "json", "payload": []},
        {"source": "delivery", "code": "no uuid"},
        {"source": "delivery", "code": "6f1ed002-ab5b-11ec-b909-0242ac120002"},
        {"source": "elsewhere"},
    ],
)
def test_an_event_that_is_none_is_refused_kindly(
    workflow: Workflow, owner_client: Client, event: dict[str, Any]
) -> None:
    body = {**asked(definition(action("tell", name="x")), "tell"), "event": event}

    refusal = post(owner_client, workflow, "resolve", body, status=400)

    assert refusal["field"] == "event"
    assert refusal["message"]


def test_a_template_is_rendered_with_its_type(workflow: Workflow, owner_client: Client) -> None:
    body = {**asked(branched(), "last"), "template": "{{ trigger.amount_due | divided_by: 100 }}"}

    answer = post(owner_client, workflow, "render", body)

    assert answer["type"] == "a number"
    assert answer["error"] is None
    wrong = post(owner_client, workflow, "render", {**body, "template": "{{ trigger.x | nonsense }}"})
    assert "nonsense" in wrong["error"]


def test_an_unknown_step_is_named(workflow: Workflow, owner_client: Client) -> None:
    for call in ("resolve", "tree", "suggest"):
        refusal = post(owner_client, workflow, call, asked(branched(), "nobody"), status=400)
        assert refusal["code"] == "unknown_step"
        assert "nobody" in refusal["message"]


def test_a_large_workflow_resolves_fast(workflow: Workflow, owner_client: Client) -> None:
    steps = [
        action(f"s{number}", identifier="{{ trigger.email }}", name=f"{{{{ trigger.currency }}}} {number}")
        for number in range(50)
    ]
    body = asked(definition(*steps), "s49")
    post(owner_client, workflow, "resolve", body)

    began = time.perf_counter()
    post(owner_client, workflow, "resolve", body)
    took = time.perf_counter() - began

    # Measured at about 30 ms; the bound is for a machine that does other things, too.
    assert took < 1.0


def test_empty_inputs_are_suggested_with_reasons(workflow: Workflow, owner_client: Client) -> None:
    draft = definition(action("tell"))

    answer = post(owner_client, workflow, "suggest", asked(draft, "tell"))

    assert answer["inputs"]["identifier"] == {"template": "{{ trigger.email }}"}
    assert set(answer["notes"]) == set(answer["inputs"])
    assert all(answer["notes"].values())


def test_what_is_filled_stays(workflow: Workflow, owner_client: Client) -> None:
    draft = definition(action("tell", identifier="x@example.com", name="Mine"))

    answer = post(owner_client, workflow, "suggest", asked(draft, "tell"))

    assert not {"identifier", "name"} & answer["inputs"].keys()


@pytest.mark.parametrize(
    ("trigger", "ref", "filled"),
    [
        ("stripe.trigger-charge-failed", "stripe.create-payment-intent", True),
        ("stripe.trigger-charge-failed", "stripe.create-coupon", False),
        ("stripe.trigger-invoice-payment-failed", "stripe.create-payment-intent", False),
    ],
)
def test_an_amount_comes_with_currency_and_unit_or_not_at_all(
    workflow: Workflow, owner_client: Client, trigger: str, ref: str, filled: bool
) -> None:
    draft = definition(action("it", ref), trigger=trigger)

    inputs = post(owner_client, workflow, "suggest", asked(draft, "it"))["inputs"]

    money = {key: inputs.get(key) for key in ("amount", "currency", "amount_unit") if key in inputs}
    expected = {
        "amount": {"template": "{{ trigger.amount }}"},
        "currency": {"template": "{{ trigger.currency }}"},
        "amount_unit": {"value": "minor"},
    }
    assert money == (expected if filled else {})
    assert "amount_off" not in inputs


def test_people_are_named_as_the_workspace_does(
    workflow: Workflow, owner_client: Client, stripe: Connection
) -> None:
    other = Workflow.objects.create(
        workspace=workflow.workspace,
        name="Another",
        draft=definition(action("tell", identifier="{{ trigger.customer }}", name="x")),
    )
    assert other.pk

    answer = post(owner_client, workflow, "suggest", asked(definition(action("tell")), "tell"))

    assert answer["inputs"]["identifier"] == {"template": "{{ trigger.customer }}"}
    assert "other workflows" in answer["notes"]["identifier"]


def test_an_unknown_name_is_told_with_what_it_may_have_meant(
    workflow: Workflow, owner_client: Client
) -> None:
    step = action("tell", name="{{ trigger.curency }}", identifier="{{ steps.later.x }}")
    step["run_if"] = {"all": [leaf("trigger.emial", "exists")]}

    answer = post(owner_client, workflow, "resolve", asked(definition(step, action("later")), "tell"))

    assert "Did you mean “currency”" in answer["fields"]["name"]["error"]
    assert "has not run by then" in answer["fields"]["identifier"]["error"]
    assert "email" in answer["conditions"]["run_if"]["error"]


def test_a_transform_is_made_for_real(workflow: Workflow, owner_client: Client) -> None:
    lines = {"template": "{{ trigger.raw.data.object.lines.data }}"}
    change = {
        "id": "change",
        "kind": "transform",
        "name": "Change",
        "source": lines,
        "operations": [
            {"op": "filter", "condition": {"all": [leaf("item.id", "exists")]}},
            {"op": "map", "value": {"template": "{{ item.id | upcase }}"}},
            {"op": "join", "separator": "+"},
        ],
    }
    draft = definition(change, action("tell", name="{{ steps.change.output }}"))

    answer = post(owner_client, workflow, "resolve", asked(draft, "change"))

    assert answer["conditions"]["operations.0.condition"]["result"] is True
    assert answer["fields"]["operations.1.value"]["text"].startswith("IL_")
    told = answer["fields"]["output"]["text"]
    assert told.startswith("IL_")
    behind = post(owner_client, workflow, "resolve", asked(draft, "tell"))
    assert behind["fields"]["name"]["text"] == told


def test_a_transform_that_does_not_fit_says_which_operation(workflow: Workflow, owner_client: Client) -> None:
    change = {
        "id": "change",
        "kind": "transform",
        "name": "Change",
        "source": {"value": "text"},
        "operations": [{"op": "count"}],
    }

    answer = post(owner_client, workflow, "resolve", asked(definition(change), "change"))

    assert "Operation 1 (count)" in answer["fields"]["output"]["error"]


def test_a_loop_tells_how_many_items_it_has(workflow: Workflow, owner_client: Client) -> None:
    loop = {"id": "each", "kind": "for_each", "name": "Each", "items": {"value": [1, 2]}}

    fields = post(owner_client, workflow, "resolve", asked(definition(loop), "each"))["fields"]
    wrong = {**loop, "items": {"template": "{{ trigger.currency }}"}}
    refused = post(owner_client, workflow, "resolve", asked(definition(wrong), "each"))["fields"]

    assert fields["items"]["note"] == "2 items"
    assert "not a list" in refused["items"]["error"]


def test_steps_of_an_error_branch_that_ends_the_run_are_not_seen_behind(
    workflow: Workflow, owner_client: Client
) -> None:
    risky = {**action("risky"), "on_error": {"steps": [action("told")], "then": "fail"}}

    seen = tree_of(post(owner_client, workflow, "tree", asked(definition(risky, action("last")), "last")))

    assert not any(path.startswith("steps.told") for path in seen)


def test_what_is_switched_off_gives_nothing(workflow: Workflow, owner_client: Client) -> None:
    find = {**action("find", "customerio.find-person"), "disabled": True}

    answer = post(owner_client, workflow, "tree", asked(definition(find, action("last")), "last"))

    assert tree_of(answer)["steps.find.email"]["example"] is None


@pytest.mark.parametrize(
    ("currency", "money"),
    [
        ("usd", {"currency": "USD", "decimals": 2}),
        ("jpy", {"currency": "JPY", "decimals": 0}),
        ("kwd", {"currency": "KWD", "decimals": 3}),
        ("zzz", {"currency": None, "decimals": None}),
        (None, {"currency": None, "decimals": None}),
    ],
)
def test_an_amount_tells_the_currency_of_its_own_event(
    workflow: Workflow, owner_client: Client, currency: str | None, money: dict[str, Any]
) -> None:
    draft = definition(action("last", name="x"))
    invoice = {"object": "invoice", "id": "in_1", "amount_due": 4900, "attempt_count": 2}
    payload = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.payment_failed",
        "data": {"object": invoice | ({"currency": currency} if currency else {})},
    }

    answer = post(
        owner_client, workflow, "tree", asked(draft, "last", event={"source": "json", "payload": payload})
    )

    found = tree_of(answer)
    assert found["trigger.amount_due"]["money"] == money
    assert found["trigger.amount_due"]["example"] == 4900
    assert "money" not in found["trigger.attempt_count"]
    assert "money" not in found["trigger.currency"]
