"""Whatever stops a turn, at any yield: the run ends as if nothing had, and no effect is doubled."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.errors import Certainty
from apps.catalog.spec import Effect, Idempotency
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import (
    Answered,
    Ask,
    Batch,
    Call,
    Failed,
    Pause,
    Prior,
    Progress,
    Record,
    StepOutcome,
    Wait,
)
from apps.workflows.engine.executor import execute
from apps.workflows.engine.program import compile_program
from tests.workflows.engine.fakes import (
    CATALOG,
    NOW,
    act,
    busy,
    compares,
    only_if,
    scope,
    template,
    timeout,
    value,
    workflow,
)

PERSON = {"person": template("{{ steps.find.email | default: trigger.email }}")}
GUARDED = workflow(
    act("find", inputs={"customer": template("{{ trigger.customer }}")}),
    only_if(compares("{{ trigger.amount }}", "at_least", 1000)),
    act("tag", inputs=PERSON, run_if=compares("{{ trigger.nickname }}", "is_not_empty")),
    act("charge", inputs={**PERSON, "amount": template("{{ trigger.amount }}")}),
    act("event", inputs={**PERSON, "data": {"object": {"charge": template("{{ steps.charge.id }}")}}}),
    act("wipe", inputs=PERSON),
)
UNGUARDED = workflow(
    act("tag", inputs={"person": template("{{ trigger.email }}")}),
    act("send", inputs={"person": template("{{ trigger.email }}"), "text": value("hi")}),
    act("event", inputs={"person": template("{{ trigger.email }}")}),
)

FAULTS = [
    "fine",
    "busy",  # Surely not done, and said so.
    "lost before",  # The provider never got it, and no answer came.
    "lost after",  # The provider did it, and no answer came.
    "crash before the ledger",
    "crash before sending",
    "crash after sending",
    "crash before recording",
]


class CrashError(Exception):
    """The worker is gone; only what was stored is left."""


@dataclass
class Provider:
    """Does what it is told, once per key; without a key, every time."""

    done: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def do(self, call):
        """Do one call."""
        guarded = call.idempotency is not Idempotency.NONE
        if not (guarded and (call.path, call.key) in self.seen):
            self.done[call.path] += 1
        self.seen.add((call.path, call.key))
        if call.action == "mailer.find":
            return {"email": "found@example.com", "name": "Pat"}
        return {"id": f"{call.path}-1"}


@dataclass
class World:
    """A pump with a store that survives crashes; each call and record meets the next fault."""

    definition: Definition
    event: dict[str, Any]
    faults: list[str]
    provider: Provider = field(default_factory=Provider)
    progress: dict[str, Progress] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    asked: int = 0
    now: datetime = NOW

    def fault(self):
        """Return what goes wrong next."""
        return self.faults.pop(0) if self.faults else "fine"

    def run(self):
        """Run turn after turn until the run has ended."""
        program = compile_program(self.definition, catalog=CATALOG)
        for _ in range(200):
            execution = execute(program, scope(**self.event), dict(self.progress), now=self.now)
            try:
                ended = self.turn(execution)
            except CrashError:
                self.now += timedelta(seconds=10)
                continue
            if ended is not None:
                return ended
        raise AssertionError("the run does not end")

    def turn(self, execution):
        """Pump one turn; return the end if it came."""
        answer = None
        while True:
            try:
                effect = execution.send(answer)
            except StopIteration as end:
                return end.value
            answer = None
            match effect:
                case Batch():
                    answer = tuple(self.call(call) for call in effect.work)
                case Record():
                    self.record(effect)
                case Pause(stops=(Wait() as stop,)):
                    self.now = max(self.now, stop.until)
                    self.keep(stop.path, prior=Prior.WAITING)
                    return None
                case Pause(stops=(Ask() as stop,)):
                    self.decide(stop)
                    return None

    def call(self, call):
        """Write the ledger, then make the call."""
        assert call.path not in self.records, "a call after its recorded success"
        self.calls.append(call)
        fault = self.fault()
        if fault == "crash before the ledger":
            raise CrashError
        known = self.progress.get(call.path, Progress(Prior.WAITING, uncertain=False))
        first = known.first_sent_at or self.now
        if call.kind is not Effect.READ:
            self.progress[call.path] = replace(
                known, prior=Prior.UNCERTAIN, attempts=call.attempt, first_sent_at=first
            )
        if fault == "crash before sending":
            raise CrashError
        if fault in ("busy", "lost before"):
            return self.failed(call, busy() if fault == "busy" else timeout(), first)
        outputs = self.provider.do(call)
        if fault == "crash after sending":
            raise CrashError
        if fault == "lost after":
            return self.failed(call, timeout(), first)
        if fault == "crash before recording":
            self.faults.insert(0, "crash")
        return Answered(outputs, at=self.now)

    def failed(self, call, error, first):
        """Store what is known of a failed call and answer it."""
        uncertain = error.certainty is Certainty.UNCERTAIN
        known = self.progress.get(call.path, Progress(Prior.WAITING, uncertain=False))
        self.progress[call.path] = replace(
            known, attempts=call.attempt, first_sent_at=first, uncertain=known.uncertain or uncertain
        )
        return Failed(error, at=self.now, first_sent_at=first)

    def keep(self, path, **changed):
        """Change a step's progress."""
        self.progress[path] = replace(self.progress[path], **changed)

    def record(self, record):
        """Store a step's end."""
        if self.faults and self.faults[0] == "crash":
            self.faults.pop(0)
            raise CrashError
        assert record.path not in self.records, "a step recorded twice"
        self.records[record.path] = record
        self.progress[record.path] = Progress(Prior.DONE, outcome=record.outcome, outputs=record.outputs)

    def decide(self, ask):
        """Let a person look at the provider and tell the truth."""
        self.asked += 1
        if self.provider.done[ask.path]:
            self.progress[ask.path] = Progress(
                Prior.DONE, outcome=StepOutcome.SUCCEEDED, outputs={"id": f"{ask.path}-1"}
            )
        else:
            self.progress[ask.path] = Progress(
                Prior.WAITING, generation=self.progress[ask.path].generation + 1, uncertain=False
            )


EVENTS = st.fixed_dictionaries(
    {"amount": st.sampled_from([500, 4900]), "nickname": st.sampled_from([None, "Pat"])}
)
TROUBLE = st.lists(st.sampled_from(FAULTS), max_size=14)


def told(world):
    return [(path, record.outcome, record.inputs, record.outputs) for path, record in world.records.items()]


@settings(max_examples=300, deadline=None)
@given(event=EVENTS, faults=TROUBLE)
def test_trouble_leaves_the_same_records_and_no_effect_is_doubled(event, faults):
    calm = World(GUARDED, event, [])
    troubled = World(GUARDED, event, list(faults))

    assert calm.run() == troubled.run()
    assert told(calm) == told(troubled)
    assert troubled.provider.done - Counter({"find": 99}) == calm.provider.done - Counter({"find": 99})
    assert troubled.asked == 0


@settings(max_examples=200, deadline=None)
@given(event=EVENTS, faults=TROUBLE)
def test_every_call_keeps_its_key_and_no_two_steps_share_one(event, faults):
    world = World(GUARDED, event, list(faults))

    world.run()

    keys = {(call.path, call.key) for call in world.calls if call.kind is not Effect.READ}
    assert len({path for path, _ in keys}) == len(keys) == len({key for _, key in keys})
    assert all(call.key == "" for call in world.calls if call.kind is Effect.READ)


@settings(max_examples=300, deadline=None)
@given(faults=TROUBLE)
def test_a_call_without_any_key_is_never_made_twice(faults):
    world = World(UNGUARDED, {}, list(faults))

    world.run()

    assert world.provider.done == Counter({"tag": 1, "send": 1, "event": 1})


def test_the_world_of_these_tests_doubles_what_nothing_guards():
    provider = Provider()
    call = Call("p", 1, "n", "a", "c", {}, Effect.CREATE, Idempotency.NONE, "k", 1)

    provider.do(call)
    provider.do(call)

    assert provider.done["p"] == 2
