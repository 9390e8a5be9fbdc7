"""One action as one call of the SDK: its inputs, its method, what is read of the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.connectors.stripe.actions.params import Param, build
from apps.catalog.connectors.stripe.client import Caller, invoke
from apps.catalog.connectors.stripe.flatten import Pick, fields_of, read
from apps.catalog.connectors.stripe.origins import with_mark
from apps.catalog.errors import Permanent
from apps.catalog.spec import Action, CallContext, Effect, Field, Idempotency, InputCheck

DOCS = "https://docs.stripe.com/api"

Read = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
"""(the answer's JSON, the inputs) -> the outputs; raises `Permanent` where it is not what was asked."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The call of an action: `method` below `client.v1`, `ids` the inputs that go into the path.

    `fixed` are parameters that every call has. `rules` check inputs together.
    """

    method: str
    params: tuple[Param, ...]
    read: Read
    writes: bool
    ids: tuple[str, ...] = ()
    fixed: Mapping[str, Any] | None = None
    rules: tuple[InputCheck, ...] = ()

    def __call__(self, context: CallContext) -> dict[str, Any]:
        """Make the call; return the outputs. Raises a `CallError`, or what `Send` raises."""
        answer = invoke(
            Caller(context.account, context.send, context.deadline),
            self.method,
            *(context.inputs[key] for key in self.ids),
            params=self._sent(context),
            key=context.key if self.writes else None,
            fields=self.fields(),
        )
        return self.read(answer, context.inputs)

    def request(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters as the SDK takes them; raises `Permanent` naming the field."""
        for rule in self.rules:
            rule(inputs)
        return {**build(self.params, inputs), **(self.fixed or {})}

    def _sent(self, context: CallContext) -> dict[str, Any]:
        """Return the parameters, with our mark where a new object takes metadata."""
        params = self.request(context.inputs)
        creates = self.writes and self.method.endswith(".create")
        takes_mark = creates and any(each.path == ("metadata",) for each in self.params)
        return with_mark(params, context.key) if takes_mark else params

    def check(self, inputs: Mapping[str, Any]) -> None:
        """Check the inputs without calling; raises `Permanent` naming the field."""
        self.request(inputs)

    def fields(self) -> dict[str, str]:
        """Return the input behind each of Stripe's parameters."""
        behind = {each.path[0]: each.field.key for each in reversed(self.params) if each.path}
        return {**behind, "id": self.ids[0]} if self.ids else behind


def inputs_of(params: tuple[Param, ...]) -> tuple[Field, ...]:
    """Return the declarations alone, in order."""
    return tuple(each.field for each in params)


def action(
    key: str,
    name: str,
    description: str,
    method: str,
    *,
    effect: Effect,
    params: tuple[Param, ...],
    docs: str,
    picks: tuple[Pick, ...] = (),
    outputs: tuple[Field, ...] = (),
    reads: Read | None = None,
    ids: tuple[str, ...] = (),
    fixed: Mapping[str, Any] | None = None,
    rules: tuple[InputCheck, ...] = (),
    idempotency: Idempotency | None = None,
    **rest: Any,
) -> Action:
    """Return the action that one method of the SDK does.

    Whatever changes something carries the idempotency key. `Idempotency.KEY`, the
    default for it, says that only the key makes repeating harmless; `NATURAL` is
    for calls that set the same values again, or that find nothing left to do.
    Stripe takes notice of the key of a POST, in version 1 not of a DELETE's
    (https://docs.stripe.com/api/idempotent_requests), so a DELETE must be `NATURAL`.
    """
    writes = effect is not Effect.READ
    call = Operation(method, params, reads or _reader(picks, ids), writes, ids, fixed, rules)
    guard = idempotency or (Idempotency.KEY if writes else Idempotency.NATURAL)
    return Action(
        key=key,
        name=name,
        description=description,
        inputs=inputs_of(params),
        outputs=outputs or fields_of(picks),
        effect=effect,
        idempotency=guard,
        call=call,
        check=call.check,
        requires=("api_key",),
        docs_url=f"{DOCS}/{docs}",
        **rest,
    )


def _reader(picks: tuple[Pick, ...], ids: tuple[str, ...]) -> Read:
    def read_object(answer: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
        if answer.get("deleted") is True:
            raise Permanent(
                "This object was deleted in Stripe; only its id is left.",
                code="deleted",
                remedy="Filter such events out, or take the value from elsewhere.",
                field=ids[0] if ids else None,
                gone=True,
            )
        return read(picks, answer)

    return read_object


def retrieve(
    key: str,
    name: str,
    description: str,
    method: str,
    *,
    id_param: Param,
    picks: tuple[Pick, ...],
    docs: str,
) -> Action:
    """Return the action that reads one object by its id."""
    return action(
        key,
        name,
        description,
        method,
        effect=Effect.READ,
        params=(id_param,),
        ids=(id_param.field.key,),
        picks=picks,
        docs=f"{docs}/retrieve",
        provider_id=id_param.field.key,
    )
