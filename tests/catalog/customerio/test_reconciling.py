"""Customer.io's list of messages as facts, over the sandbox."""

import json
from pathlib import Path
from typing import Any

from apps.catalog.connectors.customerio import APP, reconciling
from apps.catalog.connectors.customerio.sandbox import handle
from apps.catalog.spec import Account, ListContext, LookContext
from apps.catalog.transport import Request, Response

ACCOUNT = Account(values={"region": "us", **APP.auth.sandbox_values}, base_url="")


class Sandbox:
    """A `Send` into the sandbox."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def __call__(self, request: Request, *, deadline: float) -> Response:
        answer, self.state = handle(request, self.state, 1_000.0)
        return answer


def sample(name: str, **fields: Any) -> dict[str, Any]:
    return {**json.loads(Path(APP.samples, f"{name}.json").read_text("utf-8")), **fields}


def answering(messages: list[dict[str, Any]] | None, following: str = "") -> Any:
    def send(request: Request, *, deadline: float) -> Response:
        return Response(200, {}, json.dumps({"messages": messages, "next": following}).encode())

    return send


def facts(send: Any, types: tuple[str, ...], since: int = 0, until: int = 2**31) -> list[str]:
    page = reconciling.list_page(ListContext(ACCOUNT, send, types, since, until))
    return [each.id for each in page.events]


def test_each_metric_of_a_message_is_a_fact_at_its_moment():
    message = {"id": "RPIL1", "type": "email", "metrics": {"sent": 10, "delivered": 12, "opened": 90}}
    text = {"id": "SM1", "type": "twilio", "metrics": {"sent": 20}}

    found = facts(answering([message, text]), ("email.delivered", "email.opened", "sms.sent"), 11, 50)

    assert found == ["email.delivered RPIL1", "sms.sent SM1"]


def test_an_empty_list_may_be_null_and_strange_rows_are_passed_over():
    assert facts(answering(None), ("email.sent",)) == []
    assert facts(answering([{"id": 7}, {"id": "a", "type": "email", "metrics": []}]), ("email.sent",)) == []


def test_a_delivery_tells_the_fact_that_its_message_is_listed_with():
    sandbox = Sandbox()
    opened = sample("email-opened")
    reconciling.pretend(LookContext(ACCOUNT, sandbox), opened)

    listed = facts(sandbox, ("email.opened",))

    assert listed == [reconciling.fact_of(opened)] != [""]


def test_a_person_s_own_event_is_about_no_message():
    assert reconciling.fact_of(sample("customer-subscribed")) == ""
    assert not reconciling.RECONCILE.covers("customer.unsubscribed")
    assert reconciling.RECONCILE.covers("email.bounced")


def test_nothing_is_made_up_from_the_list():
    sandbox = Sandbox()
    reconciling.pretend(LookContext(ACCOUNT, sandbox), sample("email-delivered"))

    page = reconciling.list_page(ListContext(ACCOUNT, sandbox, ("email.delivered",), 0, 2**31))

    assert [each.payload for each in page.events] == [None]
    assert reconciling.RECONCILE.rebuild is None


def test_pages_follow_each_other():
    assert reconciling.list_page(
        ListContext(ACCOUNT, answering([], "abc"), ("email.sent",), 0, 9)
    ) == reconciling.EventPage((), "abc")
