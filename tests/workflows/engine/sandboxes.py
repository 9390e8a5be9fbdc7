"""Running a definition over the connectors' sandboxes, without a database."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from apps.catalog import registry
from apps.catalog.errors import CallError
from apps.catalog.spec import Account, Action, CallContext, Field, Semantic
from apps.catalog.transport import Request, Response
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.effects import Answered, Call, Failed
from apps.workflows.engine.executor import RunScope, Turn, drive, execute
from apps.workflows.engine.program import compile_program
from apps.workflows.engine.validation import ConnectionFacts, validate
from tests.workflows.engine.fakes import NOW

AT = int(NOW.timestamp())

CONNECTIONS = {
    app.key: ConnectionFacts(
        app=app.key,
        name=app.name,
        status="connected",
        fields=frozenset(each.key for each in app.auth.fields),
        sandbox=True,
    )
    for app in registry.APPS
}
"""One connection to each app, whose code is the app's key."""


@dataclass
class Sandboxes:
    """The state of each app's sandbox, and the calls that were made.

    `name` goes into the idempotency keys, so that boxes with the states of others make new ones.
    """

    name: str = ""
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def do(self, ref: str, **inputs: Any) -> dict[str, Any]:
        """Do an action over its sandbox; return the outputs."""
        app, action = registry.get_action(ref)

        def send(request: Request, *, deadline: float) -> Response:
            response: Response
            response, self.states[app.key] = app.sandbox(request, self.states.get(app.key, {}), AT)
            return response

        self.calls.append(ref)
        key = sha256(f"{self.name} {len(self.calls)}".encode()).hexdigest()
        account = Account(app.auth.sandbox_values)
        return action.call(CallContext(inputs=inputs, account=account, send=send, key=key, event_time=AT))

    def run(self, definition: Definition, trigger: dict[str, Any]) -> Turn:
        """Execute a definition for an event; return the turn."""
        scope = RunScope(trigger, "r", "evt", "w", definition.trigger.connection)
        return drive(execute(compile_program(definition), scope, {}, now=NOW), self._perform)

    def _perform(self, call: Call) -> Answered | Failed:
        try:
            return Answered(self.do(call.action, **call.inputs), at=NOW)
        except CallError as error:
            return Failed(error, at=NOW, first_sent_at=NOW)


def sample(trigger_ref: str, **changed: Any) -> dict[str, Any]:
    """Return what a trigger's sample gives."""
    app, trigger = registry.get_trigger(trigger_ref)
    return registry.trigger_data(app, trigger, registry.sample_payload(app.key, trigger.key)) | changed


def completed(definition: Definition) -> Definition:
    """Do what a recipe leaves to the operator: fill what is open with its example, and confirm."""
    form = definition.to_json()
    for problem in validate(definition, connections=CONNECTIONS):
        where = problem.path.split(".")
        if where[:2] == ["trigger", "options"]:
            _, trigger = registry.get_trigger(form["trigger"]["trigger"])
            form["trigger"]["options"][where[2]] = _named(trigger.options, where[2]).example
            continue
        step = next(step for step in form["steps"] if step["id"] == where[1])
        if where[2] == "confirmed":
            step["confirmed"] = True
        else:
            _, action = registry.get_action(step["action"])
            step["inputs"].update(_examples(action, where[3]))
    return parse(form)


def _examples(action: Action, key: str) -> dict[str, Any]:
    """Return the example of an input, with unit and currency where it is an amount."""
    wanted = _named(action.inputs, key)
    fields = [wanted]
    if wanted.unit_from:
        fields += [_named(action.inputs, wanted.unit_from)]
        fields += [each for each in action.inputs if each.semantic is Semantic.CURRENCY]
    return {each.key: {"value": each.example} for each in fields}


def _named(fields: tuple[Field, ...], key: str) -> Field:
    return next(each for each in fields if each.key == key)
