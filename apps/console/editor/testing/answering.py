"""Answers what the engine asks for in a dry test: calls and code."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Effect as EffectKind
from apps.catalog.switches import switched_off
from apps.console.editor.testing.asked import Asked
from apps.console.editor.testing.results import Results, id_of
from apps.console.editor.testing.sending import OutOfTimeError, Tried, Tryout, attempt, now, time_left
from apps.runs.calling import Contact, missing_connection
from apps.runs.coding import Coding, run
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.effects import Answered, Call, CodeFailed, Failed, Ran, RunCode
from apps.workflows.engine.samples import answer_of_model, sample_outputs

UNFIT = "Not called: mend the step's problems first. Its outputs are examples."
PRIVILEGED = "Not called: only an admin or owner may use this action. Its outputs are examples."


@dataclass(slots=True)
class Answering:
    """The answers of one test. `tried` is what came of each call, by step path.

    `unfit` are the ids of steps with problems: what validation refuses must not
    leave this machine either, so their reads stay here too.
    """

    asked: Asked
    contacts: Mapping[str, Contact]
    catalog: Catalog
    results: Results
    event_time: int
    ends_at: float
    unfit: frozenset[str]
    privileged: bool
    tried: dict[str, Tried] = field(default_factory=dict)

    def answer(self, work: Call | RunCode) -> Answered | Failed | Ran | CodeFailed:
        """Answer one piece of work. Raises `OutOfTimeError`."""
        if isinstance(work, RunCode):
            return self._run_code(work)
        tried = self._try(work)
        before = self.tried.get(work.path)
        if before is not None:  # A model is asked twice where its first answer was wrong.
            tried = replace(tried, exchanges=(*before.exchanges, *tried.exchanges), ms=before.ms + tried.ms)
        self.tried[work.path] = tried
        if tried.error is not None:
            return Failed(tried.error, at=now(), first_sent_at=now())
        return Answered(tried.outputs or {}, at=now())

    def _try(self, call: Call) -> Tried:
        time_left(self.ends_at)
        step = self.asked.definition.step(id_of(call.path))
        given = self.asked.assumed.answer_of(call.path)
        if given is not None and call.kind is EffectKind.READ:
            kept = answer_of_model(step, given) or given
            return Tried(kept, note="Answered as in the test that was kept.")
        try:
            app, found = self.catalog.get_action(call.action)
        except UnknownKeyError:
            return Tried(error=missing_connection())
        contact = self.contacts.get(call.connection)
        if contact is None or contact.connection.app != app.key:
            return Tried(error=missing_connection())
        action = found.model_copy(update={"effect": call.kind, "idempotency": call.idempotency})
        why_not = self._why_not(call, needs_admin=found.needs_admin)
        tryout = Tryout(
            ref=call.action,
            action=action,
            kind=call.kind,
            contact=contact,
            inputs=call.inputs,
            key=call.key,
            event_time=self.event_time,
            seconds=call.deadline,
        )
        tried = attempt(tryout, reads=self.asked.reads and not why_not, ends_at=self.ends_at)
        if tried.sampled and call.kind is EffectKind.READ:
            sample = sample_outputs(step, self.catalog) if step else {}
            outputs = answer_of_model(step, sample) or tried.outputs
            return replace(tried, outputs=outputs, note=why_not or tried.note)
        return tried

    def _why_not(self, call: Call, *, needs_admin: bool) -> str:
        step_id = id_of(call.path)
        if step_id in self.unfit or call.action in switched_off():
            return UNFIT
        return PRIVILEGED if needs_admin and not self.privileged else ""

    def _run_code(self, work: RunCode) -> Ran | CodeFailed:
        seconds: float = min(work.seconds, time_left(self.ends_at))
        answer = run(Coding(replace(work, seconds=seconds), "test")).answer
        if answer is None:
            raise OutOfTimeError
        return answer
