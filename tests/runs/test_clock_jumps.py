"""Hours of a clock that jumps, across changes of summer time: nothing is left asleep, nothing is early.

The clock is simulated: every part of the worker that compares times is handed one.
"""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.runs import record, services
from apps.runs.claim import claim, prepare
from apps.runs.dispatch import do
from apps.runs.leases import LEASE_SECONDS, DatabaseClock
from apps.runs.models import Run
from apps.runs.worker.wakeup import LONGEST_SLEEP
from tests.runs.conftest import TRACK, ok, status, take

HOURS = 5
EVENTS = 6
LONGEST_WAIT = timedelta(hours=26)
"""Until a time of day comes again, on the longest day of the year."""

PAUSE = timedelta(minutes=7)
CHANGES = [
    pytest.param("Europe/Berlin", datetime(2026, 3, 28, 23, 10, tzinfo=UTC), id="Berlin, an hour is skipped"),
    pytest.param(
        "Europe/Berlin", datetime(2026, 10, 24, 22, 40, tzinfo=UTC), id="Berlin, an hour comes twice"
    ),
    pytest.param("America/New_York", datetime(2026, 3, 8, 4, 30, tzinfo=UTC), id="New York, skipped"),
    pytest.param("America/New_York", datetime(2026, 11, 1, 3, 50, tzinfo=UTC), id="New York, twice"),
    pytest.param(
        "Australia/Lord_Howe", datetime(2026, 10, 3, 13, 0, tzinfo=UTC), id="Lord Howe, half an hour"
    ),
    pytest.param("Asia/Kolkata", datetime(2026, 12, 31, 19, 0, tzinfo=UTC), id="Kolkata, a new year"),
]


class SimulatedClock(DatabaseClock):
    """A clock that stands where it is put."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at

    def jump(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def steps(zone: str) -> tuple[dict[str, Any], ...]:
    pause = {"kind": "delay", "name": "Pause", "amount": {"value": 7}, "unit": "minutes"}
    morning = {"kind": "delay", "name": "Morning", "mode": "time_of_day", "time": "02:30", "zone": zone}
    return (
        {"id": "pause", **pause},
        {**TRACK, "id": "first"},
        {"id": "morning", **morning},
        {**TRACK, "id": "second"},
    )


def execute_due(clock: DatabaseClock) -> None:
    """Execute everything that is due by the clock, as a worker does."""
    while claimed := claim(50, clock=clock):
        executions = prepare(claimed, clock=clock)
        while executions:
            record.write([each for each in executions if each.dirty])
            executions = [each for each in executions if each.verdict is None]
            for execution in executions:
                for result in [do(piece) for piece in execution.pieces]:
                    execution.resume(result)


@pytest.mark.parametrize(("zone", "begins"), CHANGES)
def test_no_delay_and_no_retry_is_left_asleep_by_a_clock_that_jumps(world, provider, zone, begins):
    chance = random.Random(f"{zone} {begins}")  # noqa: S311 - the same jumps each time.
    clock = SimulatedClock(begins)
    done: Counter[bytes | None] = Counter()

    def answer(request: Any) -> Any:
        if chance.random() < 0.3:
            return chance.choice((status(503), status(429, retry_after="90")))
        done[request.body] += 1
        return ok()

    provider.default = answer
    workflow = world.workflow(*steps(zone))
    runs = {}
    for number in range(EVENTS):
        delivery = world.deliver(f"evt_{number}", receipt_email=f"person{number}@example.com")
        (run,) = services.start_runs(delivery, [workflow], at=clock.now())
        runs[run.pk] = clock.now()
        clock.jump(chance.uniform(0, 60))

    walked = 0.0
    while walked < HOURS * 3600:
        seconds = chance.choice((chance.uniform(1, 900), chance.uniform(1, 900), -chance.uniform(1, 3600)))
        walked += abs(seconds)
        clock.jump(seconds)
        execute_due(clock)

        assert not Run.objects.due(at=clock.now()).exists()
        for run in Run.objects.filter(status="waiting"):
            assert run.due_at - max(clock.now(), runs[run.pk]) <= LONGEST_WAIT + timedelta(hours=HOURS)

    for _ in range(50):
        due = Run.objects.next_due_at()
        if due is None:
            break
        clock.at = max(clock.at, due)
        execute_due(clock)

    assert set(Run.objects.values_list("status", flat=True)) == {"succeeded"}
    assert set(done.values()) == {1}
    assert len(done) == 2 * EVENTS


@pytest.mark.parametrize("back", [-3600, -1, 0, 3600, 86_400])
def test_a_pause_is_over_when_the_clock_has_come_to_its_end_and_never_before(world, provider, back):
    clock = SimulatedClock(datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    workflow = world.workflow(*steps("UTC")[:2])
    services.start_runs(world.deliver(), [workflow], at=clock.now())
    execute_due(clock)
    ends = clock.now() + PAUSE

    clock.jump(back)
    execute_due(clock)

    assert bool(provider.requests) == (clock.now() >= ends)
    clock.at = max(clock.now(), ends)
    execute_due(clock)
    assert len(provider.requests) == 1


def test_a_lease_that_a_jump_ends_is_taken_away_and_its_holder_writes_nothing(world, provider):
    clock = SimulatedClock(datetime(2026, 10, 25, 0, 59, 55, tzinfo=UTC))
    run = world.start(world.workflow(TRACK))
    Run.objects.update(due_at=clock.now())
    (held,) = take(clock)

    clock.jump(LEASE_SECONDS + 3600)
    Run.objects.reap(at=clock.now())
    execute_due(clock)

    assert record.write([held]) == set()
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert len(provider.requests) == 1


def test_no_worker_sleeps_longer_than_a_second_whatever_the_clock_says():
    assert LONGEST_SLEEP <= 1
