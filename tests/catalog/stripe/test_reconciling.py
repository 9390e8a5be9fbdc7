"""Stripe's list of events, over the sandbox and over answers as the reference describes them."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from apps.catalog.connectors.stripe import reconciling
from apps.catalog.connectors.stripe.client import API_VERSION
from apps.catalog.connectors.stripe.sandbox import handle
from apps.catalog.errors import NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account, ListContext, LookContext
from apps.catalog.transport import Request, Response

ACCOUNT = Account(values={"api_key": "rk_test_ofTheTests"}, base_url="")


class Sandbox:
    """A `Send` into the sandbox that remembers what it was asked."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.asked: list[Request] = []

    def __call__(self, request: Request, *, deadline: float) -> Response:
        self.asked.append(request)
        answer, self.state = handle(request, self.state, 1_000.0)
        return answer


def answering(*answers: tuple[int, dict[str, Any]]) -> Any:
    left = list(answers)

    def send(request: Request, *, deadline: float) -> Response:
        status, body = left.pop(0)
        return Response(status, {}, json.dumps(body).encode())

    return send


def event(number: int, kind: str = "charge.failed", **fields: Any) -> dict[str, Any]:
    data = {"object": {"id": f"ch_{number}", "object": "charge", "amount": 100}}
    whole = {"id": f"evt_{number}", "object": "event", "type": kind, "created": number, "data": data}
    return {**whole, "api_version": API_VERSION, **fields}


def put(sandbox: Sandbox, *events: dict[str, Any]) -> None:
    for each in events:
        reconciling.pretend(LookContext(ACCOUNT, sandbox), each)


def listed(sandbox: Sandbox, types: tuple[str, ...] = ("charge.failed",), **more: Any) -> list[str]:
    found: list[str] = []
    position = ""
    while True:
        context = ListContext(
            ACCOUNT, sandbox, types, **{"since": 0, "until": 999, **more}, position=position
        )
        page = reconciling.list_page(context)
        found += [each.id for each in page.events]
        position = page.next
        if not position:
            return found


def test_the_window_is_listed_with_both_its_ends():
    sandbox = Sandbox()
    put(sandbox, event(9), event(10), event(20), event(21), event(15, "customer.created"))

    assert listed(sandbox, since=10, until=20) == ["evt_20", "evt_10"]


def test_every_page_is_listed_once(monkeypatch):
    monkeypatch.setattr(reconciling, "PAGE", 2)
    sandbox = Sandbox()
    put(sandbox, *(event(number) for number in range(1, 6)))

    assert listed(sandbox) == ["evt_5", "evt_4", "evt_3", "evt_2", "evt_1"]


def test_more_than_twenty_types_are_asked_for_in_groups():
    sandbox = Sandbox()
    types = reconciling.EVENT_TYPES[:45]
    put(sandbox, *(event(number + 1, kind) for number, kind in enumerate(types)))
    sandbox.asked.clear()

    found = listed(sandbox, types)

    assert sorted(found) == sorted(f"evt_{number + 1}" for number in range(45))
    assert len(sandbox.asked) == 3


def test_the_undelivered_are_asked_for_by_name():
    sandbox = Sandbox()

    listed(sandbox, undelivered=True)

    query = dict(parse_qsl(urlsplit(sandbox.asked[0].url).query))
    assert query["delivery_success"].lower() == "false"


def test_the_event_of_an_authorised_account_names_it_as_its_webhook_would():
    sandbox = Sandbox()
    put(sandbox, event(1))
    account = Account(values={**ACCOUNT.values, "account_id": "acct_1"}, base_url="")

    page = reconciling.list_page(ListContext(account, sandbox, ("charge.failed",), 0, 9))

    assert page.events[0].payload is not None
    assert page.events[0].payload["account"] == "acct_1"
    assert reconciling.RECONCILE.find is not None


def test_a_body_of_the_pinned_release_stays_as_it_was_at_the_event():
    send = answering()
    release = API_VERSION.rpartition(".")[2]

    rebuilt = reconciling.rebuild(LookContext(ACCOUNT, send), event(1, api_version=f"2026-09-30.{release}"))

    assert rebuilt.payload["data"]["object"]["amount"] == 100
    assert rebuilt.note == ""


def test_the_object_of_another_version_is_read_again():
    send = answering((200, {"id": "ch_1", "object": "charge", "amount": 250}))

    rebuilt = reconciling.rebuild(LookContext(ACCOUNT, send), event(1, api_version="2024-06-20"))

    assert rebuilt.payload["data"]["object"]["amount"] == 250
    assert rebuilt.payload["api_version"] == API_VERSION
    assert rebuilt.payload["id"] == "evt_1"
    assert "as it is now" in rebuilt.note


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such"}}),
        (200, {"id": "ch_1", "object": "charge", "deleted": True}),
    ],
    ids=["gone", "deleted"],
)
def test_an_object_that_is_gone_stays_as_it_was_listed(answer):
    rebuilt = reconciling.rebuild(LookContext(ACCOUNT, answering(answer)), event(1, api_version="2024-06-20"))

    assert rebuilt.payload["data"]["object"]["amount"] == 100
    assert "gone" in rebuilt.note


def test_an_object_that_may_not_be_read_is_no_event():
    refused = (403, {"error": {"type": "invalid_request_error", "message": "needs rak_charge_read"}})

    with pytest.raises(Permanent):
        reconciling.rebuild(LookContext(ACCOUNT, answering(refused)), event(1, api_version="2024-06-20"))


def test_one_event_is_found_by_its_id():
    sandbox = Sandbox()
    put(sandbox, event(7))

    found = reconciling.find(LookContext(ACCOUNT, sandbox), "evt_7")

    assert found is not None
    assert (found.id, found.type, found.occurred_at) == ("evt_7", "charge.failed", 7)
    assert reconciling.find(LookContext(ACCOUNT, sandbox), "evt_8") is None


@pytest.mark.parametrize(
    ("status", "expected"), [(401, NeedsHuman), (403, Permanent), (429, Retryable), (500, Retryable)]
)
def test_a_list_that_is_refused_raises(status, expected):
    send = answering((status, {"error": {"type": "api_error", "message": "no"}}))

    with pytest.raises(expected):
        reconciling.list_page(ListContext(ACCOUNT, send, ("charge.failed",), 0, 9))
