"""Calls that take long, as a model's answer may: they keep the drain, and are left where it must go."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from apps.runs.calling import CALL_SECONDS, perform
from apps.runs.leases import DatabaseClock, steady
from apps.runs.models import Run
from apps.runs.worker.board import Board
from apps.runs.worker.keeper import Keeper
from apps.runs.worker.under_way import UnderWay
from tests.runs.conftest import READ, ok, take

pytestmark = pytest.mark.django_db


def long_read(world):
    """Return an execution whose read may take half a minute."""
    world.start(world.workflow(READ))
    (execution,) = take(DatabaseClock())
    (piece,) = execution.pieces
    piece.call = replace(piece.call, deadline=30.0)
    return execution


def test_a_step_says_how_long_its_call_may_take(world, provider):
    execution = long_read(world)
    given = []
    provider.default = ok()
    piece = execution.pieces[0]
    sender = piece.contact.sender

    def note(request, *, deadline):
        given.append(deadline)
        return provider(request, deadline=deadline)

    piece.contact.sender = replace(sender, send=note)
    perform(piece)

    assert CALL_SECONDS < given[0] <= 30.0


def test_a_worker_that_must_go_leaves_a_long_read_for_the_next_one(world, provider, monkeypatch):
    execution = long_read(world)
    ready: list[Any] = []
    under_way = UnderWay(1, ready=ready.append, is_ending=lambda: True, now=timezone.now)
    monkeypatch.setattr("apps.runs.worker.under_way.in_thread", lambda _: False)
    under_way.send(execution)
    assert under_way.has_long

    under_way.leave_long()
    under_way.collect()  # What came after all is not waited for.
    under_way.close()

    assert ready == [execution]
    assert (execution.verdict.status, execution.verdict.reason_code) == (Run.Status.QUEUED, "given_back")


def test_a_drain_that_waits_for_a_long_call_has_no_successor_yet(db):
    queued: list[int] = []
    board = Board()
    keeper = Keeper("test", board, drains=1, enqueue=queued.append)
    keeper.tick()
    board.begin(queued[0])
    place = board.open_places()[0]
    place.begun_at = steady() - 60

    board.prolong(queued[0], steady() + 5)
    keeper.tick()
    assert len(queued) == 1

    board.prolong(queued[0], steady() - 1)
    keeper.tick()
    assert len(queued) == 2
