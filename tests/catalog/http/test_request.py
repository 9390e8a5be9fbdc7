"""The request on the wire, and what an answer means."""

import json
from typing import Any

import pytest

from apps.catalog import registry
from apps.catalog.errors import Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account, CallContext, Effect, Idempotency
from apps.catalog.transport import Request, Response
from apps.workflows.engine.coercion import UnfitError, coerce

APP = registry.get_app("http")
REQUEST = APP.action("request")
PATH_FIELD = next(field for field in REQUEST.inputs if field.key == "path")
KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OPEN = {"address": "https://api.example.com/v1", "authorization": "none"}
GET = {"method": "GET", "path": "/orders"}
POST = {"method": "POST", "path": "/orders"}


class Server:
    """Gives one answer and keeps what it was asked, and for how long."""

    def __init__(self, status: int = 200, body: bytes = b"{}", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = Response(status, {"content-type": "application/json", **named}, body)
        self.requests: list[Request] = []
        self.deadlines: list[float] = []

    def __call__(self, request: Request, *, deadline: float) -> Response:
        self.requests.append(request)
        self.deadlines.append(deadline)
        return self.answer


def call(server: Server, inputs: dict[str, Any], values: dict[str, str] | None = None) -> dict[str, Any]:
    assert REQUEST.check is not None
    REQUEST.check(inputs)
    account = Account(values or OPEN)
    return REQUEST.call(CallContext(inputs=inputs, account=account, send=server, key=KEY, event_time=0))


def sent(inputs: dict[str, Any], values: dict[str, str] | None = None) -> Request:
    server = Server()
    call(server, inputs, values)
    [request] = server.requests
    return request


def test_a_value_fills_its_part_of_the_path_and_no_more():
    request = sent(
        {
            "method": "GET",
            "path": "/orders/{order}/items",
            "path_values": {"order": "../a/b?c=d#e%2f"},
        }
    )

    assert request.url == "https://api.example.com/v1/orders/..%2Fa%2Fb%3Fc%3Dd%23e%252f/items"


@pytest.mark.parametrize("value", ["", " ", ".", "..", None, True, ["a"], "a\r\nb", "a\x00"])
def test_a_value_that_is_no_part_of_a_path_is_refused(value):
    with pytest.raises(Permanent) as caught:
        call(Server(), {"method": "GET", "path": "/orders/{order}", "path_values": {"order": value}})

    assert caught.value.field == "path_values"


def test_a_value_for_no_part_of_the_path_is_refused():
    with pytest.raises(Permanent) as caught:
        call(Server(), {**GET, "path_values": {"order": "1"}})

    assert caught.value.field == "path_values"


@pytest.mark.parametrize(
    "path",
    ["orders", "//evil.example.com/x", "/a/../b", "/./a", "/a?b=c", "/a#b", "/a b", "/{A}", "/x{a}", "/a\\b"],
)
def test_a_path_that_could_lead_elsewhere_is_no_path(path):
    with pytest.raises(UnfitError):
        coerce(PATH_FIELD, path)


@pytest.mark.parametrize(
    "path", ["/", "/orders", "/orders/", "/orders/{order}/items", "/a.b/c:d@e", "/v1/~x"]
)
def test_usual_paths_are_paths(path):
    assert coerce(PATH_FIELD, path) == path


def test_the_query_takes_texts_numbers_and_lists():
    request = sent({**GET, "query": {"q": "a&b=c", "page": 2, "on": True, "id": ["1", "2"], "none": None}})

    assert request.url == "https://api.example.com/v1/orders?q=a%26b%3Dc&page=2&on=true&id=1&id=2"


def test_an_object_is_no_value_of_the_query():
    with pytest.raises(Permanent) as caught:
        call(Server(), {**GET, "query": {"q": {"a": 1}}})

    assert caught.value.field == "query"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b"])
def test_no_value_of_a_header_begins_another(value):
    with pytest.raises(Permanent) as caught:
        call(Server(), {**GET, "headers": {"X-Source": value}})

    assert caught.value.field == "headers"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authorization",
        "Cookie",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Content-Type",
        "A B",
    ],
)
def test_a_header_that_is_not_the_steps_is_refused(name):
    with pytest.raises(Permanent) as caught:
        call(Server(), {**GET, "headers": {name: "x"}})

    assert caught.value.field == "headers"


def test_the_header_of_the_connections_key_is_not_the_steps():
    values = {**OPEN, "authorization": "header", "name": "X-Api-Key", "secret": "s3cret"}

    with pytest.raises(Permanent):
        call(Server(), {**GET, "headers": {"x-api-key": "mine"}}, values)


@pytest.mark.parametrize(
    ("values", "header"),
    [
        ({"authorization": "bearer", "secret": "s3cret"}, ("Authorization", "Bearer s3cret")),
        (
            {"authorization": "basic", "user": "me", "secret": "s3cret"},
            ("Authorization", "Basic bWU6czNjcmV0"),
        ),
        ({"authorization": "header", "name": "X-Api-Key", "secret": "s3cret"}, ("X-Api-Key", "s3cret")),
    ],
)
def test_the_key_is_sent_as_the_connection_says(values, header):
    request = sent(GET, {**OPEN, **values})

    assert request.headers[header[0]] == header[1]
    assert "s3cret" not in request.url


def test_a_key_may_stand_in_the_address():
    values = {**OPEN, "authorization": "query", "name": "api_key", "secret": "s3&cret"}

    request = sent({**GET, "query": {"q": "x"}}, values)

    assert request.url == "https://api.example.com/v1/orders?q=x&api_key=s3%26cret"
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("body", "kind", "content"),
    [
        ({"json": {"a": {"b": [1, None]}}}, "application/json", b'{"a":{"b":[1,null]}}'),
        ({"form": {"a": "1 2", "b": [1, 2]}}, "application/x-www-form-urlencoded", b"a=1+2&b=1&b=2"),
        ({"text": "Grüße"}, "text/plain; charset=utf-8", "Grüße".encode()),
        ({"text": "a;b", "text_type": "text/csv"}, "text/csv; charset=utf-8", b"a;b"),
    ],
)
def test_a_body_goes_with_its_type(body, kind, content):
    request = sent({**POST, **body})

    assert (request.headers["Content-Type"], request.body) == (kind, content)


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({**POST, "json": {"a": 1}, "text": "x"}, "text"),
        ({**GET, "json": {"a": 1}}, "json"),
        ({**POST, "timeout": 9}, "timeout"),
        ({**POST, "timeout": 0}, "timeout"),
        ({**POST, "idempotency_header": "Host"}, "idempotency_header"),
    ],
)
def test_inputs_that_don_t_go_together_name_their_field(inputs, field):
    with pytest.raises(Permanent) as caught:
        call(Server(), inputs)

    assert caught.value.field == field


@pytest.mark.parametrize("method", ["POST", "POST-WITH-KEY", "PUT", "PATCH", "DELETE"])
def test_every_call_that_is_no_read_names_itself(method):
    assert sent({**POST, "method": method}).headers["Tandem-Origin"] == KEY


def test_a_read_does_not():
    assert "Tandem-Origin" not in sent(GET).headers


@pytest.mark.parametrize(
    ("inputs", "values"),
    [
        ({"headers": {"tandem-origin": "mine"}}, OPEN),
        ({}, {**OPEN, "authorization": "header", "name": "TANDEM-ORIGIN", "secret": "mine"}),
    ],
)
def test_a_header_of_that_name_that_an_operator_set_stays_theirs(inputs, values):
    headers = sent({**POST, **inputs}, values).headers

    assert [value for name, value in headers.items() if name.lower() == "tandem-origin"] == ["mine"]


def test_only_a_post_with_a_key_carries_it_as_the_idempotency_key():
    plain, keyed = (
        sent(POST),
        sent({**POST, "method": "POST-WITH-KEY", "idempotency_header": "X-Request-Key"}),
    )

    assert [name for name, value in plain.headers.items() if value == KEY] == ["Tandem-Origin"]
    assert (keyed.method, keyed.headers["X-Request-Key"]) == ("POST", KEY)


@pytest.mark.parametrize(
    ("method", "effect", "idempotency"),
    [
        ("GET", Effect.READ, Idempotency.NATURAL),
        ("PUT", Effect.UPSERT, Idempotency.NATURAL),
        ("PATCH", Effect.CREATE, Idempotency.NONE),
        ("POST", Effect.CREATE, Idempotency.NONE),
        ("POST-WITH-KEY", Effect.CREATE, Idempotency.KEY),
        ("DELETE", Effect.DELETE, Idempotency.NATURAL),
    ],
)
def test_the_method_decides_about_repeating(method, effect, idempotency):
    settled = REQUEST.settled(method)

    assert (settled.effect, settled.idempotency) == (effect, idempotency)
    assert bool(settled.danger) == (method == "DELETE")


def test_the_timeout_is_the_shorter_of_the_two():
    server = Server()

    call(server, {**GET, "timeout": 3})

    assert server.deadlines == [3]


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b'{"id": "ord_1"}', "application/json", {"id": "ord_1"}),
        (b"[1, 2]", "application/vnd.api+json", [1, 2]),
        (b'{"id": 1}', "text/plain", {"id": 1}),
        (b"hello", "text/plain", "hello"),
        (b"{broken", "application/json", "{broken"),
        (b"[" * 200 + b"]" * 200, "application/json", "[" * 200 + "]" * 200),
        (b"", "application/json", None),
        (b"\xff\xfe\x00", "image/png", None),
        (b"a\x00b", "text/plain", "ab"),
    ],
)
def test_the_body_is_json_or_text(body, kind, told):
    outputs = call(Server(body=body, content_type=kind), GET)

    assert (outputs["body"], outputs["is_cut"]) == (told, False)
    json.dumps(outputs)


def test_a_long_body_is_cut_and_said_to_be():
    outputs = call(Server(body=b"{" + b"x" * 300_000), GET)

    assert len(outputs["body"]) == 256 * 1024
    assert outputs["is_cut"] is True


def test_cookies_and_secrets_of_an_answer_are_left_out():
    outputs = call(Server(set_cookie="session=1", x_auth_token="abc", x_request_id="r1"), GET)

    assert outputs["headers"] == {"content-type": "application/json", "x-request-id": "r1"}


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (301, Permanent, "redirected"),
        (304, Permanent, "redirected"),
        (400, Permanent, "invalid_request"),
        (404, Permanent, "not_found"),
        (422, Permanent, "refused"),
    ],
)
def test_a_refusal_fails_the_step(status, error, code):
    with pytest.raises(error) as caught:
        call(Server(status, b'{"error": {"message": "amount is missing"}}'), POST)

    assert (caught.value.code, caught.value.status) == (code, status)
    assert "api.example.com" in caught.value.message


def test_what_the_other_side_says_is_told():
    with pytest.raises(Permanent, match="amount is missing"):
        call(Server(422, b'{"error": {"message": "amount is missing"}}'), POST)


def test_a_redirect_is_told_without_its_query():
    with pytest.raises(Permanent) as caught:
        call(Server(302, location="https://other.example.com/login?token=s3cret"), GET)

    assert "https://other.example.com/login" in caught.value.message
    assert "s3cret" not in caught.value.message + caught.value.remedy


@pytest.mark.parametrize(
    ("status", "certainty", "after"),
    [
        (429, Certainty.NOT_DONE, 7.0),
        (500, Certainty.UNCERTAIN, 7.0),
        (503, Certainty.UNCERTAIN, 7.0),
        (408, Certainty.UNCERTAIN, 7.0),
    ],
)
def test_what_may_be_repeated_says_what_is_known(status, certainty, after):
    with pytest.raises(Retryable) as caught:
        call(Server(status, retry_after="7"), POST)

    assert (caught.value.certainty, caught.value.after) == (certainty, after)


def test_a_refused_key_needs_a_person_and_no_key_fails():
    with pytest.raises(NeedsHuman):
        call(Server(401), GET, {**OPEN, "authorization": "bearer", "secret": "s3cret"})
    with pytest.raises(Permanent, match="has no authorization"):
        call(Server(401), GET)


@pytest.mark.parametrize(("status", "listed"), [(404, "200-299, 404"), (302, "300-399"), (200, "200")])
def test_a_listed_status_is_an_answer(status, listed):
    assert call(Server(status), {**GET, "success": listed})["status"] == status


def test_a_success_that_is_not_listed_is_uncertain():
    with pytest.raises(Retryable) as caught:
        call(Server(202), {**POST, "success": "201"})

    assert (caught.value.code, caught.value.certainty) == ("unexpected_status", Certainty.UNCERTAIN)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"address": "api.example.com"}, "address"),
        ({"address": "https://user:pass@api.example.com"}, "address"),
        ({"address": "https://api.example.com/../x"}, "address"),
        ({"address": "https://api.example.com?x=1"}, "address"),
        ({"address": "ftp://api.example.com"}, "address"),
        ({"secret": "s3cret"}, "secret"),
        ({"authorization": "bearer"}, "secret"),
        ({"authorization": "header", "secret": "s"}, "name"),
        ({"authorization": "header", "secret": "s", "name": "Host"}, "name"),
        ({"authorization": "digest"}, "authorization"),
        ({"authorization": "bearer", "secret": "a\r\nb"}, "secret"),
        ({"test_path": "me"}, "test_path"),
    ],
)
def test_values_that_can_not_work_name_their_field(changed, field):
    with pytest.raises(Permanent) as caught:
        APP.auth.check({**OPEN, **changed})

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("status", "test_path", "outcome"),
    [
        (200, "/me", None),
        (404, "", None),
        (403, "", None),
        (401, "", NeedsHuman),
        (403, "/me", NeedsHuman),
        (404, "/me", Permanent),
        (500, "", Retryable),
    ],
)
def test_the_test_call_says_what_it_learnt(status, test_path, outcome):
    account = Account({**OPEN, "authorization": "bearer", "secret": "s3cret", "test_path": test_path})
    server = Server(status)

    if outcome is None:
        assert APP.auth.test(account, server).message
    else:
        with pytest.raises(outcome):
            APP.auth.test(account, server)
    assert server.requests[0].method == "GET"
    assert server.requests[0].url == f"https://api.example.com/v1{test_path}"


@pytest.mark.parametrize("name", ["api_key", "API_KEY"])
def test_a_step_does_not_send_the_keys_parameter_a_second_time(name):
    values = {**OPEN, "authorization": "query", "name": "api_key", "secret": "s3cret"}
    server = Server()

    with pytest.raises(Permanent, match="api_key carries the connection's key") as caught:
        call(server, {**GET, "query": {name: "mine"}}, values)

    assert caught.value.field == "query"
    assert server.requests == []
