"""Structured inputs, amounts that say their unit, literal inputs, and effects that an input decides."""

import pytest

from apps.catalog.spec import Choice, Effect, Field, FieldType, Idempotency, Mode, Semantic
from apps.workflows.engine.inputs import StepFailure, resolve_inputs
from apps.workflows.engine.program import CompiledAction, compile_program
from apps.workflows.engine.validation import validate
from tests.workflows.engine.fakes import (
    CONNECTIONS,
    EVENT,
    MAILER,
    SHOP,
    FakeCatalog,
    action,
    template,
    value,
    workflow,
)
from tests.workflows.engine.fakes import act as step

ADDRESS = Field(
    key="address",
    label="Address",
    type=FieldType.OBJECT,
    fields=(
        Field(key="city", label="City", required=True),
        Field(key="floor", label="Floor", type=FieldType.INTEGER),
        Field(
            key="geo",
            label="Place",
            type=FieldType.OBJECT,
            fields=(Field(key="lat", label="Latitude", type=FieldType.NUMBER),),
        ),
    ),
)
LINES = Field(
    key="lines",
    label="Lines",
    type=FieldType.LIST,
    fields=(
        Field(key="price", label="Price", required=True),
        Field(key="quantity", label="Quantity", type=FieldType.INTEGER, default=1),
    ),
)
PAY = action(
    "pay",
    Effect.CREATE,
    Idempotency.KEY,
    Field(
        key="amount", label="Amount", type=FieldType.NUMBER, semantic=Semantic.AMOUNT, unit_from="amount_unit"
    ),
    Field(
        key="amount_unit",
        label="Amount unit",
        type=FieldType.CHOICE,
        choices=(Choice(value="minor", label="Minor"), Choice(value="major", label="Major")),
    ),
    Field(key="to", label="To"),
    ADDRESS,
    LINES,
    any_of=(("amount", "to"),),
)
EITHER = action(
    "either",
    Effect.CREATE,
    Idempotency.KEY,
    Field(key="left", label="Left"),
    Field(key="right", label="Right"),
    one_of=(("left", "right"),),
)
ANY = action(
    "any",
    Effect.CREATE,
    Idempotency.KEY,
    Field(key="method", label="Method", literal=True, required=True),
    decided_by="method",
    modes={
        "GET": Mode(effect=Effect.READ, idempotency=Idempotency.NATURAL),
        "DELETE": Mode(effect=Effect.DELETE, idempotency=Idempotency.KEY, danger="It is gone."),
    },
    danger="It may do anything.",
)
CATALOG = FakeCatalog(SHOP, MAILER.model_copy(update={"actions": (PAY, ANY, EITHER)}))


def problems(key, **inputs):
    definition = workflow(step(key, inputs=inputs))
    return validate(definition, connections=CONNECTIONS, catalog=CATALOG)


def compiled(key, **inputs):
    (made,) = compile_program(workflow(step(key, inputs=inputs)), catalog=CATALOG).steps
    assert isinstance(made, CompiledAction)
    return made


def resolve(key, **inputs):
    made = compiled(key, **inputs)
    return resolve_inputs(made, made.action, {"trigger": EVENT, "steps": {}, "run": {}})


def failure(key, **inputs):
    with pytest.raises(StepFailure) as caught:
        resolve(key, **inputs)
    return caught.value.error


TO = {"to": {"value": "x"}}


def test_members_become_their_types_and_empty_ones_are_left_out():
    address = {"object": {"city": value("Ulm"), "floor": template("{{ '3' }}"), "geo": value({"lat": "1.5"})}}

    assert resolve("pay", address=address, **TO)["address"] == {
        "city": "Ulm",
        "floor": 3,
        "geo": {"lat": 1.5},
    }
    assert resolve("pay", address=value({"city": "Ulm", "floor": ""}), **TO)["address"] == {"city": "Ulm"}


def test_rows_of_a_list_are_objects_with_defaults():
    lines = value([{"price": "a"}, {"price": "b", "quantity": "2"}])

    assert resolve("pay", lines=lines, **TO)["lines"] == [
        {"price": "a", "quantity": 1},
        {"price": "b", "quantity": 2},
    ]


@pytest.mark.parametrize(
    ("field", "given", "told"),
    [
        ("address", {"town": "Ulm"}, "has an unknown “town”. It takes city, floor, geo."),
        ("address", {"floor": 1}, "has no “city”, which is required."),
        ("address", {"city": "Ulm", "floor": 1.5}, "has a “floor” that is not a whole number."),
        (
            "address",
            {"city": "Ulm", "geo": {"lat": "x"}},
            "has a “geo” that has a “lat” that is text that is not a number.",
        ),
        ("lines", [{"quantity": 1}], "has no “price” in row 1, which is required."),
        ("lines", [{"price": "a"}, "b"], "has a row 2 that is text, not an object."),
        ("lines", [{"price": "a", "quantiy": 1}], "has an unknown “quantiy” in row 1."),
    ],
)
def test_what_does_not_fit_is_named_at_publish_and_in_a_run(field, given, told):
    inputs = {field: value(given), **TO}

    assert told in failure("pay", **inputs).message
    (problem,) = problems("pay", **inputs)
    assert told in problem.message


@pytest.mark.parametrize(
    ("members", "code", "place"),
    [
        ({"city": {"value": "Ulm"}, "flor": {"value": 1}}, "unknown_key", "address.flor"),
        ({"floor": {"template": "{{ trigger.amount }}"}}, "required", "address.city"),
        ({"city": {"value": "Ulm"}, "floor": {"value": "x"}}, "wrong_type", "address.floor"),
        (
            {"city": {"value": "Ulm"}, "geo": {"object": {"lon": {"value": 1}}}},
            "unknown_key",
            "address.geo.lon",
        ),
    ],
)
def test_rows_of_a_declared_object_are_checked_at_publish(members, code, place):
    (problem,) = problems("pay", address={"object": members}, **TO)

    assert (problem.code, problem.field) == (code, place)


def rows(*given):
    keys = {"price", "quantity", "odd"}
    return {"list": [{"object": row} if set(row) <= keys else row for row in given]}


def test_a_list_is_filled_row_by_row_from_the_event():
    lines = rows(
        {"price": value("a"), "quantity": template("{{ trigger.amount }}")},
        value({"price": "b"}),
        {"price": template("{{ trigger.nickname }}")},
        template("{{ trigger.nickname }}"),
    )

    assert resolve("pay", lines=lines, **TO)["lines"] == [
        {"price": "a", "quantity": EVENT["amount"]},
        {"price": "b", "quantity": 1},
    ]
    assert problems("pay", lines=lines, **TO) == []
    assert "lines" not in resolve("pay", lines=rows(template("{{ trigger.nickname }}")), **TO)


@pytest.mark.parametrize(
    ("given", "code", "place", "told"),
    [
        (rows({"price": value("a")}, {"quantity": value(2)}), "required", "lines.1.price", "row 2” needs"),
        (rows({"price": value("a"), "odd": value(1)}), "unknown_key", "lines.0.odd", "row 1” has no “odd”"),
        (rows({"price": value("a"), "quantity": value("x")}), "wrong_type", "lines.0.quantity", "“Quantity”"),
        (rows({"price": template("{{ trigger.amont }}")}), "unknown_field", "lines.0.price", "“amount”"),
        (rows({"price": template("{{ ")}), "syntax", "lines.0.price", ""),
        (rows(value({"quantity": 2})), "empty_input", "lines.0", "“price”"),
    ],
)
def test_the_rows_of_a_list_are_checked_at_publish(given, code, place, told):
    (problem,) = problems("pay", lines=given, **TO)

    assert (problem.code, problem.field) == (code, place)
    assert told in problem.message


def test_only_a_list_takes_rows_of_a_list():
    given = {"list": [value("x")]}

    (problem,) = problems("pay", to=given)
    assert (problem.code, problem.field) == ("wrong_type", "to")
    assert failure("pay", to=given).code == "wrong_type"
    assert failure("pay", address=given, **TO).code == "wrong_type"
    assert failure("pay", lines={"object": {}}, **TO).code == "wrong_type"


def test_a_row_without_what_it_must_have_fails_the_step():
    lines = rows({"price": template("{{ trigger.nickname }}"), "quantity": value(2)})

    error = failure("pay", lines=lines, **TO)

    assert "has no “price” in row 1" in error.message


def test_one_of_a_group_must_be_given():
    (problem,) = problems("pay")

    assert (problem.code, problem.field) == ("required", "amount")
    assert problem.message == "“Amount” or “To” is needed. Fill one of them."
    assert failure("pay", to=template("{{ trigger.nickname }}")).code == "empty_input"
    assert problems("pay", to=template("{{ trigger.nickname }}")) == []


def test_exactly_one_of_a_group_may_have_a_value():
    left, right = value("a"), template("{{ trigger.nickname }}")

    assert [each.code for each in problems("either")] == ["required"]
    assert problems("either", left=left, right=right) == []
    assert resolve("either", left=left, right=right) == {"left": "a"}
    assert failure("either", left=left, right=value("b")).message.endswith(
        "“Left” or “Right” is taken, but more than one has a value."
    )


def test_an_amount_that_is_passed_on_takes_the_unit_of_its_field():
    amount = template("{{ trigger.amount }}")

    assert problems("pay", amount=amount) == []
    assert resolve("pay", amount=amount) == {"amount": 4900, "amount_unit": "minor"}


@pytest.mark.parametrize("amount", [value(12.5), template("{{ trigger.amount | plus: 1 }}")])
def test_any_other_amount_must_say_its_unit(amount):
    (problem,) = problems("pay", amount=amount)

    assert (problem.code, problem.field) == ("required", "amount_unit")
    assert problems("pay", amount=amount, amount_unit=value("major")) == []
    assert "amount_unit" not in resolve("pay", amount=amount)


def test_a_unit_that_contradicts_the_field_is_refused():
    (problem,) = problems("pay", amount=template("{{ trigger.amount }}"), amount_unit=value("major"))

    assert (problem.code, problem.field) == ("unit", "amount_unit")


def test_a_literal_input_takes_no_template():
    method = template("{{ trigger.customer }}")

    (problem,) = [each for each in problems("any", method=method) if each.field == "method"]
    assert problem.code == "not_fixed"
    assert failure("any", method=method).code == "not_fixed"


@pytest.mark.parametrize(
    ("method", "effect", "confirmation"),
    [
        ("GET", Effect.READ, None),
        ("DELETE", Effect.DELETE, "It is gone."),
        ("POST", Effect.CREATE, "It may do anything."),
    ],
)
def test_a_literal_input_decides_effect_and_danger(method, effect, confirmation):
    assert compiled("any", method=value(method)).action.effect is effect
    found = problems("any", method=value(method))
    assert [each.code for each in found] == (["unconfirmed"] if confirmation else [])
    assert all(confirmation in each.message for each in found)
