"""The sandbox's people beyond identify: suppressed, merged, grouped, found."""

import json

import pytest

from apps.catalog.connectors.customerio import APP
from apps.catalog.errors import Permanent
from apps.catalog.transport import Request
from tests.catalog.customerio.test_sandbox import NOW, VALUES, Sandbox


@pytest.fixture
def sandbox():
    return Sandbox()


@pytest.fixture
def act(sandbox, call):
    """Run an action in the sandbox."""
    return lambda key, **inputs: call(key, inputs, sandbox, values=VALUES)


def test_a_suppressed_person_is_gone_and_later_calls_are_ignored_until_unsuppressed(sandbox, act):
    act("identify-person", identifier="user-1", email="pat@example.com")

    act("suppress-person", identifier="user-1")
    for identifier in ("user-1", "PAT@example.com"):
        act("identify-person", identifier=identifier)
    assert sandbox.people == []
    assert "suppressed" in sandbox.state["activity"][-1]["note"]

    act("unsuppress-person", identifier="user-1")
    act("identify-person", identifier="user-1")
    assert [person["id"] for person in sandbox.people] == ["user-1"]


def test_a_merge_leaves_the_first_with_what_both_had(sandbox, act):
    act("identify-person", identifier="user-1", attributes={"plan": "pro"})
    act("identify-person", identifier="kim@example.com", attributes={"plan": "free", "city": "Bern"})

    act("merge-people", primary="user-1", primary_type="id", secondary="kim@example.com")

    expected = {"id": "user-1", "email": "kim@example.com", "attributes": {"plan": "pro", "city": "Bern"}}
    assert sandbox.people == [expected]


def test_a_merge_of_the_unknown_changes_nothing(sandbox, act):
    act("identify-person", identifier="pat@example.com")

    act("merge-people", primary="pat@example.com", secondary="kim@example.com")

    assert len(sandbox.people) == 1
    assert sandbox.state["activity"]


def test_people_enter_and_leave_a_manual_segment(sandbox, act):
    act("identify-person", identifier="pat@example.com")

    act("add-to-segment", segment_id="7", identifier="pat@example.com", more_identifiers=["x@example.com"])
    assert len(sandbox.state["segments"]["7"]) == 1

    act("remove-from-segment", segment_id="7", identifier="pat@example.com")
    assert sandbox.state["segments"]["7"] == []


@pytest.mark.parametrize("segment", ["1", "99"])
def test_other_segments_are_refused(segment, act):
    with pytest.raises(Permanent):
        act("add-to-segment", segment_id=segment, identifier="pat@example.com")


def test_a_person_is_found_as_identified(sandbox, act):
    act("identify-person", identifier="user-1", email="pat@example.com", plan="pro")

    by_email = act("find-person", identifier="PAT@example.com")
    by_id = act("find-person", identifier="user-1", id_type="id")

    assert by_email == by_id
    assert (by_email["plan"], by_email["email"]) == ("pro", "pat@example.com")


def test_the_person_of_the_samples_is_there_from_the_start(act):
    found = act("find-person", identifier="jane@example.com")

    assert found["stripe_customer_id"] == "cus_R8kTq2LwPzNf4J"
    assert act("find-person", identifier="user-123", id_type="id") == found


def test_nobody_else_is(act):
    assert act("find-person", identifier="kim@example.com", when_missing="go_on")["found"] is False
    with pytest.raises(Permanent, match="nobody"):
        act("find-person", identifier="user-9", id_type="id")


def test_a_repeated_anonymous_event_is_ignored_and_one_without_anybody_refused(sandbox, act):
    for _ in range(2):
        act("track-anonymous-event", anonymous_id="visitor-1", name="seen")

    assert [event["person"] for event in sandbox.state["events"]] == ["visitor-1"]
    assert sandbox.track("POST", "/events", {"name": "seen"}).status == 400
    assert sandbox.track("POST", "/events", {"name": "seen", "data": {"recipient": "x"}}).status == 200


def test_a_broadcast_is_kept_and_an_unknown_one_refused(sandbox, act):
    assert act("send-broadcast", broadcast_id="9", emails="pat@example.com")["trigger_id"].isdigit()

    assert sandbox.state["broadcasts"] == [{"broadcast_id": 9, "emails": ["pat@example.com"]}]
    with pytest.raises(Permanent):
        act("send-broadcast", broadcast_id="8", emails="pat@example.com")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/reporting_webhooks/999", None, 404),
        ("PATCH", "/reporting_webhooks", None, 404),
        ("POST", "/reporting_webhooks", {"name": "x", "endpoint": "https://example.com", "events": []}, 400),
        (
            "POST",
            "/reporting_webhooks",
            {"name": "x", "endpoint": "https://example.com", "events": ["no"]},
            400,
        ),
        ("POST", "/reporting_webhooks", {"name": "x", "endpoint": "ftp://example.com", "events": []}, 400),
        ("POST", "/campaigns/9/triggers", {"recipients": {}}, 422),
        ("GET", "/customers", None, 400),
        ("GET", "/customers/x/attributes?id_type=phone", None, 400),
    ],
)
def test_other_calls_get_the_documented_refusals(method, path, body, status, sandbox):
    response = sandbox.app(method, path, body)

    assert response.status == status


def test_no_webhook_s_answer_holds_a_key(sandbox):
    hook = {"name": "Tandem", "endpoint": "https://example.com/hook", "events": ["email_opened"]}
    made = json.loads(sandbox.app("POST", "/reporting_webhooks", hook).body)

    assert set(made) == {
        "id",
        "type",
        "name",
        "endpoint",
        "events",
        "disabled",
        "full_resolution",
        "with_content",
    }
    assert json.loads(sandbox.app("GET", f"/reporting_webhooks/{made['id']}").body) == made
    assert sandbox.app("DELETE", f"/reporting_webhooks/{made['id']}").status == 204
    assert json.loads(sandbox.app("GET", "/reporting_webhooks").body) == {"reporting_webhooks": None}


def test_a_hostile_body_is_a_refusal():
    auth = {"Authorization": f"Bearer {VALUES['app_api_key']}"}
    for path in ("campaigns/9/triggers", "reporting_webhooks", "send/email"):
        request = Request("POST", f"https://api.customer.io/v1/{path}", auth, b"[" * 5000)
        assert APP.sandbox(request, {}, NOW)[0].status == 400
