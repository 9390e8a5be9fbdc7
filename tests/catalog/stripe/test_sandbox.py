"""The sandbox keeps the rules that Stripe documents."""

import base64
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.connectors.stripe import APP
from apps.catalog.connectors.stripe.sandbox.form import parse_form
from apps.catalog.registry import sample_payload
from apps.catalog.transport import NoAnswer, Request
from tests.catalog.stripe.provider import NOW

BEARER = {"Authorization": "Bearer sk_test_sandbox"}
CREATE = b"url=https%3A%2F%2Fexample.com%2Fx&enabled_events[0]=charge.failed&metadata[a]=b"


def call(method, path, body=b"", state=None, now=NOW, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(method, f"https://api.stripe.com{path}", {**BEARER, **named}, body)
    before = copy.deepcopy(state or {})
    response, after = APP.sandbox(request, state or {}, now)
    assert (state or {}) == before
    json.dumps(after)
    return response.status, json.loads(response.body), after, response.headers


def get(path, **headers):
    return call("GET", path, **headers)[:2]


def test_the_balance_answers():
    status, body = get("/v1/balance")

    assert (status, body["object"], body["livemode"]) == (200, "balance", False)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer ",
        "Bearer hunter2",
        "Bearer sk_live_real",
        "Bearer sk_test_revoked",
        "Basic ???",
        "Basic cGs6",
    ],
)
def test_a_key_that_is_none_is_refused(authorization):
    status, body = get("/v1/balance", Authorization=authorization)

    assert (status, body["error"]["type"]) == (401, "invalid_request_error")


def test_basic_authorization_is_taken_too():
    basic = base64.b64encode(b"sk_test_sandbox:").decode()

    assert get("/v1/balance", Authorization=f"Basic {basic}")[0] == 200


def test_a_missing_permission_is_named():
    status, body = get("/v1/balance", Authorization="Bearer rk_test_no_balance_read")

    assert status == 403
    assert "'rak_balance_read'" in body["error"]["message"]
    assert get("/v1/customers/cus_1", Authorization="Bearer rk_test_no_balance_read")[0] == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/customers/cus_abc1", "customer"),
        ("/v1/charges/ch_abc1", "charge"),
        ("/v1/invoices/in_abc1", "invoice"),
        ("/v1/subscriptions/sub_abc1", "subscription"),
    ],
)
def test_any_plausible_id_is_a_stable_object(path, kind):
    status, body = get(path)

    assert (status, body["object"], body["id"]) == (200, kind, path.rpartition("/")[2])
    assert get(path) == (status, body)


def test_people_are_at_example_com_and_told_apart():
    emails = {get(f"/v1/customers/{each}")[1]["email"] for each in ("cus_A1", "cus_B2")}
    charge = get("/v1/charges/ch_C3")[1]

    assert emails == {"cus_a1@example.com", "cus_b2@example.com"}
    assert charge["billing_details"]["email"] == charge["receipt_email"] == "ch_c3@example.com"


@pytest.mark.parametrize("trigger", APP.triggers, ids=lambda trigger: trigger.key)
def test_the_look_up_of_a_sample_finds_jane(trigger):
    flat = trigger.flatten(sample_payload("stripe", trigger.key))
    resources = {"get-customer": "customers", "get-charge": "charges"}

    known = flat
    for look_up in trigger.email_from:
        # A later look-up may start from what an earlier one found.
        source = flat.get(look_up.source) or known[look_up.source]
        _, known = get(f"/v1/{resources[look_up.action]}/{source}")
        assert (known.get("email") or known["billing_details"]["email"]) == "jane@example.com"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/customers/cus_missing_1",
        "/v1/customers/cus_wrongmode",
        "/v1/customers/ch_1",
        "/v1/charges/cus_1",
        "/v1/customers/cus_a%2Fb",
    ],
)
def test_an_id_that_names_nothing_is_missing(path):
    status, body = get(path)

    assert (status, body["error"]["code"], body["error"]["param"]) == (404, "resource_missing", "id")


def test_a_deleted_customer_is_a_stub():
    assert get("/v1/customers/cus_deleted_1") == (
        200,
        {"id": "cus_deleted_1", "object": "customer", "deleted": True},
    )


def test_objects_of_the_state_win():
    held = {"id": "cus_missing", "object": "customer", "email": "held@example.com"}
    state = {"objects": {"customers": {"cus_missing": held}}}

    assert call("GET", "/v1/customers/cus_missing", state=state)[:2] == (200, held)


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("rate_limited", 429, "rate_limit"),
        ("lock_timeout", 429, "lock_timeout"),
        ("server_error", 500, None),
        ("conflict", 409, "idempotency_key_in_use"),
    ],
)
def test_words_in_an_id_make_failures(word, status, code):
    answered, body, _, headers = call("GET", f"/v1/customers/cus_{word}")

    assert (answered, body["error"].get("code")) == (status, code)
    assert (headers.get("retry-after") == "2") == (word == "rate_limited")


def test_a_timeout_is_no_answer():
    with pytest.raises(NoAnswer):
        call("GET", "/v1/customers/cus_timeout")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("GET", "/"),
        ("GET", "/v2/core/events"),
        ("POST", "/v1/customers/cus_1/sources"),
        ("PUT", "/v1/customers/cus_1"),
        ("DELETE", "/v1/invoices/in_1"),
        ("GET", "/v1/billing_portal/sessions"),
        ("GET", "/v1/invoices/in_1/finalize"),
        ("GET", "/v1/products/search"),
        ("GET", "/v1/balance/x"),
        ("PUT", "/v1/webhook_endpoints"),
        ("GET", "/v1/customers/cus_1/sources"),
    ],
)
def test_an_unknown_path_is_stripes_404(method, path):
    status, body, _, _ = call(method, path)

    assert (status, body["error"]["type"]) == (404, "invalid_request_error")
    assert "Unrecognized request URL" in body["error"]["message"]


def test_a_webhook_endpoint_lives_its_life():
    status, made, state, _ = call("POST", "/v1/webhook_endpoints", CREATE)
    path = f"/v1/webhook_endpoints/{made['id']}"

    assert status == 200
    assert made["secret"].startswith("whsec_")
    assert (made["metadata"], made["enabled_events"], made["status"]) == (
        {"a": "b"},
        ["charge.failed"],
        "enabled",
    )
    read = call("GET", path, state=state)[1]
    assert read == {name: value for name, value in made.items() if name != "secret"}
    changes = b"disabled=true&metadata[a]=&metadata[c]=d&enabled_events[]=x.y"
    _, changed, state, _ = call("POST", path, changes, state=state)
    assert (changed["status"], changed["metadata"], changed["enabled_events"]) == (
        "disabled",
        {"c": "d"},
        ["x.y"],
    )
    _, gone, state, _ = call("DELETE", path, state=state)
    assert gone == {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
    for method in ("GET", "POST", "DELETE"):
        status, body, _, _ = call(method, path, state=state)
        assert (status, body["error"]["code"]) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", "url"),
        (b"url=https://example.com", "enabled_events"),
        (b"url=example.com&enabled_events[]=a", "url"),
        (b"url=https://example.com&enabled_events=a", "enabled_events"),
        (b"url=https://example.com&enabled_events[]=a&metadata=x", "metadata"),
        (b"url=https://example.com&enabled_events[]=a&disabled=true", "disabled"),
    ],
)
def test_a_creation_is_validated(body, param):
    status, answered, state, _ = call("POST", "/v1/webhook_endpoints", body)

    assert (status, answered["error"]["param"], state) == (400, param, {})


def test_the_version_of_an_endpoint_cannot_be_changed():
    _, made, state, _ = call("POST", "/v1/webhook_endpoints", CREATE)
    path = f"/v1/webhook_endpoints/{made['id']}"

    status, body, _, _ = call("POST", path, b"api_version=2020-08-27", state=state)

    assert (status, body["error"]["code"]) == (400, "parameter_unknown")


def test_sixteen_endpoints_are_the_most_and_are_listed_in_pages():
    state: dict[str, Any] = {}
    ids = []
    for _ in range(16):
        _, made, state, _ = call("POST", "/v1/webhook_endpoints", CREATE, state=state)
        ids.append(made["id"])

    status, body, same, _ = call("POST", "/v1/webhook_endpoints", CREATE, state=state)
    assert (status, same) == (400, state)
    assert "maximum of 16" in body["error"]["message"]

    first = call("GET", "/v1/webhook_endpoints?limit=12", state=state)[1]
    after = first["data"][-1]["id"]
    rest = call("GET", f"/v1/webhook_endpoints?limit=12&starting_after={after}", state=state)[1]
    assert [each["id"] for each in first["data"] + rest["data"]] == ids[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert not any("secret" in each for each in first["data"])
    assert len(call("GET", "/v1/webhook_endpoints", state=state)[1]["data"]) == 10


def test_a_key_is_answered_from_memory_for_a_day():
    _, first, state, _ = call("POST", "/v1/webhook_endpoints", CREATE, Idempotency_Key="k1")

    _, again, same, headers = call(
        "POST", "/v1/webhook_endpoints", CREATE, state=state, now=NOW + 86_000, Idempotency_Key="k1"
    )
    assert (again, headers["idempotent-replayed"], same) == (first, "true", state)

    _, later, _, headers = call(
        "POST", "/v1/webhook_endpoints", CREATE, state=state, now=NOW + 90_000, Idempotency_Key="k1"
    )
    assert later["id"] != first["id"]
    assert "idempotent-replayed" not in headers


def test_a_key_for_something_else_is_refused():
    _, _, state, _ = call("POST", "/v1/webhook_endpoints", CREATE, Idempotency_Key="k1")

    status, body, same, _ = call(
        "POST", "/v1/webhook_endpoints", CREATE + b"&description=x", state=state, Idempotency_Key="k1"
    )

    assert (status, body["error"]["type"], same) == (400, "idempotency_error", state)


def test_what_was_refused_is_not_remembered():
    _, _, state, _ = call("POST", "/v1/webhook_endpoints", b"url=x", Idempotency_Key="k1")

    assert call("POST", "/v1/webhook_endpoints", CREATE, state=state, Idempotency_Key="k1")[0] == 200


def test_the_state_stays_bounded():
    _, made, state, _ = call("POST", "/v1/webhook_endpoints", CREATE)
    path = f"/v1/webhook_endpoints/{made['id']}"

    for number in range(120):
        request = Request(
            "POST",
            f"https://api.stripe.com{path}",
            {**BEARER, "Idempotency-Key": f"k{number}"},
            b"disabled=false",
        )
        _, state = APP.sandbox(request, state, NOW)

    assert list(state["idempotency"]) == [f"k{number}" for number in range(20, 120)]


def test_reads_change_nothing():
    _, _, state, _ = call("POST", "/v1/webhook_endpoints", CREATE)

    for path in ("/v1/balance", "/v1/customers/cus_1", "/v1/webhook_endpoints", "/v1/customers/cus_missing"):
        assert call("GET", path, state=state)[2] == state


def test_secrets_differ_by_request():
    def secret(**headers):
        return call("POST", "/v1/webhook_endpoints", CREATE, **headers)[1]["secret"]

    assert secret(Idempotency_Key="k1") != secret(Idempotency_Key="k2")
    assert secret(Idempotency_Key="k1") == secret(Idempotency_Key="k1")


def test_brackets_make_objects_and_lists():
    assert parse_form("a=1&b[c]=2&d[0][e]=3&d[1][e]=4&f[]=5&f[]=6&g[h][i]=7&j=") == {
        "a": "1",
        "b": {"c": "2"},
        "d": [{"e": "3"}, {"e": "4"}],
        "f": ["5", "6"],
        "g": {"h": {"i": "7"}},
        "j": "",
    }


@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PATCH"]),
    path=st.sampled_from(["", "balance", "customers/cus_1", "webhook_endpoints", "webhook_endpoints/we_1"]),
    query=st.text(max_size=30),
    body=st.binary(max_size=60) | st.from_regex(rb"(url|enabled_events|a)(\[[a0-9]?\]){0,3}=.{0,5}&?"),
)
def test_nothing_that_is_asked_breaks_the_sandbox(method, path, query, body):
    request = Request(method, f"https://api.stripe.com/v1/{path}?{query}", BEARER, body)

    response, state = APP.sandbox(request, {}, NOW)

    assert 200 <= response.status < 500
    json.dumps(state)
