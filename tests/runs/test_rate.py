"""The token bucket: never beyond the limit, nobody forgotten, slower when a provider asks for it."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.spec import RateLimit
from apps.connections.allowances import Allowance
from apps.runs import rate, services
from apps.runs.models import Run
from apps.runs.rate import bucket, store
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from tests.factories import ConnectionFactory
from tests.runs.conftest import TRACK, status

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STRIPE = RateLimit(calls=25, seconds=1.0)


@pytest.fixture(autouse=True)
def _forget():
    rate.reset()
    yield
    rate.reset()


def full():
    return Allowance(filled_at=NOW, tokens=store.FULL, live=store.FULL, bulk=store.FULL)


def earnest(world):
    """Connect to the provider itself: the sandbox has no limit."""
    world.customerio = ConnectionFactory(
        workspace=world.workspace, app="customerio", name="In earnest", sandbox=False
    )


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def most_in_any(sent, seconds):
    """Return the largest number of moments within any span of so many seconds."""
    most, first = 0, 0
    for last, moment in enumerate(sent):
        while sent[first] <= moment - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@settings(max_examples=60, deadline=None)
@given(
    calls=st.integers(1, 60),
    seconds=st.sampled_from([0.5, 1.0, 3.0, 10.0]),
    asks=st.lists(
        st.tuples(st.floats(0.0, 0.4), st.integers(1, 30), st.booleans(), st.floats(0.0, 1.0)),
        min_size=5,
        max_size=120,
    ),
)
def test_workers_never_send_more_than_the_limit_in_any_window(calls, seconds, asks):
    limit, row, now, sent = RateLimit(calls=calls, seconds=seconds), full(), 0.0, []
    for pause, wanted, bulk, late in asks:
        now += pause
        grant = bucket.take(row, limit, wanted=wanted, spare=3, bulk=bulk, now=at(now))
        # A worker may use what it has taken as late as it may keep it.
        sent += [now + late * bucket.keep_seconds(limit)] * grant.calls

    assert most_in_any(sorted(sent), seconds) <= calls


def test_every_waiting_call_is_sent_in_the_end_though_live_calls_never_stop():
    row, now, bulk_sent, live_sent = full(), 0.0, 0, 0
    for _ in range(2_000):
        now += 0.02
        live_sent += bucket.take(row, STRIPE, wanted=30, spare=0, bulk=False, now=at(now)).calls
        bulk_sent += bucket.take(row, STRIPE, wanted=30, spare=0, bulk=True, now=at(now)).calls

    assert bulk_sent > 40
    assert live_sent > 2 * bulk_sent


def test_bulk_takes_half_at_the_most_though_nothing_else_is_sent():
    row, sent = full(), 0
    for tick in range(1, 601):
        sent += bucket.take(row, STRIPE, wanted=30, spare=0, bulk=True, now=at(tick / 10)).calls

    assert 0.4 * 60 * bucket.declared_rate(STRIPE) < sent < 0.55 * 60 * bucket.declared_rate(STRIPE)


def test_calls_that_must_go_are_booked_one_behind_another():
    row = full()
    first = bucket.take(row, STRIPE, wanted=100, spare=0, bulk=False, now=NOW)
    second = bucket.take(row, STRIPE, wanted=50, spare=0, bulk=False, now=NOW)

    assert first.waits == sorted(first.waits)
    assert second.waits[0] > first.waits[-1]


def test_a_refusal_closes_the_bucket_and_halves_the_rate_once():
    row = full()
    before = bucket.rate_now(row, STRIPE)
    for _ in range(5):
        bucket.refuse(row, STRIPE, after=2.0, reason="Too many requests", now=NOW)

    assert bucket.rate_now(row, STRIPE) == pytest.approx(before / 2)
    grant = bucket.take(row, STRIPE, wanted=1, spare=0, bulk=False, now=at(1.9))
    assert (grant.calls, grant.waits[0] > 0.1) == (0, True)
    assert bucket.take(row, STRIPE, wanted=1, spare=0, bulk=False, now=at(3)).calls == 1


def test_the_rate_recovers_step_by_step():
    row = full()
    bucket.refuse(row, STRIPE, after=None, reason="Too many requests", now=NOW)
    rates = []
    for seconds in range(0, 40, 5):
        bucket.recover(row, STRIPE, now=at(1 + seconds))
        rates.append(bucket.rate_now(row, STRIPE))

    assert rates == sorted(rates)
    assert rates[0] < rates[2] < rates[-1] == bucket.declared_rate(STRIPE)
    assert row.learnt is None


def test_a_connection_without_a_limit_is_slowed_down_by_its_first_429_only():
    row = full()
    assert bucket.take(row, None, wanted=500, spare=0, bulk=False, now=NOW).calls == 500

    bucket.refuse(row, None, after=None, reason="slow down", now=NOW)

    assert bucket.take(row, None, wanted=500, spare=0, bulk=False, now=at(2)).calls < 20


def test_a_429_is_told_to_all_workers_and_gives_back_what_has_not_been_sent(world, provider):
    earnest(world)
    workflow = world.workflow(TRACK)
    for number in range(4):
        world.start(workflow, world.deliver(f"evt_{number}"))
    provider.default = status(429, {}, retry_after="30")

    Drain("test", stop=NeverStop(), threads=1).run_until_idle()

    row = Allowance.objects.get(connection=world.customerio)
    assert row.closed_until is not None
    assert row.limited_at is not None
    sent = len(provider.requests)
    later = world.start(workflow, world.deliver("evt_9"))
    rate.reset()  # As another worker, which has heard nothing.
    Drain("other", stop=NeverStop(), threads=1).run_until_idle()

    later.refresh_from_db()
    assert (later.status, later.reason_code) == ("waiting", "rate")
    assert len(provider.requests) == sent
    assert not later.effects.filter(status="pending").exists()


def test_a_replay_asks_for_the_tokens_of_bulk(world, provider):
    earnest(world)
    (run,) = services.start_runs(world.deliver(), [world.workflow(TRACK)], at=datetime.now(UTC), priority=5)

    Drain("test", stop=NeverStop(), threads=1).run_until_idle()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert Allowance.objects.get(connection=world.customerio).bulk_wanted_at is not None
    assert Run.objects.get().priority == 5


FACTS = {"tokens": 1.0, "live": 1.0, "bulk": 0.5, "filled_at": NOW}
STATES: tuple[dict[str, Any], ...] = (
    {},
    {"tokens": store.FULL, "live": store.FULL, "bulk": store.FULL},
    {"tokens": 0.2, "live": -3.0, "bulk": -1.0},
    {"learnt": 2.0, "learnt_at": NOW},
    {"closed_until": NOW + timedelta(seconds=10)},
    {"closed_until": NOW - timedelta(seconds=10)},
    {"bulk_wanted_at": NOW - timedelta(seconds=1)},
    {"bulk_wanted_at": NOW - timedelta(minutes=5)},
)
ASKS = [(at(seconds), *ask) for seconds in (-5, 0.02, 0.3, 60) for ask in ((1, 0), (1, 1), (2, 5), (40, 0))]


def left(row):
    return [row.tokens, row.live, row.bulk, row.learnt or 0.0, row.filled_at.timestamp()]


def test_tokens_are_taken_as_the_sums_say(world):
    connection = ConnectionFactory(workspace=world.workspace, app="stripe", sandbox=False)
    for state, (now, wanted, spare) in itertools.product(STATES, ASKS):
        Allowance.objects.all().delete()
        Allowance.objects.create(connection=connection, **FACTS | state)
        summed = Allowance(connection=connection, **FACTS | state)

        grant = store.take((connection.pk, ""), STRIPE, wanted=wanted, spare=spare, bulk=False, now=now)
        expected = bucket.take(summed, STRIPE, wanted=wanted, spare=spare, bulk=False, now=now)

        taken = Allowance.objects.get()
        assert (grant.calls, [*grant.waits]) == (expected.calls, [*expected.waits]), (
            state,
            now,
            wanted,
            spare,
        )
        assert left(taken) == pytest.approx(left(summed)), (state, now, wanted, spare)
        assert (taken.live_booked, taken.reason) == (summed.live_booked, summed.reason)


def test_enough_tokens_cost_one_statement(world, statements):
    if database.vendor != "postgresql":
        pytest.skip("needs PostgreSQL; `make test` runs it there")
    rows = [
        Allowance.objects.create(
            connection=ConnectionFactory(workspace=world.workspace, app="stripe", sandbox=False),
            **FACTS | {"tokens": 2.0},
        )
        for _ in range(2)
    ]

    with statements() as said:
        store.take((rows[0].connection_id, ""), STRIPE, wanted=1, spare=0, bulk=False, now=NOW)

    assert len(said) == 1
    assert set(Allowance.objects.values_list("tokens", flat=True)) == {1.0, 2.0}
