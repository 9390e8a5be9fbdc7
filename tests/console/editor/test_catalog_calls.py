"""What the editor is told of the catalog: offers, declarations, filters, operators, choices."""

import json
from typing import Any

import pytest
from django.test import Client

from apps.catalog import registry
from apps.connections.models import Connection
from apps.console.editor.offers import ARGS
from apps.language.filters import FILTERS
from apps.workflows.engine.definition import KINDS
from apps.workflows.models import Workflow
from tests.console.editor.calls import api, get, post

pytestmark = pytest.mark.django_db


def test_the_catalog_offers_every_trigger_and_action(workflow: Workflow, owner_client: Client) -> None:
    apps = get(owner_client, workflow, "catalog")["apps"]

    actions = {each["ref"] for app in apps for each in app["actions"]}
    triggers = {each["ref"] for app in apps for each in app["triggers"]}
    assert actions == {registry.action_ref(*each) for each in registry.iter_actions() if not each[1].hidden}
    assert triggers == {registry.trigger_ref(*each) for each in registry.iter_triggers()}
    assert all(app["logo"].startswith("data:image/svg+xml,") for app in apps)


def test_logic_has_every_kind_of_step(workflow: Workflow, owner_client: Client) -> None:
    logic = get(owner_client, workflow, "catalog")["logic"]

    assert {each["kind"] for each in logic} == set(KINDS)
    request = next(each for each in logic if each["kind"] == "action")
    assert registry.get_action(request["action"])


@pytest.mark.parametrize(("words", "ref"), [("contact", "customerio.identify-person"), ("bill", "stripe.")])
def test_synonyms_find_what_is_called_otherwise(
    workflow: Workflow, owner_client: Client, words: str, ref: str
) -> None:
    apps = get(owner_client, workflow, "catalog")["apps"]

    found = [each["ref"] for app in apps for each in app["actions"] if words in each["keywords"]]

    assert any(each.startswith(ref) for each in found)


def test_the_same_catalog_is_not_sent_twice(workflow: Workflow, owner_client: Client) -> None:
    first = owner_client.get(api(workflow, "catalog"))

    again = owner_client.get(api(workflow, "catalog"), headers={"if-none-match": first["ETag"]})

    assert again.status_code == 304
    assert not again.content
    packed = owner_client.get(api(workflow, "catalog"), headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(first.content) / 3


def test_the_arguments_of_every_filter_are_told() -> None:
    for name, entry in FILTERS.items():
        told = ARGS.get(name, ())
        assert len(told) == entry.most, name
    assert ARGS.keys() <= FILTERS.keys()


@pytest.mark.parametrize("kind", ["action", "trigger"])
def test_every_declaration_can_be_read(workflow: Workflow, owner_client: Client, kind: str) -> None:
    refs = (
        [registry.action_ref(*each) for each in registry.iter_actions()]
        if kind == "action"
        else [registry.trigger_ref(*each) for each in registry.iter_triggers()]
    )
    for ref in refs:
        spec = get(owner_client, workflow, "spec", **{kind: ref})
        assert spec["ref"] == ref
        assert spec["sample"] is not None


def test_an_unknown_declaration_is_not_found(workflow: Workflow, owner_client: Client) -> None:
    for query in ({"action": "stripe.nothing"}, {"trigger": "x"}, {}):
        assert owner_client.get(api(workflow, "spec"), query).status_code == 404


def test_choices_come_from_the_account(
    workflow: Workflow, owner_client: Client, customerio: Connection
) -> None:
    body = {"action": "customerio.add-to-segment", "field": "segment", "connection": str(customerio.code)}
    field = next(
        each.key
        for each in registry.get_action("customerio.add-to-segment")[1].inputs
        if each.options_from is not None
    )

    answer = post(owner_client, workflow, "choices", {**body, "field": field})

    assert {"options", "more", "partial", "sandbox", "problem", "remedy"} == answer.keys()


@pytest.mark.parametrize(
    "change",
    [
        {"action": "stripe.nothing"},
        {"field": "nothing"},
        {"connection": "nothing"},
        {"connection": "6f1ed002-ab5b-11ec-b909-0242ac120002"},
    ],
)
def test_choices_of_what_is_not_there_are_not_found(
    workflow: Workflow, owner_client: Client, customerio: Connection, change: dict[str, Any]
) -> None:
    body = {"action": "customerio.add-to-segment", "field": "x", "connection": str(customerio.code)}

    post(owner_client, workflow, "choices", {**body, **change}, status=404)


def test_no_declaration_holds_a_default_of_a_secret(workflow: Workflow, owner_client: Client) -> None:
    told = json.dumps(get(owner_client, workflow, "catalog"))

    assert "sk_test" not in told
    assert "whsec_" not in told
