"""The calls of a declared app: what goes on the wire, and what its answers come to."""

import json
from typing import Any

import pytest

from apps.catalog import contract, custom
from apps.catalog.custom.sandbox import answer_of
from apps.catalog.errors import CallError, Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account, App, CallContext, Effect, Idempotency
from apps.catalog.transport import Request, Response
from tests.catalog.custom.shop import SECRET, create_order, delete_order, read_order, shop

ACCOUNT = Account({"api_key": SECRET, "branch": "north"})
INPUTS = {"email": "jane@example.com", "sku": "A-1"}


class Answering:
    """A `Send` with one answer, which keeps what it was asked."""

    def __init__(self, status: int = 200, body: Any = None) -> None:
        self.requests: list[Request] = []
        self._answer = Response(status, {"content-type": "application/json"}, json.dumps(body or {}).encode())

    def __call__(self, request: Request, *, deadline: float) -> Response:
        self.requests.append(request)
        return self._answer


def built(**changes: Any) -> App:
    return custom.build(custom.checked(shop(**changes)))


def called(app: App, key: str, inputs: dict[str, Any], send: Any, account: Account = ACCOUNT) -> Any:
    action = app.action(key)
    assert action is not None
    return action.call(
        CallContext(inputs=inputs, account=account, send=send, key=contract.DRY_KEY, event_time=1)
    )


def sent(app: App, key: str, inputs: dict[str, Any], account: Account = ACCOUNT) -> Request:
    send = Answering()
    called(app, key, inputs, send, account)
    [request] = send.requests
    return request


def test_every_part_of_the_call_is_filled_in_its_place():
    request = sent(built(), "create-order", {**INPUTS, "quantity": 3, "source": "test"})

    assert (request.method, request.url) == ("POST", "https://shop.example.com/api/branches/north/orders")
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert request.headers["Idempotency-Key"] == contract.DRY_KEY
    assert request.headers["X-Source"] == "test"
    assert json.loads(request.body) == {
        "email": "jane@example.com",
        "note": "For jane@example.com",
        "quantity": 3,
        "lines": [{"sku": "A-1"}],
        "test": True,
    }


def test_what_has_no_value_is_left_out():
    request = sent(built(), "create-order", INPUTS)

    assert "quantity" not in json.loads(request.body)
    assert "X-Source" not in request.headers
    assert sent(built(), "read-order", {"order_id": "1"}).url.endswith("/orders/1")


@pytest.mark.parametrize(
    ("order_id", "path"),
    [
        ("a/b", "/api/orders/a%2Fb"),
        ("../../admin", "/api/orders/..%2F..%2Fadmin"),
        ("1?x=2#y", "/api/orders/1%3Fx%3D2%23y"),
        ("ä ö", "/api/orders/%C3%A4%20%C3%B6"),
    ],
)
def test_a_value_never_leaves_its_segment(order_id, path):
    assert sent(built(), "read-order", {"order_id": order_id}).url == f"https://shop.example.com{path}"


@pytest.mark.parametrize("order_id", [".", "..", " ", "a\x00b", "a\r\nb"])
def test_a_value_that_would_lead_elsewhere_is_never_sent(order_id):
    send = Answering()

    with pytest.raises(Permanent, match="The path of “Read order” can't be filled"):
        called(built(), "read-order", {"order_id": order_id}, send)

    assert send.requests == []


def test_a_query_value_adds_no_parameter():
    request = sent(built(), "read-order", {"order_id": "1", "expand": "x&admin=1"})

    assert request.url.endswith("/orders/1?expand=x%26admin%3D1")


def test_a_header_value_adds_no_header():
    with pytest.raises(Permanent, match="line break"):
        sent(built(), "create-order", {**INPUTS, "source": "a\r\nX-Evil: 1"})


def test_a_json_leaf_adds_no_json():
    request = sent(built(), "create-order", {**INPUTS, "sku": '"}], "admin": true, "x": [{"y": "'})

    assert set(json.loads(request.body)) == {"email", "note", "lines", "test"}


def test_a_template_that_loops_for_ever_is_stopped_before_it_is_saved():
    loop = "{% for a in (1..1000) %}" * 3 + "x" + "{% endfor %}" * 3

    problems = custom.problems_of(custom.parse(shop(actions=[create_order(body={"note": loop})])))

    assert [problem.path for problem in problems] == [("actions", 0)]
    assert "The body of “Create order” can't be filled" in problems[0].message


@pytest.mark.parametrize(
    ("signing", "expected"),
    [
        (
            {"kind": "header", "field": "api_key", "name": "X-Api-Key", "prefix": "Token "},
            ("X-Api-Key", f"Token {SECRET}"),
        ),
        (
            {"kind": "basic", "field": "api_key", "user_field": "branch"},
            ("Authorization", "Basic bm9ydGg6c2hvcC1rZXktMDEyMzQ1Njc4OQ=="),
        ),
    ],
)
def test_requests_are_signed_as_declared(signing, expected):
    request = sent(built(signing=signing), "read-order", {"order_id": "1"})

    assert (expected[0], request.headers[expected[0]]) == expected


def test_a_credential_may_travel_in_the_query():
    request = sent(
        built(signing={"kind": "query", "field": "api_key", "name": "key"}), "read-order", {"order_id": "1"}
    )

    assert request.url.endswith(f"/orders/1?key={SECRET}")


def test_a_missing_credential_needs_a_person():
    with pytest.raises(NeedsHuman, match="API key"):
        sent(built(), "read-order", {"order_id": "1"}, Account({}))


def test_form_fields_are_sent_as_such():
    part = create_order(
        body_kind="form", body=None, form=[{"name": "e mail", "template": "{{ inputs.email }}"}]
    )

    request = sent(built(actions=[part]), "create-order", INPUTS)

    assert request.body == b"e+mail=jane%40example.com"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_outputs_are_found_at_their_paths_as_their_types():
    answer = {"order": {"id": 17, "total": "500"}}

    assert called(built(), "create-order", INPUTS, Answering(201, answer)) == {
        "order_id": "17",
        "total": 500,
        "http_status": 201,
    }
    assert called(built(), "create-order", INPUTS, Answering(200, []))["order_id"] is None


@pytest.mark.parametrize(
    ("status", "kind", "certainty"),
    [
        (400, Permanent, Certainty.REFUSED),
        (401, NeedsHuman, Certainty.REFUSED),
        (404, Permanent, Certainty.REFUSED),
        (429, Retryable, Certainty.NOT_DONE),
        (500, Retryable, Certainty.UNCERTAIN),
        (202, Retryable, Certainty.UNCERTAIN),  # Neither 200 nor 201: it may have been done.
    ],
)
def test_a_refusal_is_classed_and_told_in_the_apps_own_words(status, kind, certainty):
    with pytest.raises(CallError) as caught:
        called(built(), "create-order", INPUTS, Answering(status, {"error": {"message": "No such branch"}}))

    assert type(caught.value) is kind
    assert caught.value.certainty is certainty
    assert "Corner Shop" in caught.value.message
    assert status == 202 or "No such branch" in caught.value.message


def test_a_status_that_counts_as_done_is_no_error():
    assert called(built(), "delete-order", {"order_id": "1"}, Answering(404))["http_status"] == 404


def test_repetition_follows_from_effect_and_key():
    app = built(
        actions=[create_order(), create_order(key="other", key_header=""), read_order(), delete_order()]
    )

    kinds = {action.key: (action.effect, action.idempotency) for action in app.actions}

    assert kinds == {
        "create-order": (Effect.CREATE, Idempotency.KEY),
        "other": (Effect.CREATE, Idempotency.NONE),
        "read-order": (Effect.READ, Idempotency.NATURAL),
        "delete-order": (Effect.DELETE, Idempotency.NATURAL),
    }


def test_the_test_call_proves_the_credentials():
    send = Answering()

    app = built()
    assert "200" in app.auth.test(ACCOUNT, send).message
    assert send.requests[0].url == "https://shop.example.com/api/me"
    with pytest.raises(NeedsHuman):
        app.auth.test(ACCOUNT, Answering(401))


def test_the_sandbox_answers_every_declared_call_with_its_examples():
    app = built()

    def sandbox(request: Request, *, deadline: float) -> Response:
        return app.sandbox(request, {}, 0.0)[0]

    account = Account(app.auth.sandbox_values)
    assert app.auth.test(account, sandbox).message
    assert called(app, "create-order", INPUTS, sandbox, account)["order_id"] == "ord_1"
    assert answer_of(custom.parse(shop()).actions[0]) == {"order": {"id": "ord_1", "total": 500}}


@pytest.mark.parametrize("prefix", ["a\r\nX-Evil: 1\r\nX-B: ", "a\nb", "\r", "a\x7f"])
@pytest.mark.parametrize("kind", ["signing", "shared_secret", "hmac"])
def test_no_prefix_begins_another_header(kind, prefix):
    if kind == "signing":
        changes = {"signing": {"kind": "header", "field": "api_key", "name": "X-A", "prefix": prefix}}
    else:
        verification = {"kind": kind, "header": "X-S", "prefix": prefix}
        changes = {"webhook": {**shop()["webhook"], "verification": verification}}

    with pytest.raises(custom.InvalidDeclarationError) as refused:
        custom.checked(shop(**changes))

    [problem] = refused.value.problems
    assert problem.path[-1] == "prefix"
    assert "line" in problem.message


def test_a_blank_after_the_prefix_is_kept():
    signing = {"kind": "header", "field": "api_key", "name": "X-A", "prefix": "Token "}

    assert sent(built(signing=signing), "read-order", {"order_id": "1"}).headers["X-A"] == f"Token {SECRET}"


@pytest.mark.parametrize("name", ["expand", "EXPAND"])
def test_no_row_sends_the_credentials_parameter_a_second_time(name):
    signing = {"kind": "query", "field": "api_key", "name": name}

    with pytest.raises(custom.InvalidDeclarationError) as refused:
        custom.checked(shop(signing=signing))

    [problem] = refused.value.problems
    assert problem.path == ("actions", 1, "query", 0, "name")
    assert "carries the connection's credential" in problem.message
