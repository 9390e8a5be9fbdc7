"""Random trees of steps of every kind, and a world that runs them and may be stopped at any yield."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from apps.catalog.spec import Effect, Idempotency
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import (
    Answered,
    Approve,
    Ask,
    Batch,
    Call,
    Ended,
    Failed,
    Listen,
    Park,
    Pause,
    Prior,
    Progress,
    Ran,
    Record,
    RunCode,
    Sleep,
    Stop,
    Wait,
)
from apps.workflows.engine.executor import execute
from apps.workflows.engine.program import Program, compile_program
from tests.workflows.engine.fakes import CATALOG, NOW, compares, refused, scope, template, value, workflow

TAGS = ["new", "vip", "late"]

JSON = dict[str, Any]

BIG = compares("{{ trigger.amount }}", "at_least", 1000)
VIP = compares("{{ item }}", "equals", "vip")
ACTIONS = ("tag", "charge", "event", "find")


@dataclass
class Budget:
    """How many more steps a tree may have, and the number that the next one's id takes."""

    left: int
    made: int = 0

    def take(self, lead: str) -> str:
        """Return the next step's id."""
        self.left -= 1
        self.made += 1
        return f"{lead}_{self.made}"


@st.composite
def trees(draw: st.DrawFn, most: int = 12) -> Definition:
    """Draw a workflow of up to `most` steps."""
    budget = Budget(draw(st.integers(1, most)))
    return workflow(*_sequence(draw, budget, depth=1, looping=False, waves=False))


def _sequence(draw: st.DrawFn, budget: Budget, *, depth: int, looping: bool, waves: bool) -> list[JSON]:
    wanted = range(draw(st.integers(1, 4)))
    return [_step(draw, budget, depth=depth, looping=looping, waves=waves) for _ in wanted if budget.left > 0]


def _step(draw: st.DrawFn, budget: Budget, *, depth: int, looping: bool, waves: bool) -> JSON:
    kinds = ["action", "action", "bad", "filter", "delay", "code", "transform", "approval"]
    kinds += [] if waves else ["stop"]
    kinds += [] if looping else ["wait_webhook"]
    kinds += ["if", "switch", "for_each"] if depth < 5 else []
    kind = draw(st.sampled_from(kinds))
    identifier = budget.take(kind)
    step: JSON = {"id": identifier, "kind": kind, "name": identifier.capitalize()}

    def inner(*, looping: bool = looping, waves: bool = waves) -> list[JSON]:
        return _sequence(draw, budget, depth=depth + 1, looping=looping, waves=waves)

    step |= _settings(draw, kind, inner, looping=looping)
    if kind != "stop" and depth < 5 and draw(st.integers(0, 3)) == 0:
        step["on_error"] = {"steps": inner(), "then": draw(st.sampled_from(["continue", "fail"]))}
    step["disabled"] = draw(st.integers(0, 9)) == 0
    return step


def _settings(draw: st.DrawFn, kind: str, inner: Any, *, looping: bool) -> JSON:
    condition = draw(st.sampled_from([BIG, VIP] if looping else [BIG]))
    match kind:
        case "action" | "bad":
            return _action(draw, kind)
        case "if":
            return {"condition": condition, "then": inner(), "else": inner()}
        case "switch":
            names = [{"id": f"c{number}", "name": f"C{number}"} for number in (1, 2)]
            cases = [name | {"condition": condition, "steps": inner()} for name in names]
            return {"cases": cases, "default": inner()}
        case "for_each":
            return _loop(draw, inner)
    plain: JSON = {
        "filter": {"condition": condition},
        "delay": {"mode": "for", "amount": value(1), "unit": "hours"},
        "code": {"code": "1", "inputs": {"email": template("{{ trigger.email }}")}},
        "transform": {"operations": [{"op": "set", "field": "a", "value": template("{{ trigger.email }}")}]},
        "approval": {
            "message": value("?"),
            "approvers": [{"email": "a@example.com"}],
            "on_denied": draw(st.sampled_from(["stop", "continue"])),
        },
        "wait_webhook": {"on_timeout": draw(st.sampled_from(["continue", "stop", "fail"]))},
        "stop": {"outcome": draw(st.sampled_from(["succeeded", "filtered", "failed"]))},
    }
    found: JSON = plain[kind]
    return found


def _action(draw: st.DrawFn, kind: str) -> JSON:
    key = "tag" if kind == "bad" else draw(st.sampled_from(ACTIONS))
    person = template("{{ trigger.email }}")
    inputs = {"customer": value("c")} if key == "find" else {"person": person}
    inputs |= {"amount": value(5)} if key == "charge" else {}
    return {"kind": "action", "action": f"mailer.{key}", "connection": "mailer-1", "inputs": inputs}


def _loop(draw: st.DrawFn, inner: Any) -> JSON:
    """Return a loop. Which items a wave has begun when another fails is not fixed, so waves go on."""
    concurrency = draw(st.sampled_from([1, 1, 2, 3]))
    on_item_error = draw(st.sampled_from(["stop", "continue"])) if concurrency == 1 else "continue"
    return {
        "items": template("{{ trigger.tags }}"),
        "concurrency": concurrency,
        "on_item_error": on_item_error,
        "steps": inner(looping=True, waves=True),
    }


class CrashError(Exception):
    """The worker is gone; only what was stored is left."""


@dataclass
class World:
    """Runs a definition, and is stopped before or after handling the yields that `crashes` counts off."""

    definition: Definition
    amount: int = 4900
    crashes: list[tuple[int, bool]] = field(default_factory=list)
    progress: dict[str, Progress] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: set[tuple[str, str]] = field(default_factory=set)
    turns: int = 0
    now: datetime = NOW

    def run(self) -> Ended:
        """Run turn after turn until the run has ended."""
        program = compile_program(self.definition, catalog=CATALOG)
        crashes = iter(self.crashes)
        for _ in range(300):
            crash = next(crashes, None)
            try:
                ended = self._turn(program, crash)
            except CrashError:
                continue
            if ended is not None:
                return ended
        raise AssertionError("the run does not end")

    def _turn(self, program: Program, crash: tuple[int, bool] | None) -> Ended | None:
        self.turns += 1
        facts = scope(amount=self.amount, tags=TAGS)
        execution = execute(program, facts, dict(self.progress), now=self.now)
        answer = None
        for count in range(2_000):
            try:
                effect = execution.send(answer)
            except StopIteration as end:
                ended: Ended = end.value
                return ended
            hit = crash is not None and crash[0] == count
            if hit and crash is not None and not crash[1]:
                raise CrashError
            answer = self._handle(effect)
            if hit:
                raise CrashError
            if isinstance(effect, Pause):
                return None
        raise AssertionError("the turn does not end")

    def _handle(self, effect: Any) -> Any:
        match effect:
            case Batch():
                return tuple(self._work(piece) for piece in effect.work)
            case Record():
                assert effect.path not in self.records, "a step recorded twice"
                self.records[effect.path] = effect
                self.progress[effect.path] = Progress(
                    Prior.DONE, outcome=effect.outcome, outputs=effect.outputs, error=effect.error
                )
            case Pause():
                paths = [stop.path for stop in effect.stops]
                assert len(set(paths)) == len(paths), "two stops at one path"
                for stop in effect.stops:
                    self._stop(stop)
        return None

    def _work(self, piece: Call | RunCode) -> Answered | Failed | Ran:
        assert piece.path not in self.records, "work for a step that is recorded"
        if isinstance(piece, RunCode):
            return Ran(output={"seen": piece.inputs}, printed="")
        known = self.progress.get(piece.path, Progress(Prior.WAITING, uncertain=False))
        first = known.first_sent_at or self.now
        if "bad_" in piece.path.rpartition(".")[2]:
            return Failed(refused(), at=self.now, first_sent_at=first)
        if piece.kind is not Effect.READ:
            assert piece.idempotency is not Idempotency.NONE
            self.progress[piece.path] = replace(
                known, prior=Prior.UNCERTAIN, attempts=piece.attempt, first_sent_at=first
            )
            self.keys.add((piece.path, piece.key))
        if piece.kind is Effect.READ or (piece.path, piece.key) not in self.done:
            self.done[piece.path, piece.key] += 1
        return Answered({"id": f"{piece.path}-1", "email": "found@example.com"}, at=self.now)

    def _stop(self, stop: Stop) -> None:
        waiting = Progress(Prior.WAITING, uncertain=False)
        match stop:
            case Sleep():
                self.now = max(self.now, stop.until)
                self.progress[stop.path] = replace(waiting, until=stop.until)
            case Approve():
                # Whoever decides looks at the path alone, so that every run of one tree gets the same.
                approved = len(stop.path) % 2 == 0
                answer = {"approved": approved, "decision": "approved" if approved else "denied"}
                self.progress[stop.path] = replace(waiting, until=stop.until, answer=answer)
            case Listen():
                self.progress[stop.path] = replace(waiting, until=stop.until, answer=_came(stop))
                self.now = self.now if _came(stop) else max(self.now, stop.until)
            case Wait() | Ask() | Park():
                raise AssertionError(f"nothing in this world leads to {stop}")


def _came(stop: Listen) -> Mapping[str, Any] | None:
    return {"received": True, "body": {}, "received_at": 1} if len(stop.path) % 2 else None
