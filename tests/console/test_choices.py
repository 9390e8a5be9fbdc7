"""Lists for the mapping form: fetched from the step's connection, scoped, seldom, and never a dead end."""

import json

import pytest
from django.core.cache import cache

from apps.catalog import registry
from apps.catalog.transport import NoAnswer, Response
from apps.connections import senders
from apps.connections.models import Connection, SandboxCall
from apps.console import choices
from tests.connections.conftest import json_response
from tests.console.conftest import everything, url
from tests.console.html_forms import page
from tests.factories import ConnectionFactory
from tests.personas import PERSONAS

pytestmark = pytest.mark.django_db

SUBSCRIBE = "stripe.create-subscription"
SEND = "customerio.send-transactional-email"
PRICES = {
    "object": "list",
    "data": [
        {"id": "price_pro", "unit_amount": 4900, "currency": "usd", "product": {"name": "Pro plan"}},
        {"id": "price_mini", "unit_amount": 900, "currency": "usd", "product": {"name": "Mini plan"}},
    ],
}


@pytest.fixture(autouse=True)
def forgetful():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def shop(workspace):
    """Return a connection that calls the network of the test."""
    return ConnectionFactory(
        workspace=workspace, name="Stripe live", sandbox=False, base_url="https://stripe.example.com"
    )


@pytest.fixture
def ask(editor_client, workflow):
    """Ask for an input's list as the form does."""

    def ask(connection, action=SUBSCRIBE, field="price_id", client=editor_client, **question):
        posted = {
            "action": action,
            "field": field,
            "connection": str(getattr(connection, "code", connection)),
        }
        return client.post(url(workflow, "choices"), posted | question)

    return ask


def test_a_list_has_names_and_ids(ask, shop, network):
    network.answer = lambda request: json_response(200, PRICES)

    response = ask(shop)

    assert response.json() == {
        "options": [
            {"value": "price_pro", "label": "Pro plan, 49.00 USD"},
            {"value": "price_mini", "label": "Mini plan, 9.00 USD"},
        ],
        "more": False,
        "partial": False,
        "sandbox": False,
        "problem": "",
        "remedy": "",
    }
    assert "no-store" in response["Cache-Control"]  # It names people.
    [request] = network.requests
    assert (request.method, "Idempotency-Key" in request.headers) == ("GET", False)


def test_words_narrow_it(ask, shop, network):
    network.answer = lambda request: json_response(200, PRICES)

    assert [each["value"] for each in ask(shop, search="mini").json()["options"]] == ["price_mini"]
    assert ask(shop, search="nothing of the kind").json()["options"] == []


def test_words_narrow_a_list_that_the_provider_does_not_search(ask, customerio):
    found = ask(customerio, SEND, "transactional_message_id").json()["options"]
    wanted = found[-1]

    narrowed = ask(customerio, SEND, "transactional_message_id", search=wanted["label"].upper()).json()

    assert len(found) > 1
    assert narrowed["options"] == [wanted]


@pytest.mark.parametrize(
    ("action", "field"),
    [
        (registry.action_ref(app, action), spec.key)
        for app, action in registry.iter_actions()
        for spec in action.inputs
        if spec.options_from
    ],
)
def test_every_list_that_an_input_names_is_answered_by_the_sandbox(ask, workspace, action, field):
    connection = ConnectionFactory(workspace=workspace, app=action.partition(".")[0])

    answer = ask(connection, action, field).json()

    assert answer["problem"] == ""
    assert isinstance(answer["options"], list)


@pytest.mark.parametrize(
    ("noun", "action", "field"),
    [
        ("segment", "customerio.add-to-segment", "segment_id"),
        ("broadcast", "customerio.send-broadcast", "broadcast_id"),
        ("message", SEND, "transactional_message_id"),
    ],
)
def test_customer_io_s_sandbox_has_something_to_choose(ask, customerio, noun, action, field):
    assert ask(customerio, action, field).json()["options"], noun


def test_what_is_made_in_the_sandbox_is_on_its_list(ask, stripe, workflow):
    from apps.catalog.spec import CallContext
    from apps.connections.accounts import account_of

    _, create = registry.get_action("stripe.create-customer")
    context = CallContext(
        inputs={"email": "pat@example.com", "name": "Pat"},
        account=account_of(stripe),
        send=senders.sender_for(stripe).send,
        key="k" * 64,
        event_time=0,
    )
    made = create.call(context)["customer_id"]

    for search in ("", "pat@exam"):
        [option] = ask(stripe, field="customer", search=search).json()["options"]
        assert option == {"value": made, "label": "Pat, pat@example.com"}


def test_a_member_of_a_list_has_its_list_too(ask, shop, network):
    network.answer = lambda request: json_response(200, PRICES)

    found = ask(shop, "stripe.create-payment-link", "more_items.price").json()["options"]

    assert [each["value"] for each in found] == ["price_pro", "price_mini"]


# The one that is chosen


def test_the_name_of_what_was_chosen_is_found(ask, shop, network):
    def answer(request):
        if "unknown" in request.url:
            return json_response(404, {"error": {"code": "resource_missing", "message": "No such price"}})
        return json_response(200, PRICES)

    network.answer = answer

    assert ask(shop, value="price_mini").json()["options"] == [
        {"value": "price_mini", "label": "Mini plan, 9.00 USD"}
    ]
    assert ask(shop, value="price_unknown").json()["options"] == []


# Kind to the provider


def test_the_same_question_is_asked_once(ask, shop, network):
    network.answer = lambda request: json_response(200, PRICES)

    for _ in range(3):
        ask(shop)
    ask(shop, search="PRO")
    ask(shop, search=" pro ")

    assert len(network.requests) == 2


def test_what_is_kept_belongs_to_one_connection_as_it_is(ask, shop, network, workspace):
    network.answer = lambda request: json_response(200, PRICES)
    other = ConnectionFactory(
        workspace=workspace, name="Another", sandbox=False, base_url="https://b.example.com"
    )

    ask(shop)
    ask(other)
    Connection.objects.filter(pk=shop.pk).update(revision=shop.revision + 1)
    ask(shop)

    assert len(network.requests) == 3


def test_one_connection_is_not_asked_without_end(ask, shop, network, monkeypatch):
    monkeypatch.setattr(choices, "CALLS_A_MINUTE", 3)
    network.answer = lambda request: json_response(200, PRICES)

    answers = [ask(shop, search=f"word{number}").json() for number in range(5)]

    assert len(network.requests) == 3
    assert [bool(each["problem"]) for each in answers] == [False, False, False, True, True]
    assert "Wait a moment" in answers[-1]["remedy"]


def test_a_long_list_is_cut_and_says_so(ask, shop, network):
    rows = [{"id": f"price_{number}", "unit_amount": 1, "currency": "usd"} for number in range(100)]
    network.answer = lambda request: json_response(200, {"object": "list", "data": rows})

    answer = ask(shop).json()

    assert (len(answer["options"]), answer["more"]) == (choices.MOST_SHOWN, True)


@pytest.mark.parametrize(("has_more", "partial"), [(True, True), (False, False)])
def test_a_search_that_saw_only_the_newest_says_so(ask, shop, network, has_more, partial):
    rows = [{"id": f"price_{number}", "product": {"name": f"Plan {number}"}} for number in range(100)]
    network.answer = lambda request: json_response(200, {"data": rows, "has_more": has_more})

    for search, count in (("Enterprise", 0), ("Plan 42", 1)):
        answer = ask(shop, search=search).json()
        assert (len(answer["options"]), answer["partial"]) == (count, partial), search


# When it can't be fetched


def test_a_missing_key_is_named_with_the_remedy_and_nothing_is_called(ask, workspace, network):
    without = ConnectionFactory(
        workspace=workspace,
        app="customerio",
        name="Track only",
        sandbox=False,
        base_url="https://cio.example.com",
        entered={"site_id": "site", "track_api_key": "key"},
    )

    answer = ask(without, SEND, "transactional_message_id").json()

    assert answer["options"] == []
    assert "“Track only” has no App API key" in answer["problem"]
    assert answer["remedy"].endswith("Or type the id.")
    assert network.requests == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json_response(401, {"error": {"message": "Invalid API Key provided: sk_test_****0042"}}), "Stripe"),
        (json_response(403, {"error": {"message": "no permission rak_price_read"}}), "lacks the permission"),
        (json_response(429, {"error": {"message": "slow down"}}), "Stripe"),
        (json_response(500, {"error": {"message": "oops"}}), "Stripe"),
        (Response(200, {}, b"this is no JSON"), "Stripe"),
        (Response(200, {}, b"[]"), ""),
        (NoAnswer("No answer within 5 seconds.", code="timeout"), "Stripe can't be reached: No answer"),
    ],
)
def test_a_refusal_says_why_and_leaves_a_way(ask, shop, network, answer, said):
    def reply(request):
        if isinstance(answer, Exception):
            raise answer
        return answer

    network.answer = reply
    before = Connection.objects.values().get(pk=shop.pk)

    response = ask(shop)

    told = response.json()
    assert response.status_code == 200
    assert told["options"] == []
    assert said in told["problem"]
    if said:
        assert told["remedy"].lower().endswith("or type the id.")
    assert Connection.objects.values().get(pk=shop.pk) == before


def test_a_key_that_a_provider_repeats_is_not_passed_on(ask, shop, network):
    [secret] = [value for value in choices.account_of(shop).values.values() if value.startswith("sk_")]
    network.answer = lambda request: json_response(401, {"error": {"message": f"bad key {secret}"}})

    assert secret not in ask(shop).content.decode()


def test_a_broken_connection_is_not_called(ask, shop, network):
    Connection.objects.filter(pk=shop.pk).update(status="broken", status_reason="Stripe refuses the key.")

    told = ask(shop).json()

    assert "“Stripe live” is broken: Stripe refuses the key." in told["problem"]
    assert network.requests == []


# Whose list it is


def test_a_connection_of_another_workspace_is_not_there(ask, other_workspace, network):
    foreign = ConnectionFactory(workspace=other_workspace, sandbox=False, base_url="https://x.example.com")

    response = ask(foreign)

    assert response.status_code == 404
    assert network.requests == []
    assert not SandboxCall.objects.exists()


@pytest.mark.parametrize("connection", ["", "nonsense", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_a_connection_that_is_none_is_404(ask, connection):
    assert ask(connection).status_code == 404


def test_a_connection_of_another_app_or_disconnected_is_404(ask, stripe, customerio):
    Connection.objects.filter(pk=stripe.pk).update(status="disconnected")

    assert ask(customerio).status_code == 404
    assert ask(stripe).status_code == 404


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("nonsense", "price_id"),
        (SUBSCRIBE, ""),
        (SUBSCRIBE, "nonsense"),
        (SUBSCRIBE, "metadata"),
        (SUBSCRIBE, "price_id.nonsense"),
        ("stripe.price-options", "search"),
    ],
)
def test_what_has_no_list_is_404(ask, stripe, action, field):
    assert ask(stripe, action, field).status_code == 404
    assert not SandboxCall.objects.exists()


def test_hostile_words_are_words(ask, shop, network):
    network.answer = lambda request: json_response(200, PRICES)

    for search in ("\x00", '" OR 1=1', "x" * 10_000, "é" * 500, "{{ trigger.email }}"):
        response = ask(shop, field="customer", search=search)
        assert response.status_code == 200, search
    assert all(len(request.url) < 2000 for request in network.requests)


@pytest.mark.parametrize("persona", PERSONAS)
def test_only_those_who_may_edit_are_answered(ask, persona_client, persona, shop, network):
    network.answer = lambda request: json_response(200, PRICES)

    response = ask(shop, client=persona_client(persona))

    expected = {"viewer": 403, "stranger": 404}.get(persona, 200)
    assert response.status_code == expected
    assert bool(network.requests) == (expected == 200)


# On the page


def test_the_form_names_the_list_of_an_input_and_stays_a_plain_input(editor_client, workflow, customerio):
    step = {
        "id": "mail",
        "kind": "action",
        "name": "Mail",
        "action": SEND,
        "connection": str(customerio.code),
        "inputs": {"transactional_message_id": {"value": "3"}},
    }
    workflow.draft = {**workflow.draft, "steps": [step]}
    workflow.save()
    before = everything()

    response = editor_client.get(url(workflow, "edit"))

    html = response.content.decode()
    assert 'data-choices="transactional_message_id"' in html
    assert f'data-choices-url="{url(workflow, "choices")}"' in html
    assert page(response).form("mapping").fields["s0-f-transactional_message_id"] == "3"
    assert everything() == before  # Looking calls nobody.


def test_answers_are_json_that_is_not_executed(ask, shop, network):
    rows = [{"id": "price_1", "nickname": "</script><script>alert(1)</script>", "currency": "usd"}]
    network.answer = lambda request: json_response(200, {"data": rows})

    response = ask(shop)

    assert response["Content-Type"] == "application/json"
    assert json.loads(response.content)["options"][0]["value"] == "price_1"
