"""The sandbox answers by Customer.io's documented rules and stays small."""

import copy
import json
from base64 import b64encode

import pytest

from apps.catalog.connectors.customerio import APP
from apps.catalog.connectors.customerio.sandbox import people as sandbox_people
from apps.catalog.errors import Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account
from apps.catalog.transport import Request
from tests.catalog.customerio.provider import EVENT_TIME

VALUES = APP.auth.sandbox_values
BASIC = b64encode(f"{VALUES['site_id']}:{VALUES['track_api_key']}".encode()).decode()
TRACK = {"Authorization": f"Basic {BASIC}", "Content-Type": "application/json"}
BEARER = {"Authorization": f"Bearer {VALUES['app_api_key']}", "Content-Type": "application/json"}
EMAIL = {
    "transactional_message_id": "2",
    "to": "pat@example.com",
    "identifiers": {"email": "pat@example.com"},
}
NOW = EVENT_TIME + 5.5


class Sandbox:
    """Keeps the state between calls, as the connection's rows do: through JSON."""

    def __init__(self):
        self.state = {}

    def __call__(self, request, *, deadline):
        """Send one request to the sandbox."""
        before = copy.deepcopy(self.state)
        response, state = APP.sandbox(request, self.state, NOW)
        assert self.state == before
        self.state = json.loads(json.dumps(state))
        return response

    def track(self, method, path, body=None, headers=TRACK):
        """Call the Track API."""
        content = b"" if body is None else json.dumps(body).encode()
        return self(Request(method, f"https://track.customer.io/api/v1{path}", headers, content), deadline=1)

    def app(self, method, path, body=None, headers=BEARER):
        """Call the App API."""
        content = b"" if body is None else json.dumps(body).encode()
        return self(Request(method, f"https://api.customer.io/v1{path}", headers, content), deadline=1)

    @property
    def people(self):
        """The people as the sandbox knows them."""
        return list(self.state["people"].values())


@pytest.fixture
def sandbox():
    return Sandbox()


def test_all_four_actions_succeed_in_it(sandbox, call):
    person = {"identifier": "pat@example.com"}

    call("identify-person", person | {"plan": "pro"}, sandbox, values=VALUES)
    call("track-event", person | {"name": "paid"}, sandbox, values=VALUES)
    inputs = {
        "transactional_message_id": "2",
        "to": "pat@example.com",
        "identifiers_email": "pat@example.com",
    }
    mail = call("send-transactional-email", inputs, sandbox, values=VALUES)

    assert sandbox.people == [{"id": None, "email": "pat@example.com", "attributes": {"plan": "pro"}}]
    assert [event["name"] for event in sandbox.state["events"]] == ["paid"]
    assert mail["delivery_id"] == sandbox.state["sent"][0]["delivery_id"]
    assert mail["queued_at"] == int(NOW)
    call("delete-person", person, sandbox, values=VALUES)
    assert sandbox.people == []


def test_the_connection_test_passes_in_it(sandbox):
    checked = APP.auth.test(Account(VALUES), sandbox)

    assert checked.warnings == ()
    assert checked.learned == {"region": "us"}
    assert "Sandbox" in checked.message


def test_its_messages_fill_the_list(sandbox, call):
    options = call("list-transactional-messages", {}, sandbox, values=VALUES)["options"]

    assert {"value": "2", "label": "Payment failed (2)"} in options


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer x"}, {"Authorization": ""}]
)
def test_wrong_credentials_get_the_documented_401(headers, sandbox):
    track, app = (
        sandbox.track("PUT", "/customers/x", {}, headers),
        sandbox.app("GET", "/workspaces", None, headers),
    )

    assert (track.status, app.status) == (401, 401)
    assert json.loads(track.body) == json.loads(app.body) == {"meta": {"error": "Unauthorized request"}}
    assert track.headers["www-authenticate"] == 'Basic realm="Customer.io edge event collection"'
    assert "www-authenticate" not in app.headers


def test_keys_of_the_other_api_are_refused(sandbox):
    assert sandbox.track("PUT", "/customers/x", {}, BEARER).status == 401
    assert sandbox.app("GET", "/workspaces", None, TRACK).status == 401


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/customers/x"), ("POST", "/nothing"), ("PUT", "/customers/")]
)
def test_unknown_paths_are_a_web_page(method, path, sandbox):
    for response in (sandbox.track(method, path), sandbox.app(method, path)):
        assert response.status == 404
        assert response.headers["content-type"].startswith("text/html")
        assert response.body.startswith(b"<!DOCTYPE html>")


def test_success_is_an_empty_object(sandbox):
    response = sandbox.track("PUT", "/customers/x", {"a": 1})

    assert (response.status, response.body) == (200, b"{}\n")


def test_deleting_an_unknown_person_is_no_error(sandbox):
    assert sandbox.track("DELETE", "/customers/nobody", {}).status == 200


def test_update_only_never_creates(sandbox):
    assert sandbox.track("PUT", "/customers/x", {"_update": True, "a": 1}).status == 200

    assert sandbox.people == []
    assert sandbox.state["activity"]


def test_an_unknown_path_identifier_finds_the_person_by_the_body(sandbox):
    sandbox.track("PUT", "/customers/pat%40example.com", {"a": 1})
    sandbox.track("PUT", "/customers/user-1", {"email": "PAT@example.com", "b": 2})

    assert sandbox.people == [{"id": "user-1", "email": "pat@example.com", "attributes": {"a": 1, "b": 2}}]


def test_a_conflict_of_identifiers_is_accepted_and_changes_nothing(sandbox):
    sandbox.track("PUT", "/customers/user-1", {"email": "a@example.com"})
    sandbox.track("PUT", "/customers/user-2", {"email": "b@example.com"})
    before = sandbox.people

    response = sandbox.track("PUT", "/customers/user-1", {"email": "b@example.com", "plan": "pro"})

    assert response.status == 200
    assert sandbox.people == before
    assert "Attribute Update Failure" in sandbox.state["activity"][-1]["note"]


def test_an_email_that_is_set_changes_only_by_cio_id(sandbox):
    sandbox.track("PUT", "/customers/user-1", {"email": "a@example.com"})
    cio_id = next(iter(sandbox.state["people"]))

    sandbox.track("PUT", "/customers/user-1", {"email": "b@example.com"})
    assert sandbox.people[0]["email"] == "a@example.com"
    sandbox.track("PUT", f"/customers/cio_{cio_id}", {"email": "b@example.com"})
    assert sandbox.people[0]["email"] == "b@example.com"


def test_a_repeated_event_id_is_ignored(sandbox):
    event = {"name": "paid", "id": "01KAVKKBG02R7ZGF4DMNNKQZ4X", "data": {}}

    answers = [sandbox.track("POST", "/customers/x/events", event).status for _ in range(3)]

    assert answers == [200, 200, 200]
    assert len(sandbox.state["events"]) == 1


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "x", "id": "evt_1"},
        {"name": "x", "data": [1]},
        {"name": "x", "data": {"y": "z" * 100_000}},
        {"name": "x", "timestamp": "now"},
    ],
)
def test_invalid_events_get_the_documented_400(event, sandbox):
    response = sandbox.track("POST", "/customers/x/events", event)

    assert response.status == 400
    assert json.loads(response.body)["meta"]["errors"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/customers/" + "x" * 151, {}),
        ("/customers/x", {"a": "y" * 1001}),
        ("/customers/x", {"a" * 151: 1}),
        ("/customers/x", {f"a{number}": 1 for number in range(301)}),
        ("/customers/x", [1]),
    ],
)
def test_people_beyond_the_limits_get_a_400(path, body, sandbox):
    assert sandbox.track("PUT", path, body).status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"to": None},
        {"to": "nobody"},
        {"to": ",".join(f"p{number}@example.com" for number in range(16))},
        {"identifiers": None},
        {"identifiers": {}},
        {"identifiers": {"id": "1", "email": "pat@example.com"}},
        {"identifiers": {"phone": "1"}},
        {"transactional_message_id": "99"},
        {"transactional_message_id": None},
        {"send_at": int(NOW) + 91 * 86_400},
    ],
)
def test_invalid_mails_get_the_documented_400_and_are_not_sent(change, sandbox):
    response = sandbox.app("POST", "/send/email", EMAIL | change)

    assert response.status == 400
    assert json.loads(response.body)["meta"]["error"]
    assert sandbox.state["sent"] == []


@pytest.mark.parametrize("message", [2, "2", "payment_failed", "PAYMENT_Failed"])
def test_a_message_is_named_by_number_or_trigger_name(message, sandbox):
    response = sandbox.app("POST", "/send/email", EMAIL | {"transactional_message_id": message})

    assert set(json.loads(response.body)) == {"delivery_id", "queued_at"}


def test_a_future_mail_tells_when(sandbox):
    future = int(NOW) + 3600

    assert (
        json.loads(sandbox.app("POST", "/send/email", EMAIL | {"send_at": future}).body)["send_at"] == future
    )


def test_the_same_mail_twice_is_two_deliveries(sandbox):
    first, second = (json.loads(sandbox.app("POST", "/send/email", EMAIL).body) for _ in range(2))

    assert first["delivery_id"] != second["delivery_id"]


@pytest.mark.parametrize(
    ("word", "error", "certainty"),
    [
        ("rate-limited", Retryable, Certainty.NOT_DONE),
        ("server-error", Retryable, Certainty.UNCERTAIN),
        ("unauthorized", NeedsHuman, Certainty.REFUSED),
        ("bad-request", Permanent, Certainty.REFUSED),
        ("forbidden", Permanent, Certainty.REFUSED),
    ],
)
def test_faults_come_on_demand(word, error, certainty, sandbox, call):
    address = f"{word}@example.com"
    mail = {"transactional_message_id": "2", "to": address, "identifiers_email": "pat@example.com"}

    for key, inputs in (("identify-person", {"identifier": address}), ("send-transactional-email", mail)):
        with pytest.raises(error) as caught:
            call(key, inputs, sandbox, values=VALUES)
        assert caught.value.certainty is certainty
    assert sandbox.people == []
    assert sandbox.state["sent"] == []


def test_a_fault_with_once_passes_the_second_time(sandbox, call):
    inputs = {"identifier": "rate-limited-once@example.com"}

    with pytest.raises(Retryable) as caught:
        call("identify-person", inputs, sandbox, values=VALUES)

    assert caught.value.after == 2.0
    assert call("identify-person", inputs, sandbox, values=VALUES) == inputs


def test_the_state_stays_small(sandbox):
    for number in range(sandbox_people.MAX_PEOPLE + 5):
        sandbox.track("PUT", f"/customers/p{number}", {f"a{name}": "x" * 900 for name in range(20)})
        event_id = f"01KAVKKBG02R7ZGF4DMNNKQ{number:03d}"
        sandbox.track("POST", f"/customers/p{number}/events", {"name": "x" * 100, "id": event_id})

    assert len(sandbox.people) == sandbox_people.MAX_PEOPLE
    assert "p0" not in [person["id"] for person in sandbox.people]
    assert len(sandbox.state["events"]) == sandbox_people.MAX_ENTRIES
    assert all(len(json.dumps(person)) < sandbox_people.MAX_PERSON_BYTES + 500 for person in sandbox.people)


@pytest.mark.parametrize("body", [b"\xff", b"[" * 5000, b"7", b'{"a"'])
def test_hostile_bodies_are_a_400(body, sandbox):
    request = Request("PUT", "https://track.customer.io/api/v1/customers/x", TRACK, body)

    assert sandbox(request, deadline=1).status == 400
