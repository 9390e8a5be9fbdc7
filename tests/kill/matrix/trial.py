"""One case: events under way, a process stopped at its point, what is done to it, and the count."""

import os
import signal
import time
from collections import Counter
from dataclasses import dataclass

from tests.kill.matrix.cases import Case
from tests.kill.matrix.lane import Lane, Load, person, wait_for

EVENTS = 4
EVENTS_UNDER_LOAD = 40
REACHED_SECONDS = 20.0
FROZEN_SECONDS = 11.5
"""A worker is frozen past its lease of 10 s."""

WEB_FROZEN_SECONDS = 3.0
FINISHED_SECONDS = 30.0
RECOVERY_SECONDS = 20.0
AFTERWARDS_SECONDS = 0.5
ENDED = {"Bench": ("succeeded",), "Mail": ("succeeded", "needs_decision")}


@dataclass
class Row:
    """What came of one case; a hostile provider obeys what was `repeated`, too."""

    case: Case
    acknowledged: int = 0
    finished: int = 0
    lost: int = 0
    doubled: int = 0
    repeated: int = 0
    most_of_one: int = 0
    doubled_mails: int = 0
    unknown: int = 0
    recovered: float = 0.0
    fault: str = ""

    @property
    def broken(self) -> str:
        """Say which promise is broken, or nothing."""
        promises = (
            (bool(self.fault), self.fault),
            (self.lost > 0, "lost"),
            (self.doubled > 0, "doubled in the obedient mode"),
            (self.doubled_mails > 0, "a call without a key was doubled"),
            (self.most_of_one > 2, "more than the one call in flight was repeated"),
            (self.recovered > RECOVERY_SECONDS, f"recovered later than in {RECOVERY_SECONDS:.0f} s"),
        )
        return "; ".join(text for holds, text in promises if holds)


def run(lane: Lane, case: Case) -> Row:
    """Try one case."""
    if case.point == "under load":
        return _under_load(lane, case)
    numbers, people = lane.numbers(EVENTS), []
    under_way = case.point == "call.under-way"
    if under_way:
        people = [person(number) for number in numbers]
        for each in people:
            lane.standin.answer(each, {"hold": True}, {"hold": True})
    lane.arm(case.point)
    load = Load(lane, numbers, threads=EVENTS, within=REACHED_SECONDS + FINISHED_SECONDS)
    pid = wait_for(lambda: lane.hit(case.point), within=REACHED_SECONDS)
    if under_way and pid is not None:
        wait_for(lambda: any(each["person"] in people for each in lane.standin.requests()), within=5)
    begun = time.monotonic()
    if pid is not None:
        _act(lane, case, pid)
    lane.go_on(case.point)
    lane.standin.release(*people)
    row = count(lane, case, numbers, load, begun)
    if pid is None:
        row.fault = "the point was not reached"
    return row


def _act(lane: Lane, case: Case, pid: int) -> None:
    """Do to the victim what the case says."""
    if case.victim in ("web killed", "drain killed"):
        os.kill(pid, signal.SIGKILL)
    elif case.victim in ("web frozen", "drain frozen"):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(WEB_FROZEN_SECONDS if case.victim == "web frozen" else FROZEN_SECONDS)
        lane.go_on(case.point)
        os.kill(pid, signal.SIGCONT)
    elif case.victim == "worker killed":
        lane.kill_worker()
    elif case.victim == "database killed":
        lane.kill_database()
    else:
        lane.cut_connections()


def _under_load(lane: Lane, case: Case) -> Row:
    """Do it to everything while events pour in."""
    numbers = lane.numbers(EVENTS_UNDER_LOAD)
    lane.standin.delay(0.1)
    before = len(lane.standin.effects())
    load = Load(lane, numbers, threads=EVENTS, within=FINISHED_SECONDS)
    reached = wait_for(lambda: len(lane.standin.effects()) > before + 5, within=REACHED_SECONDS)
    begun = time.monotonic()
    if case.victim == "SIGTERM to all":
        lane.terminate_all()
    else:
        lane.restart_database()
    row = count(lane, case, numbers, load, begun)
    lane.standin.delay(0.0)
    if not reached:
        row.fault = "nothing was under way"
    return row


def count(lane: Lane, case: Case, numbers: list[int], load: Load, begun: float) -> Row:
    """Wait until every acknowledged event has its runs finished; count what came of them."""
    load.end()
    acknowledged = sorted(load.acknowledged)
    row = Row(case, acknowledged=len(acknowledged))
    if len(acknowledged) < len(numbers):
        row.fault = f"{len(numbers) - len(acknowledged)} events were never taken"

    def finished() -> bool:
        runs = lane.runs(acknowledged)
        return all(runs.get((number, name)) in ENDED[name] for number in acknowledged for name in ENDED)

    wait_for(finished, within=FINISHED_SECONDS)
    row.recovered = time.monotonic() - begun
    time.sleep(AFTERWARDS_SECONDS)  # Whoever was thawed may still try to send.
    runs = wait_for(lambda: lane.runs(numbers), within=FINISHED_SECONDS) or {}
    effects = Counter(lane.standin.effects())
    requests = Counter((each["kind"], each["person"]) for each in lane.standin.requests())
    for number in numbers:
        who = person(number)
        states = {name: runs.get((number, name), "") for name in ENDED}
        ended = [name for name, status in states.items() if status in ENDED[name]]
        row.finished += len(ended)
        row.unknown += states["Mail"] == "needs_decision"
        untold = effects["event", who] == 0 or (states["Mail"] == "succeeded" and not effects["mail", who])
        row.lost += number in load.acknowledged and (len(ended) < len(ENDED) or untold)
        row.doubled += max(0, effects["event", who] - 1)
        row.doubled_mails += max(0, requests["mail", who] - 1)
        row.repeated += max(0, requests["event", who] - 1)
        row.most_of_one = max(row.most_of_one, requests["event", who])
    return row
