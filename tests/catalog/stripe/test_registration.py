"""Exactly one webhook endpoint of ours stands at Stripe, whatever was there before."""

import json
import urllib.parse
from typing import Any

import pytest

from apps.catalog.connectors.stripe import APP, registration
from apps.catalog.connectors.stripe.client import API_VERSION
from apps.catalog.errors import NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account, RegistrationContext
from apps.catalog.transport import NoAnswer, Request
from tests.catalog.stripe.provider import API_KEY, KEY, NOW, Sandbox, answer, refusal

URL = "https://hooks.example.com/v1/webhooks/stripe/tok_8f2k"
MARKER = {"tandem_instance": "inst_1", "tandem_connection": "conn_1"}
EVENTS = ("invoice.paid", "charge.failed")


@pytest.fixture
def stripe():
    return Sandbox()


def context(send, **changes):
    defaults = {
        "account": Account({"api_key": API_KEY}),
        "send": send,
        "url": URL,
        "event_types": EVENTS,
        "marker": MARKER,
        "key": KEY,
    }
    return RegistrationContext(**{**defaults, **changes})


def ensure(send, **changes):
    return registration.ensure(context(send, **changes))


def remove(send, **changes):
    registration.remove(context(send, **changes))


def known(registered):
    return {"known_id": registered.id, "have_secret": True}


def put(stripe, endpoint_id, **changes):
    endpoint = {
        "id": endpoint_id,
        "object": "webhook_endpoint",
        "url": URL,
        "enabled_events": sorted(EVENTS),
        "api_version": API_VERSION,
        "metadata": dict(MARKER),
        "status": "enabled",
        **changes,
    }
    held = stripe.state.setdefault("objects", {}).setdefault("webhook_endpoints", {})
    held[endpoint_id] = endpoint
    return endpoint


def writes(stripe):
    return [sent for sent in stripe.sent() if sent[0] != "GET"]


def test_the_first_publish_creates_one_endpoint(stripe):
    registered = ensure(stripe)

    (endpoint,) = stripe.endpoints
    assert endpoint["id"] == registered.id
    assert endpoint["url"] == registered.url == URL
    assert endpoint["enabled_events"] == list(registered.event_types) == ["charge.failed", "invoice.paid"]
    assert endpoint["api_version"] == registered.api_version == API_VERSION
    assert endpoint["metadata"] == MARKER
    assert endpoint["description"]
    assert registered.secret.startswith("whsec_")
    assert registered.enabled


def test_an_endpoint_that_stands_as_wanted_is_left_alone(stripe):
    first = ensure(stripe)
    stripe.requests.clear()

    again = ensure(stripe, **known(first))

    assert (again.id, again.secret) == (first.id, None)
    assert writes(stripe) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"event_types": ("invoice.paid", "charge.failed", "customer.created")},
        {"event_types": ("invoice.paid",)},
        {"url": "https://hooks.example.com/v1/webhooks/stripe/tok_new"},
    ],
)
def test_another_address_or_other_events_change_the_endpoint(stripe, changes):
    first = ensure(stripe)

    again = ensure(stripe, **known(first), **changes)

    (endpoint,) = stripe.endpoints
    assert again.id == first.id == endpoint["id"]
    assert again.secret is None
    assert endpoint["url"] == changes.get("url", URL)
    assert endpoint["enabled_events"] == sorted(changes.get("event_types", EVENTS))
    assert endpoint["metadata"] == MARKER


def test_a_disabled_endpoint_is_enabled(stripe):
    first = ensure(stripe)
    stripe.endpoints[0]["status"] = "disabled"

    again = ensure(stripe, **known(first))

    assert stripe.endpoints[0]["status"] == "enabled"
    assert again.enabled


def test_changing_back_and_forth_within_a_day_is_really_done(stripe):
    first = ensure(stripe)

    for events in (("invoice.paid",), EVENTS, ("invoice.paid",), EVENTS, ("invoice.paid",)):
        ensure(stripe, **known(first), event_types=events)
        assert stripe.endpoints[0]["enabled_events"] == sorted(events)


def test_an_endpoint_whose_secret_is_lost_is_replaced(stripe):
    first = ensure(stripe)

    again = ensure(stripe, known_id=first.id, have_secret=False)

    assert [endpoint["id"] for endpoint in stripe.endpoints] == [again.id]
    assert again.id != first.id
    assert again.secret
    assert again.secret != first.secret
    assert [method for method, _ in writes(stripe)] == ["POST", "DELETE", "POST"]


def test_a_crash_before_the_answer_was_stored_leaves_one_endpoint_with_a_known_secret(stripe):
    ensure(stripe)

    again = ensure(stripe, known_id=None, have_secret=False)

    assert [endpoint["id"] for endpoint in stripe.endpoints] == [again.id]
    assert again.secret


def test_unpublishing_and_publishing_again_within_a_day_makes_a_living_endpoint(stripe):
    ids = set()
    for _ in range(4):
        registered = ensure(stripe)
        assert [endpoint["id"] for endpoint in stripe.endpoints] == [registered.id]
        assert registered.secret
        ids.add(registered.id)
        remove(stripe, known_id=registered.id)
        assert stripe.endpoints == []

    assert len(ids) == 4


def test_a_repeated_creation_is_the_same_call(stripe):
    def cut_off(request):
        if request.method == "POST":
            stripe.before = lambda request: None
            raise NoAnswer("no answer", code="timeout")

    stripe.before = cut_off
    with pytest.raises(NoAnswer):
        ensure(stripe)
    ensure(stripe)

    posts = [request for request in stripe.requests if request.method == "POST"]
    assert len(posts) == 2
    assert posts[0].body == posts[1].body
    assert posts[0].headers["Idempotency-Key"] == posts[1].headers["Idempotency-Key"]


def test_the_key_says_what_is_created():
    variants: tuple[dict[str, Any], ...] = (
        {},
        {"url": f"{URL}2"},
        {"event_types": ("invoice.paid",)},
        {"key": "0" * 64},
        {"known_id": "we_before"},
        {"marker": {"tandem_connection": "conn_2"}},
    )
    posts: list[Request] = []
    for changes in variants:
        fresh = Sandbox()
        ensure(fresh, **changes)
        posts.extend(request for request in fresh.requests if request.method == "POST")

    keys = {request.headers["Idempotency-Key"] for request in posts}
    assert len(keys) == len(variants)
    assert all(len(key) == 64 for key in keys)


@pytest.mark.parametrize("version", ["2020-08-27", None])
def test_an_endpoint_of_another_version_is_replaced_after_the_new_one_stands(stripe, version):
    put(stripe, "we_old", api_version=version)

    again = ensure(stripe, known_id="we_old", have_secret=True)

    assert [endpoint["id"] for endpoint in stripe.endpoints] == [again.id]
    assert (again.api_version, bool(again.secret)) == (API_VERSION, True)
    assert [method for method, _ in writes(stripe)] == ["POST", "DELETE"]


def test_of_several_the_one_with_the_known_secret_stays(stripe):
    put(stripe, "we_a")
    put(stripe, "we_b")
    put(stripe, "we_c", api_version="2020-08-27")

    again = ensure(stripe, known_id="we_a", have_secret=True)

    assert again.id == "we_a"
    assert [endpoint["id"] for endpoint in stripe.endpoints] == ["we_a"]


def test_a_secret_of_an_endpoint_that_is_gone_is_not_taken_for_anothers(stripe):
    put(stripe, "we_b")

    again = ensure(stripe, known_id="we_a", have_secret=True)

    assert again.secret
    assert [endpoint["id"] for endpoint in stripe.endpoints] == [again.id]
    assert again.id != "we_b"


def test_a_secret_without_an_id_belongs_to_the_newest_of_ours(stripe):
    put(stripe, "we_a")
    put(stripe, "we_b")

    again = ensure(stripe, known_id=None, have_secret=True)

    assert again.id == "we_b"
    assert [endpoint["id"] for endpoint in stripe.endpoints] == ["we_b"]


def test_endpoints_of_others_are_never_touched(stripe):
    put(stripe, "we_bare", metadata={})
    put(stripe, "we_other", metadata={**MARKER, "tandem_connection": "conn_2"})
    registered = ensure(stripe)

    remove(stripe, **known(registered))
    remove(stripe, marker={})
    ensure(stripe, marker={})

    assert {"we_bare", "we_other"} < {endpoint["id"] for endpoint in stripe.endpoints}


def test_ours_is_found_behind_the_first_page():
    pages = [
        {"data": [{"id": f"we_{n}", "metadata": {}} for n in range(100)], "has_more": True},
        {"data": [{"id": "we_ours", "metadata": MARKER}], "has_more": False},
    ]
    seen = []

    def send(request, *, deadline):
        seen.append((request.method, urllib.parse.urlsplit(request.url)))
        if request.method == "DELETE":
            return answer(body={"deleted": True})
        return answer(body=pages[1 if "starting_after=we_99" in request.url else 0])

    remove(send)

    assert [method for method, _ in seen] == ["GET", "GET", "DELETE"]
    assert seen[2][1].path.endswith("/we_ours")


def test_a_list_that_never_ends_is_left():
    count = []

    def send(request, *, deadline):
        count.append(1)
        return answer(body={"data": [{"id": "we_1"}, "odd", {"id": 7}], "has_more": True})

    remove(send)

    assert len(count) == 10


def test_an_endpoint_that_is_gone_already_is_removed(stripe):
    registered = ensure(stripe)
    stripe.before = lambda request: (
        refusal(404, code="resource_missing", message="No such webhook endpoint")
        if request.method == "DELETE"
        else None
    )

    remove(stripe, **known(registered))
    stripe.before = lambda request: None
    remove(stripe, **known(registered))
    remove(stripe, **known(registered))

    assert stripe.endpoints == []


def test_a_full_account_is_told_with_the_remedy(stripe):
    for number in range(16):
        put(stripe, f"we_{number}", metadata={})

    with pytest.raises(Permanent) as caught:
        ensure(stripe)

    assert caught.value.code == "endpoint_limit"
    assert "at most 16" in caught.value.remedy
    assert len(stripe.endpoints) == 16


@pytest.mark.parametrize("api_key", ["rk_test_no_webhook_read", "rk_test_no_webhook_write"])
def test_a_key_that_may_not_register_is_told_with_the_address(stripe, api_key):
    with pytest.raises(Permanent) as caught:
        ensure(stripe, account=Account({"api_key": api_key}))

    assert caught.value.code == "forbidden"
    assert "webhook_write" in caught.value.remedy
    assert URL in caught.value.remedy


def test_a_key_that_may_not_remove_is_told_what_to_delete_by_hand(stripe):
    registered = ensure(stripe)

    with pytest.raises(Permanent) as caught:
        remove(stripe, **known(registered), account=Account({"api_key": "rk_test_no_webhook_write"}))

    assert caught.value.code == "forbidden"
    assert f"delete the endpoint for {URL}" in caught.value.remedy


def test_an_address_that_stripe_refuses_names_the_setting(stripe):
    with pytest.raises(Permanent) as caught:
        ensure(stripe, url="ftp://example.com")

    assert caught.value.code == "address_refused"
    assert "PUBLIC_URL" in caught.value.remedy


@pytest.mark.parametrize(
    ("response", "error"),
    [(refusal(401), NeedsHuman), (refusal(500), Retryable), (answer(body={}), Retryable)],
)
def test_other_failures_go_on_as_they_are(stripe, response, error):
    stripe.before = lambda request: response if request.method == "POST" else None

    with pytest.raises(error):
        ensure(stripe)


def test_an_answer_that_is_always_replayed_ends_in_an_error(stripe):
    ensure(stripe)
    stale = stripe.endpoints[0]
    stripe.state = {}
    stripe.before = lambda request: answer(body=stale) if request.method == "POST" else None

    with pytest.raises(Permanent) as caught:
        ensure(stripe)

    assert caught.value.code == "stale_endpoint"


def test_a_connection_without_a_key_registers_by_hand(stripe):
    for call in (ensure, remove):
        with pytest.raises(Permanent) as caught:
            call(stripe, account=Account({"webhook_secret": "whsec_1"}))
        assert caught.value.code == "missing_key"


def untelling(stripe, *, times):
    """Let the sandbox create as many endpoints without telling their secrets."""
    left = [times]

    def secretless(request):
        if request.method != "POST" or not left[0]:
            return None
        left[0] -= 1
        response, stripe.state = APP.sandbox(request, stripe.state, NOW)
        body = json.loads(response.body)
        return answer(body={key: value for key, value in body.items() if key != "secret"})

    stripe.before = secretless


def test_an_endpoint_whose_secret_was_not_told_is_deleted_and_another_made(stripe):
    untelling(stripe, times=1)

    registered = ensure(stripe)

    assert registered.secret.startswith("whsec_")
    assert [endpoint["id"] for endpoint in stripe.endpoints] == [registered.id]
    keys = [request.headers["Idempotency-Key"] for request in stripe.requests if request.method == "POST"]
    assert len(set(keys)) == 2


def test_a_stripe_that_never_tells_a_secret_is_given_up_and_nothing_is_left_there(stripe):
    untelling(stripe, times=100)

    with pytest.raises(Permanent) as caught:
        ensure(stripe)

    assert caught.value.code == "secret_not_told"
    assert stripe.endpoints == []
    assert len([sent for sent in writes(stripe) if sent[0] == "POST"]) == 3
