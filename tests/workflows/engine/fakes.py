"""Two small apps, a shop and a mailer, with an action of every kind of effect."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.catalog.errors import Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import (
    Action,
    App,
    Auth,
    CallContext,
    Checked,
    Choice,
    Effect,
    Field,
    FieldType,
    Idempotency,
    LookUp,
    Semantic,
    Trigger,
)
from apps.catalog.transport import Request, Response
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.executor import RunScope
from apps.workflows.engine.validation import ConnectionFacts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

EVENT: dict[str, Any] = {
    "email": "pat@example.com",
    "amount": 4900,
    "currency": "eur",
    "customer": "c_1",
    "placed": 1_764_028_800,
    "tags": ["new", "vip"],
    "extra": {"note": "hello"},
    "nickname": None,
    "event_id": "evt_1",
    "event_type": "order.placed",
    "livemode": False,
    "occurred_at": 1_764_028_800,
    "raw": {"object": {"anything": 1}},
}


def scope(**changed: Any) -> RunScope:
    return RunScope(
        trigger={**EVENT, **changed},
        code="run-1",
        event_id="evt_1",
        workflow_code="workflow-1",
        trigger_connection="shop-1",
    )


def _call(_: CallContext) -> dict[str, Any]:
    raise AssertionError("the engine never calls an action itself")


def _sandbox(_: Request, state: dict[str, Any], __: float) -> tuple[Response, dict[str, Any]]:
    return Response(200), state


def _auth(*fields: Field) -> Auth:
    return Auth(
        fields=fields,
        test=lambda account, send: Checked("fine"),
        check=lambda values: None,
        label=lambda values: "",
        sandbox_values={},
    )


def _refuse_shouting(inputs: Mapping[str, Any]) -> None:
    if inputs["text"].isupper():
        raise Permanent("Don't shout.", code="shouting", remedy="Use small letters.", field="text")


def action(key: str, effect: Effect, idempotency: Idempotency, *inputs: Field, **rest: Any) -> Action:
    return Action(
        key=key,
        name=rest.pop("name", key.capitalize()),
        description="",
        inputs=inputs,
        outputs=rest.pop("outputs", (Field(key="id", label="Id"),)),
        effect=effect,
        idempotency=idempotency,
        call=_call,
        **rest,
    )


PERSON = Field(key="person", label="Person", type=FieldType.EMAIL, required=True, semantic=Semantic.PERSON_ID)
AMOUNT = Field(
    key="amount",
    label="Amount",
    type=FieldType.INTEGER,
    required=True,
    semantic=Semantic.AMOUNT,
    unit="minor units",
)

ACTIONS = (
    action(
        "find",
        Effect.READ,
        Idempotency.NATURAL,
        Field(key="customer", label="Customer", required=True),
        outputs=(Field(key="email", label="Email", type=FieldType.EMAIL), Field(key="name", label="Name")),
    ),
    action(
        "tag",
        Effect.UPSERT,
        Idempotency.NATURAL,
        PERSON,
        Field(
            key="color",
            label="Color",
            type=FieldType.CHOICE,
            choices=(Choice(value="red", label="Red"), Choice(value="blue", label="Blue")),
            default="red",
        ),
        Field(key="at", label="At", type=FieldType.TIME, unit="seconds"),
        Field(key="labels", label="Labels", type=FieldType.LIST),
        Field(key="loud", label="Loud", type=FieldType.BOOLEAN),
        Field(key="share", label="Share", type=FieldType.NUMBER),
        Field(key="link", label="Link", type=FieldType.URL),
        Field(key="short", label="Short", max_bytes=4),
        Field(key="code", label="Code", pattern=r"[a-z]+-\d+", example="ab-12"),
        Field(key="any", label="Any", type=FieldType.ANY),
    ),
    action("charge", Effect.CREATE, Idempotency.KEY, PERSON, AMOUNT),
    action(
        "event",
        Effect.CREATE,
        Idempotency.EVENT_ID,
        PERSON,
        Field(key="data", label="Data", type=FieldType.OBJECT, max_bytes=200),
        requires=("event_key",),
    ),
    action(
        "send",
        Effect.CREATE,
        Idempotency.NONE,
        PERSON,
        Field(key="text", label="Text", type=FieldType.LONG_TEXT, required=True),
        check=_refuse_shouting,
    ),
    action("wipe", Effect.DELETE, Idempotency.NATURAL, PERSON, danger="This erases the person."),
    action("choices", Effect.READ, Idempotency.NATURAL, hidden=True),
)

MAILER = App(
    key="mailer",
    name="Mailer",
    description="",
    category="",
    color="#000000",
    docs_url="",
    auth=_auth(Field(key="token", label="Token"), Field(key="event_key", label="Event key")),
    triggers=(),
    actions=ACTIONS,
    webhook=None,
    sandbox=_sandbox,
    samples=Path(__file__).parent,
)

ORDER_PLACED = Trigger(
    key="order-placed",
    name="Order Placed",
    event_types=("order.placed",),
    description="",
    fields=(
        Field(key="email", label="Email", type=FieldType.EMAIL, semantic=Semantic.EMAIL),
        Field(
            key="amount",
            label="Amount",
            type=FieldType.INTEGER,
            unit="minor units",
            semantic=Semantic.AMOUNT,
        ),
        Field(key="currency", label="Currency", semantic=Semantic.CURRENCY),
        Field(key="customer", label="Customer", semantic=Semantic.CUSTOMER),
        Field(key="placed", label="Placed", type=FieldType.TIME, unit="seconds"),
        Field(key="tags", label="Tags", type=FieldType.LIST),
        Field(key="extra", label="Extra", type=FieldType.OBJECT),
        Field(key="nickname", label="Nickname"),
    ),
    flatten=lambda payload: {},
    options=(Field(key="minimum", label="Minimum", type=FieldType.INTEGER),),
    requires=("api_key",),
    email_from=(LookUp(action="get-buyer", input="buyer", source="customer", output="email"),),
)

SHOP = App(
    key="shop",
    name="Shop",
    description="",
    category="",
    color="#000000",
    docs_url="",
    auth=_auth(Field(key="api_key", label="API key")),
    triggers=(ORDER_PLACED,),
    actions=(
        action(
            "get-buyer",
            Effect.READ,
            Idempotency.NATURAL,
            Field(key="buyer", label="Buyer", required=True, semantic=Semantic.CUSTOMER),
            name="Get Buyer",
            outputs=(Field(key="email", label="Email", type=FieldType.EMAIL),),
        ),
    ),
    webhook=None,
    sandbox=_sandbox,
    samples=Path(__file__).parent,
)


class FakeCatalog:
    """A catalog of the two apps."""

    def __init__(self, *apps: App) -> None:
        self.triggers = {
            f"{app.key}.trigger-{spec.key}": (app, spec) for app in apps for spec in app.triggers
        }
        self.actions = {f"{app.key}.{spec.key}": (app, spec) for app in apps for spec in app.actions}

    def get_trigger(self, ref: str, /) -> tuple[App, Trigger]:
        """Return a trigger of the apps."""
        if ref not in self.triggers:
            raise UnknownKeyError(ref, list(self.triggers))
        return self.triggers[ref]

    def get_action(self, ref: str, /) -> tuple[App, Action]:
        """Return an action of the apps."""
        if ref not in self.actions:
            raise UnknownKeyError(ref, list(self.actions))
        return self.actions[ref]


CATALOG = FakeCatalog(SHOP, MAILER)

CONNECTIONS = {
    "shop-1": ConnectionFacts(app="shop", name="Our shop", status="connected", fields=frozenset({"api_key"})),
    "mailer-1": ConnectionFacts(
        app="mailer", name="Our mailer", status="connected", fields=frozenset({"token", "event_key"})
    ),
}


def template(source: str) -> dict[str, Any]:
    return {"template": source}


def value(fixed: Any) -> dict[str, Any]:
    return {"value": fixed}


def compares(left: str, op: str, right: Any = None) -> dict[str, Any]:
    leaf: dict[str, Any] = {"left": template(left), "op": op}
    return leaf if right is None else leaf | {"right": value(right)}


def act(key: str, step_id: str = "", **rest: Any) -> dict[str, Any]:
    """One action step; its person is the event's unless inputs are given."""
    return {
        "id": step_id or key,
        "kind": "action",
        "name": f"Do {key}",
        "action": f"mailer.{key}",
        "connection": "mailer-1",
        "inputs": {"person": template("{{ trigger.email }}")},
    } | rest


def only_if(condition: Mapping[str, Any], step_id: str = "gate") -> dict[str, Any]:
    return {"id": step_id, "kind": "filter", "name": "Gate", "condition": condition}


def workflow(*steps: Mapping[str, Any], **trigger: Any) -> Definition:
    start = {"trigger": "shop.trigger-order-placed", "connection": "shop-1"} | trigger
    return parse({"schema": 1, "trigger": start, "steps": [dict(step) for step in steps]})


def busy(after: float | None = None) -> Retryable:
    return Retryable("Mailer is busy (429).", code="rate_limited", certainty=Certainty.NOT_DONE, after=after)


def timeout() -> Retryable:
    return Retryable("Mailer did not answer in time.", code="timeout", certainty=Certainty.UNCERTAIN)


def refused(*, gone: bool = False) -> Permanent:
    return Permanent("Mailer refused it.", code="refused", remedy="Mend it.", gone=gone)


def unauthorized() -> NeedsHuman:
    return NeedsHuman("Mailer refused the token (401).", code="unauthorized", status=401)
