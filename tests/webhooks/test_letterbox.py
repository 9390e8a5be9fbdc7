"""Requests that come at once are received together; none is left without an answer."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection as database

from apps.runs.models import Run
from apps.webhooks.letterbox import MOST, Letterbox
from apps.webhooks.models import Delivery
from apps.webhooks.receipts import Errand, Post, Receipt
from apps.webhooks.services import receive_all
from tests.webhooks.stripe_sender import event, sign_bytes

AT = datetime(2026, 1, 1, tzinfo=UTC)


def post_of(path: str, body: bytes = b"") -> Post:
    return Post(path, {}, body, AT)


class Clerk:
    """Receives in place of the product; the first batch waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def receive(self, posts: Sequence[Post], errands: list[Errand]) -> list[Receipt]:
        self.batches.append([post.path for post in posts])
        self.begun.set()
        assert self.go.wait(10)
        return [Receipt(200, post.path, "") for post in posts]


@pytest.fixture
def clerk() -> Clerk:
    return Clerk()


def handed_in(pool: ThreadPoolExecutor, box: Letterbox, clerk: Clerk, number: int, **post):
    """Hand in one request, and behind it, while that is under way, the others; return their futures."""
    first = pool.submit(box.hand_in, post_of("first"))
    assert clerk.begun.wait(10)
    rest = [pool.submit(box.hand_in, post_of(str(n), **post)) for n in range(number)]
    while box._queue.qsize() < number:
        pass
    return [first, *rest]


def test_what_comes_during_a_commit_is_the_next_batch(clerk):
    box = Letterbox(clerk.receive)
    with ThreadPoolExecutor(9) as pool:
        futures = handed_in(pool, box, clerk, 8)
        clerk.go.set()
        codes = [future.result(10).code for future in futures]

    assert codes == ["first", *map(str, range(8))]
    assert [len(batch) for batch in clerk.batches] == [1, 8]
    box.stop()


def test_a_batch_is_bounded_in_number_and_in_bytes(clerk):
    box = Letterbox(clerk.receive)
    with ThreadPoolExecutor(MOST + 6) as pool:
        futures = handed_in(pool, box, clerk, MOST + 5)
        clerk.go.set()
        assert {future.result(10).status for future in futures} == {200}
    assert [len(batch) for batch in clerk.batches] == [1, MOST, 5]

    clerk.batches.clear()
    clerk.begun.clear()
    clerk.go.clear()
    with ThreadPoolExecutor(9) as pool:
        futures = handed_in(pool, box, clerk, 8, body=bytes(1024 * 1024))
        clerk.go.set()
        assert {future.result(10).status for future in futures} == {200}
    assert [len(batch) for batch in clerk.batches] == [1, 4, 4]
    box.stop()


def test_a_failing_batch_is_answered_and_the_next_is_received():
    outcomes = iter([RuntimeError("The batch fails."), None])

    def receive(posts: Sequence[Post], errands: list[Errand]) -> list[Receipt]:
        if error := next(outcomes):
            raise error
        return [Receipt(200, "ok", "")] * len(posts)

    box = Letterbox(receive)

    assert box.hand_in(post_of("a")).status == 503
    assert box.hand_in(post_of("b")).status == 200
    box.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # It is what dies.
def test_a_clerk_that_dies_leaves_nobody_waiting_and_is_replaced():
    deaths = iter([True, False])
    clerks: set[int] = set()

    def receive(posts: Sequence[Post], errands: list[Errand]) -> list[Receipt]:
        clerks.add(threading.get_ident())
        if next(deaths):
            raise SystemExit
        return [Receipt(200, "ok", "")] * len(posts)

    box = Letterbox(receive)

    assert box.hand_in(post_of("a")).status == 503
    box._clerk.join(10)
    assert box.hand_in(post_of("b")).status == 200
    box.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # It is what dies.
def test_what_was_handed_in_before_a_clerk_died_is_received_by_the_next(clerk):
    died = threading.Event()

    def receive(posts: Sequence[Post], errands: list[Errand]) -> list[Receipt]:
        receipts = clerk.receive(posts, errands)
        if not died.is_set():
            died.set()
            raise SystemExit
        return receipts

    box = Letterbox(receive)
    with ThreadPoolExecutor(3) as pool:
        futures = handed_in(pool, box, clerk, 2)
        clerk.go.set()
        statuses = [future.result(10).status for future in futures]

    assert statuses == [503, 200, 200]
    box.stop()


def test_the_answer_waits_for_no_errand_and_none_of_them_harms_the_clerk():
    answered = threading.Event()
    done: list[bool] = []

    def fail() -> None:
        raise RuntimeError("An errand fails.")

    def receive(posts: Sequence[Post], errands: list[Errand]) -> list[Receipt]:
        errands += [lambda: done.append(answered.wait(10)), fail]
        return [Receipt(200, "ok", "")] * len(posts)

    box = Letterbox(receive)
    assert box.hand_in(post_of("a")).status == 200
    answered.set()
    assert box.hand_in(post_of("b")).status == 200
    box.stop()

    assert done == [True, True]


def test_a_request_without_an_answer_in_time_is_told_to_come_again_and_not_received(clerk):
    box = Letterbox(clerk.receive, patience=0.05)
    with ThreadPoolExecutor(2) as pool:
        futures = handed_in(pool, box, clerk, 1)
        assert [future.result(10).status for future in futures] == [503, 503]
    clerk.go.set()
    box.stop()

    # The one that was under way may be stored; the one that had not begun is not.
    assert clerk.batches == [["first"]]


def test_stopping_in_mid_batch_receives_what_was_handed_in(clerk):
    box = Letterbox(clerk.receive)
    with ThreadPoolExecutor(4) as pool:
        futures = handed_in(pool, box, clerk, 2)
        stopping = pool.submit(box.stop)
        while not box._closed:
            pass
        clerk.go.set()
        assert [future.result(10).status for future in futures] == [200] * 3
        stopping.result(10)

    assert not box._clerk.is_alive()
    assert box.hand_in(post_of("late")).status == 503


def test_nothing_is_begun_before_the_first_request_and_a_forked_process_begins_its_own(clerk, monkeypatch):
    clerk.go.set()
    box = Letterbox(clerk.receive)
    assert not box._clerk
    box.hand_in(post_of("parent"))
    parents = box._clerk

    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert box.hand_in(post_of("child")).code == "child"

    child = box._clerk
    assert child is not parents
    box.stop()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_forty_callers_at_once_share_commits_and_lose_nothing(endpoint, listening):
    sizes: list[int] = []

    def receive(posts: Sequence[Post], errands: list[Errand]) -> list[Receipt]:
        sizes.append(len(posts))
        return receive_all(posts, errands)

    box = Letterbox(receive)

    def send(n: int) -> Receipt:
        body = event(f"evt_{n % 100}")
        headers = {"stripe-signature": sign_bytes(body)}
        return box.hand_in(Post(f"stripe/{endpoint.token}", headers, body, datetime.now(UTC)))

    with ThreadPoolExecutor(40) as pool:
        receipts = list(pool.map(send, range(120)))
    box.stop()

    assert {receipt.status for receipt in receipts} == {200}
    assert sorted(receipt.code for receipt in receipts) == ["accepted"] * 100 + ["duplicate"] * 20
    assert Delivery.objects.count() == Run.objects.count() == 100
    assert sum(sizes) == 120
    assert len(sizes) < 120


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_cut_is_made_anew_for_the_next_request(endpoint, listening):
    box = Letterbox(receive_all)

    def send(name: str) -> int:
        body = event(name)
        headers = {"stripe-signature": sign_bytes(body)}
        return box.hand_in(Post(f"stripe/{endpoint.token}", headers, body, datetime.now(UTC))).status

    assert send("evt_before") == 200
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    assert send("evt_after") == 200
    box.stop()
