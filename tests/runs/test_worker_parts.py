"""What the worker's processes share: the stop signal, the board, the pool of calls."""

import multiprocessing
import os
import threading
import time
from types import SimpleNamespace

import pytest
from django.db import connections

from apps.runs.worker import cluster
from apps.runs.worker.board import PLACES, Board, is_alive
from apps.runs.worker.stopping import StopSignal
from apps.runs.worker.threads import CallPool

FORK = multiprocessing.get_context("fork")


def test_a_stop_is_seen_once_it_is_given():
    stop = StopSignal()
    assert not stop.is_set()
    assert not stop.wait(0)

    stop.set()

    assert stop.is_set()
    assert stop.wait(10)


def test_a_child_sees_its_owner_s_stop():
    stop, ready = StopSignal(), FORK.Event()
    child = FORK.Process(target=wait_for_stop, args=(stop, ready))
    child.start()
    ready.wait(10)

    stop.set()
    child.join(10)

    assert child.exitcode == 0


def test_a_child_sees_that_its_owner_was_killed():
    reader, writer = os.pipe()
    owner = FORK.Process(target=own_a_child, args=(writer,))
    owner.start()
    os.close(writer)
    assert os.read(reader, 1) == b"r"

    owner.kill()
    owner.join()

    assert os.read(reader, 1) == b"s"
    os.close(reader)


def test_a_child_s_own_stop_is_not_its_siblings():
    stop = StopSignal()
    child = FORK.Process(target=stop_oneself, args=(stop,))
    child.start()
    child.join(10)

    assert child.exitcode == 0
    assert not stop.is_set()
    stop.set()


def wait_for_stop(stop, ready):
    stop.inherit()
    ready.set()
    os._exit(0 if stop.wait(10) else 1)


def own_a_child(writer):
    stop, ready = StopSignal(), FORK.Event()

    def tell():
        stop.inherit()
        os.write(writer, b"r")
        stop.wait(10)
        os.write(writer, b"s")
        os._exit(0)

    FORK.Process(target=tell).start()
    ready.wait(30)


def stop_oneself(stop):
    stop.inherit()
    stop.set()
    os._exit(0 if stop.is_set() else 1)


def test_a_task_is_begun_once():
    board = Board()
    number = board.assign()

    assert board.begin(number)
    assert not board.begin(number)
    (place,) = board.open_places()
    assert (place.pid, place.number) == (os.getpid(), number)

    board.end(number)
    assert board.open_places() == []


def test_a_task_that_was_written_off_is_not_begun_any_more():
    board = Board()
    number = board.assign()
    board.open_places()[0].written_off = True

    assert not board.begin(number)


def test_a_place_that_was_given_anew_is_not_the_old_task_s():
    board = Board()
    old = board.assign()
    for _ in range(PLACES):
        newest = board.assign()

    assert not board.begin(old)
    assert board.begin(newest)


def test_a_process_that_has_ended_is_not_alive():
    child = FORK.Process(target=os._exit, args=(0,))
    child.start()
    pid = child.pid
    assert pid is not None
    child.join()

    assert is_alive(os.getpid())
    assert not is_alive(pid)


@pytest.fixture
def pool():
    made: CallPool[str, str] = CallPool(1)
    yield made
    until_empty(made)
    made.close()


def until_empty(pool):
    until = time.monotonic() + 10
    while pool and time.monotonic() < until:
        pool.take()


def test_an_ended_call_is_heard_by_its_key(pool):
    pool.submit("a", lambda: "answer")
    ended: list[tuple[str, str]] = []
    while not ended:
        ended = pool.take()

    assert ended == [("a", "answer")]
    assert len(pool) == 0


def test_calls_that_have_not_begun_can_be_withdrawn(pool):
    begun, go_on = threading.Event(), threading.Event()

    def hold():
        begun.set()
        go_on.wait(10)
        return "held"

    pool.submit("under way", hold)
    begun.wait(10)
    pool.submit("behind", lambda: "never")

    assert pool.withdraw() == ["behind"]
    assert len(pool) == 1
    go_on.set()


@pytest.mark.parametrize("role", ["monitor", "pusher"])
@pytest.mark.parametrize(("exitcode", "given_up"), [(-9, True), (1, True), (0, False)])
def test_a_cluster_whose_queues_may_be_locked_is_given_up(role, exitcode, given_up):
    # The guard closes what it inherits: a connection that is open here would end with it.
    connections.close_all()
    guard = FORK.Process(target=guard_one_that_ended, args=(role, exitcode))
    guard.start()
    guard.join(10)

    assert guard.exitcode == (1 if given_up else 0)


def guard_one_that_ended(role, exitcode):
    """Exit with 0 where the guard has put another in its place."""
    guard = cluster._Guard.__new__(cluster._Guard)
    ended = SimpleNamespace(pid=1, exitcode=exitcode, name=role)
    guard.pool, guard.reincarnations, guard.monitor, guard.pusher = [], 0, None, None
    setattr(guard, role, ended)
    guard.spawn_monitor = guard.spawn_pusher = lambda: "another"

    guard.reincarnate(ended)

    os._exit(0 if getattr(guard, role) == "another" else 3)
