"""The receive statement writes what the models would have written, in few statements."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.catalog.spec import Event
from apps.common import prepared
from apps.connections.models import Connection, Endpoint
from apps.runs import services as runs
from apps.runs.models import Run
from apps.webhooks import inbox, services, statement
from apps.webhooks.arrivals import Arrival
from apps.webhooks.models import Delivery, Seen
from apps.webhooks.receipts import Post
from apps.workflows.models import Workflow
from tests.factories import ConnectionFactory, EndpointFactory, WorkspaceFactory
from tests.webhooks.conftest import publish
from tests.webhooks.stripe_sender import SECRET, event, sign_bytes

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
DRAWN = frozenset({"id", "code", "body", "delivery_id", "delivery_code", "event_hash"})
"""What is another one for each row."""


def posted(endpoint: Endpoint, body: bytes) -> Post:
    headers = {"stripe-signature": sign_bytes(body)}
    return Post(f"stripe/{endpoint.token}", headers, body, datetime.now(UTC))


def columns(table: str, order: str = "id") -> list[dict[str, Any]]:
    """Return the rows as the database has them, without what is drawn for each."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608 - a constant of this file.
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{name: value for name, value in row.items() if name not in DRAWN} for row in rows]


def arrival(**event: Any) -> Arrival:
    facts = {"id": "evt_é", "type": "charge.failed", "occurred_at": 1_767_225_600, **event}
    return Arrival(b'{"a": 1}', at=AT, late=True, source="recovered", event=Event(**facts))


UNREADABLE = Arrival(b"\x00", at=AT, late=False, source="webhook", event=None, problem="No JSON.")


@pytest.mark.parametrize("status", [Workflow.Status.PUBLISHED, Workflow.Status.PAUSED])
def test_the_rows_are_what_the_models_would_have_written(connection, endpoint, listening, status):
    publish(connection)
    Workflow.objects.update(status=status)
    workflows = list(Workflow.objects.all())

    made = inbox.new_delivery(connection, arrival())
    made.status = Delivery.Status.ACCEPTED
    by_hand = statement.Entry(b"\x00\xff" * 16, made, runs.new_runs(made, workflows, at=AT))
    assert statement.store([by_hand]) == {made.code}
    other = inbox.new_delivery(connection, arrival())
    other.status = Delivery.Status.ACCEPTED
    other.save(force_insert=True)
    runs.start_runs(other, workflows, at=AT)
    assert other.occurred_at is not None
    Seen.objects.create(
        connection=connection, event_hash=b"other", delivery_code=other.code, event_at=other.occurred_at
    )

    first, second = columns("webhooks_delivery")
    assert first == second
    started = columns("runs_run")
    assert started[:2] == started[2:]
    first, second = columns("webhooks_seen")
    assert first == second
    assert bytes(Seen.objects.order_by("pk")[0].event_hash) == b"\x00\xff" * 16
    stored = Delivery.objects.get(code=made.code)
    assert inbox.open_body(stored) == b'{"a": 1}'
    assert {run.delivery for run in Run.objects.filter(delivery=stored)} == {stored}


@pytest.mark.parametrize(
    ("what", "status", "reason"),
    [(UNREADABLE, Delivery.Status.QUARANTINED, "No JSON."), (arrival(), Delivery.Status.IGNORED, "Nobody.")],
)
def test_a_delivery_without_a_run_is_what_the_model_would_have_written(connection, what, status, reason):
    for by_hand in (True, False):
        made = inbox.new_delivery(connection, what)
        made.status, made.reason = status, reason
        if by_hand:
            statement.store([statement.Entry(b"1", made)])
        else:
            made.save(force_insert=True)

    first, second = columns("webhooks_delivery")
    assert first == second
    assert (first["status"], first["occurred_at"] is None) == (status, what is UNREADABLE)


def test_a_run_that_the_loop_guard_holds_is_what_the_model_would_have_written(
    connection, listening, monkeypatch
):
    deep = runs.loops.Echo(depth=runs.loops.HOLD_AT, run="r", workflow="Ring")
    monkeypatch.setattr(runs.loops, "echo_of", lambda *given, **named: deep)
    for by_hand in (True, False):
        made = inbox.new_delivery(connection, arrival())
        made.status = Delivery.Status.ACCEPTED
        if by_hand:
            statement.store([statement.Entry(b"1", made, runs.new_runs(made, [listening], at=AT))])
        else:
            made.save(force_insert=True)
            runs.start_runs(made, [listening], at=AT)

    first, second = columns("runs_run")
    assert first == second
    assert (first["status"], first["depth"]) == (Run.Status.HELD, runs.loops.HOLD_AT)


def test_a_run_keeps_the_key_of_its_order_and_another_has_none(connection, listening):
    publish(connection)
    made = inbox.new_delivery(connection, arrival())
    made.status = Delivery.Status.ACCEPTED
    ordered, free = runs.new_runs(made, list(Workflow.objects.order_by("pk")), at=AT)
    ordered.order_key = b"\x00k" * 16

    statement.store([statement.Entry(b"1", made, [ordered, free])])

    keys = Run.objects.order_by("pk").values_list("order_key", flat=True)
    assert [key and bytes(key) for key in keys] == [b"\x00k" * 16, None]


def test_the_endpoint_is_read_as_the_orm_reads_it(endpoint):
    (found,) = statement.endpoints_by_token([endpoint.token, "unknown"]).values()

    for read, whole in ((found, endpoint), (found.connection, Connection.objects.get())):
        whole.refresh_from_db()
        for name in {field.attname for field in whole._meta.concrete_fields} - read.get_deferred_fields():
            value, expected = getattr(read, name), getattr(whole, name)
            assert (
                (bytes(value), name) == (bytes(expected), name)
                if isinstance(expected, bytes | memoryview)
                else (value, name) == (expected, name)
            )
    assert found.connection.endpoint is found


def test_the_workflows_are_those_that_listen_newest_first(connection, listening):
    publish(connection, "stripe.trigger-customer-created")
    publish(ConnectionFactory(workspace=connection.workspace))
    paused = publish(connection)
    Workflow.objects.filter(pk=paused.pk).update(status=Workflow.Status.PAUSED)
    ended = publish(connection)
    Workflow.objects.filter(pk=ended.pk).update(status=Workflow.Status.UNPUBLISHED)

    found = statement.workflows_listening([(connection.pk, "stripe.trigger-charge-failed")] * 2)

    assert [(each.pk, each.status, each.code) for each in found] == [
        (paused.pk, "paused", paused.code),
        (listening.pk, "published", listening.code),
    ]


def test_a_batch_gives_each_request_its_own_answer(endpoint, listening):
    other = EndpointFactory(connection=ConnectionFactory(workspace=WorkspaceFactory()), secret_value=SECRET)
    twice = event("evt_twice")
    forged = posted(endpoint, event("evt_forged"))
    posts = [
        posted(endpoint, twice),
        posted(other, event("evt_elsewhere")),
        Post(forged.path, {"stripe-signature": "t=1,v1=00"}, forged.body, forged.at),
        posted(endpoint, twice),
        Post("stripe/unknown", {}, b"{}", forged.at),
        posted(endpoint, b"no json"),
        Post("nobody", {}, b"", forged.at),
    ]

    receipts = services.receive_all(posts)

    assert [(receipt.status, receipt.code) for receipt in receipts] == [
        (200, "accepted"),
        (200, "ignored"),
        (401, "no_match"),
        (200, "duplicate"),
        (404, "unknown_endpoint"),
        (200, "quarantined"),
        (404, "unknown_endpoint"),
    ]
    assert receipts[3].delivery == receipts[0].delivery
    assert Delivery.objects.get(code=receipts[0].delivery).duplicates == 1
    assert Run.objects.count() == 1
    assert Delivery.objects.count() == 3


def test_ids_tell_the_order_of_arrival(endpoint, listening):
    receipts = services.receive_all([posted(endpoint, event(f"evt_{n}")) for n in range(20)])

    codes = [str(code) for code in Delivery.objects.order_by("pk").values_list("code", flat=True)]
    assert codes == [receipt.delivery for receipt in receipts]
    ids = Run.objects.order_by("pk").values_list("event_id", flat=True)
    assert list(ids) == [f"evt_{n}" for n in range(20)]


@pytest.mark.postgres
@pytest.mark.parametrize("number", [1, 50])
def test_a_batch_of_any_size_costs_three_statements(endpoint, listening, number, monkeypatch):
    type(endpoint).objects.update(last_delivery_at=datetime.now(UTC))
    services.receive_all([posted(endpoint, event("evt_before"))])  # What never changes is read once.
    posts = [posted(endpoint, event(f"evt_{n}")) for n in range(number)]
    sent: list[str] = []
    execute = prepared.execute

    def noted(sql, values):
        sent.append(sql)
        return execute(sql, values)

    monkeypatch.setattr(prepared, "execute", noted)

    with CaptureQueriesContext(database) as captured:
        receipts = services.receive_all(posts)

    assert {receipt.code for receipt in receipts} == {"accepted"}
    assert [sql.split()[0] for sql in sent] == ["SELECT", "SELECT", "WITH"]
    assert tables(captured) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_new_is_stored_without_a_transaction_around_it(endpoint, listening):
    services.receive_all([posted(endpoint, event("evt_before"))])

    with CaptureQueriesContext(database) as captured:
        fresh = services.receive_all([posted(endpoint, event("evt_1")), posted(endpoint, event("evt_2"))])
    assert [query["sql"] for query in captured] == []

    with CaptureQueriesContext(database) as captured:
        again = services.receive_all([posted(endpoint, event("evt_3")), posted(endpoint, event("evt_2"))])
    assert {"BEGIN", "COMMIT"} <= {query["sql"] for query in captured}

    assert [receipt.code for receipt in [*fresh, *again]] == ["accepted", "accepted", "accepted", "duplicate"]
    assert Run.objects.count() == Delivery.objects.count() == 4
    assert Delivery.objects.get(event_id="evt_2").duplicates == 1


@pytest.mark.sqlite_only
@pytest.mark.parametrize("number", [1, 50])
def test_a_batch_costs_one_statement_per_event_and_two_for_their_rows(endpoint, listening, number):
    type(endpoint).objects.update(last_delivery_at=datetime.now(UTC))
    services.receive_all([posted(endpoint, event("evt_before"))])  # What never changes is read once.
    posts = [posted(endpoint, event(f"evt_{n}")) for n in range(number)]

    with CaptureQueriesContext(database) as captured:
        services.receive_all(posts)

    assert tables(captured) == [
        "connections_endpoint",
        "workflows_workflow",
        *["webhooks_seen"] * number,
        "webhooks_delivery",
        "runs_run",
    ]


def test_a_duplicate_costs_two_statements_more_and_writes_no_row(endpoint, listening):
    body = event()
    services.receive_all([posted(endpoint, body)])

    with CaptureQueriesContext(database) as captured:
        services.receive_all([posted(endpoint, body)])

    assert tables(captured)[-2:] == ["webhooks_delivery", "webhooks_delivery"]
    assert (Delivery.objects.count(), Run.objects.count(), Seen.objects.count()) == (1, 1, 1)


def test_a_bad_arrival_harms_no_other_of_its_batch(endpoint, listening, monkeypatch):
    store = statement.store

    def refusing(entries):
        if any(entry.delivery.event_id == "evt_bad" for entry in entries):
            raise ValueError("This row can't be written.")
        return store(entries)

    monkeypatch.setattr(statement, "store", refusing)

    receipts = services.receive_all(
        [posted(endpoint, event(f"evt_{name}")) for name in ("one", "bad", "two")]
    )

    assert [receipt.status for receipt in receipts] == [200, 503, 200]
    assert set(Delivery.objects.values_list("event_id", flat=True)) == {"evt_one", "evt_two"}
    assert Run.objects.count() == Seen.objects.count() == 2


def test_a_request_whose_reading_fails_harms_no_other(endpoint, listening, altered_stripe):
    scheme_fails = posted(endpoint, event("evt_bad"))
    verify = services.registry.get_app("stripe").webhook.verify

    def stumbling(headers, body, known, now):
        if b"evt_bad" in body:
            raise RuntimeError("A connector that stumbles.")
        return verify(headers, body, known, now)

    altered_stripe(verify=stumbling)

    receipts = services.receive_all([scheme_fails, posted(endpoint, event("evt_good"))])

    assert [receipt.status for receipt in receipts] == [503, 200]


def test_a_rotated_secret_counts_at_once(endpoint, listening):
    first, second = posted(endpoint, event("evt_1")), posted(endpoint, event("evt_2"))
    assert services.receive_all([first])[0].status == 200
    fresh = EndpointFactory.build(
        connection=endpoint.connection, token=endpoint.token, secret_value="whsec_x"
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(secret=fresh.secret)

    assert services.receive_all([second])[0].code == "no_match"


def test_a_disconnected_endpoint_and_an_unpublished_workflow_count_at_once(endpoint, listening):
    services.receive_all([posted(endpoint, event("evt_1"))])
    Workflow.objects.update(status=Workflow.Status.UNPUBLISHED)
    ignored = services.receive_all([posted(endpoint, event("evt_2"))])
    Connection.objects.update(status=Connection.Status.DISCONNECTED)
    refused = services.receive_all([posted(endpoint, event("evt_3"))])

    assert (ignored[0].code, refused[0].code) == ("ignored", "unknown_endpoint")


def test_the_endpoint_is_touched_once_for_a_batch(endpoint, listening):
    type(endpoint).objects.update(last_delivery_at=datetime.now(UTC) - timedelta(minutes=1))

    with CaptureQueriesContext(database) as captured:
        services.receive_all([posted(endpoint, event(f"evt_{n}")) for n in range(3)])

    touches = [query for query in captured.captured_queries if query["sql"].startswith("UPDATE")]
    assert len(touches) == 1


def tables(captured: CaptureQueriesContext) -> list[str]:
    """Return the table of each statement of Django's cursors, without those that frame a transaction."""
    shown = []
    for query in captured.captured_queries:
        words = query["sql"].replace('"', " ").replace(".", " ").split()
        if not {"SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"} & set(words[:1]):
            mark = next(word for word in words if word in ("FROM", "INTO", "UPDATE"))
            shown.append(words[words.index(mark) + 1])
    return shown
