from decimal import Decimal

import pytest

from apps.workflows.engine.inputs import StepFailure, resolve_inputs
from apps.workflows.engine.program import CompiledAction, compile_program
from tests.workflows.engine.fakes import CATALOG, EVENT, act, template, value, workflow


def resolve(key, *, steps=None, **inputs):
    """Resolve one step's inputs; the person is the event's unless given."""
    mapped = {"person": template("{{ trigger.email }}")} | inputs
    program = compile_program(workflow(act(key, inputs=mapped)), catalog=CATALOG)
    (step,) = program.steps
    assert isinstance(step, CompiledAction)
    assert step.action is not None
    assert step.error is None
    return resolve_inputs(step, step.action, {"trigger": EVENT, "steps": steps or {}, "run": {}})


def failure(key, **inputs):
    with pytest.raises(StepFailure) as caught:
        resolve(key, **inputs)
    return caught.value.error


def test_values_and_templates_fill_fields_and_a_default_stands_in():
    assert resolve("tag", link=value("https://example.com/a")) == {
        "person": "pat@example.com",
        "color": "red",
        "link": "https://example.com/a",
    }


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("at", value(1_764_028_800), 1_764_028_800),
        ("at", value("1764028800"), 1_764_028_800),
        ("at", value("2025-11-25T00:00:00Z"), 1_764_028_800),
        ("loud", {"value": False}, False),
        ("loud", value("TRUE "), True),
        ("share", value("1.5"), 1.5),
        ("share", value(2), 2),
        ("share", template("{{ trigger.amount | divided_by: 100 }}"), 49),
        ("color", value("blue"), "blue"),
        ("color", template(" {{ 'blue' }} "), "blue"),
        ("labels", template("{{ trigger.tags }}"), ["new", "vip"]),
        ("link", value(" http://example.com "), "http://example.com"),
        ("short", value("äö"), "äö"),
        ("short", value(1234), "1234"),
        ("short", {"value": True}, "true"),
        ("code", value("ab-12"), "ab-12"),
        ("any", template("{{ trigger.extra }}"), {"note": "hello"}),
        ("any", {"object": {"a": {"object": {"b": template("{{ trigger.amount }}")}}}}, {"a": {"b": 4900}}),
    ],
)
def test_a_value_becomes_the_fields_type(field, given, expected):
    resolved = resolve("tag", **{field: given})[field]

    assert resolved == expected
    assert type(resolved) is type(expected)


@pytest.mark.parametrize(
    ("field", "given", "code"),
    [
        ("person", value("nobody"), "not_an_email"),
        ("person", value("a@b@example.com"), "not_an_email"),
        ("person", value("Pat <pat@example.com>"), "not_an_email"),
        ("person", value("pat@localhost"), "not_an_email"),
        ("person", value(f"{'a' * 250}@example.com"), "not_an_email"),
        ("at", value("yesterday"), "not_a_time"),
        ("at", value(1_764_028_800_000), "milliseconds"),
        ("loud", value(1), "wrong_type"),
        ("loud", value("yes"), "wrong_type"),
        ("share", value("1,5"), "wrong_type"),
        ("share", {"value": True}, "wrong_type"),
        ("share", value([1]), "wrong_type"),
        ("color", value("green"), "not_a_choice"),
        ("labels", value("new,vip"), "wrong_type"),
        ("labels", template("{{ trigger.tags }} "), "wrong_type"),
        ("link", value("javascript:alert(1)"), "not_a_url"),
        ("link", value("https://"), "not_a_url"),
        ("link", value("https://example.com/a b"), "not_a_url"),
        ("link", value("https://[::1"), "not_a_url"),
        ("short", value("äöü"), "too_long"),
        ("short", template("{{ trigger.tags }}"), "wrong_type"),
        ("short", {"object": {"a": value(1)}}, "wrong_type"),
        ("code", value("AB-12"), "bad_form"),
    ],
)
def test_a_value_that_does_not_fit_fails_the_step_and_names_the_field(field, given, code):
    error = failure("tag", **{field: given})

    assert error.code == code
    assert error.field == field
    assert error.message.startswith(f"Step “Do tag”: field “{field}” ")
    assert error.remedy


@pytest.mark.parametrize(
    ("given", "expected"),
    [(value("4900"), 4900), (value(49.0), 49), (template("{{ trigger.amount | times: 2 }}"), 9800)],
)
def test_whole_numbers_and_their_text_are_integers(given, expected):
    amount = resolve("charge", amount=given)["amount"]

    assert amount == expected
    assert type(amount) is int


@pytest.mark.parametrize("given", [value("49.5"), value(49.5), template("{{ 99 | divided_by: 2.0 }}")])
def test_an_integer_with_decimals_is_refused(given):
    assert failure("charge", amount=given).code == "not_whole"


def test_decimals_become_json_numbers():
    assert resolve("tag", share=template("{{ 1 | divided_by: 4.0 }}"))["share"] == float(Decimal("0.25"))


@pytest.mark.parametrize(
    "given", [value(None), value("  "), template("{{ trigger.nickname }}"), {"object": {}}]
)
def test_an_optional_field_without_a_value_is_absent(given):
    assert "any" not in resolve("tag", any=given)


def test_false_and_zero_are_values():
    resolved = resolve("tag", loud={"value": False}, share=value(0))

    assert resolved["loud"] is False
    assert resolved["share"] == 0


def test_a_required_field_without_a_value_names_the_template():
    error = failure("tag", person=template("{{ trigger.nickname }}"))

    assert error.message == (
        "Step “Do tag”: field “person” is empty because {{ trigger.nickname }} has no value in this event."
    )
    assert error.remedy == "Set a default or add a filter."
    assert (error.code, error.field) == ("empty_input", "person")


def test_a_required_field_that_another_step_left_empty_says_so():
    error = failure("tag", person=template("{{ steps.find.email }}"))

    assert error.message.endswith("because {{ steps.find.email }} has no value in this run.")


@pytest.mark.parametrize("given", [value(""), template("")])
def test_a_required_field_that_is_not_filled_is_told_without_a_template(given):
    assert failure("tag", person=given).message == "Step “Do tag”: field “person” is empty."


def test_a_long_template_is_cut_in_the_message():
    error = failure("tag", person=template("{{ trigger.nickname }}" + "{{ trigger.nickname }}" * 20))

    assert "…" in error.message
    assert len(error.message) < 250


def test_a_template_that_can_not_be_rendered_fails_the_step():
    error = failure("tag", short=template("{{ trigger.tags | upcase }}"))

    assert error.code == "wrong_type"
    assert "field “short” can't be filled by {{ trigger.tags | upcase }}" in error.message


def test_an_inner_template_is_named_with_its_key():
    error = failure(
        "event", data={"object": {"a": {"object": {"b": template("{{ trigger.tags | upcase }}")}}}}
    )

    assert "field “data.a.b”" in error.message
    assert error.field == "data"


def test_keys_without_a_value_are_left_out_of_an_object_but_fixed_nulls_stay():
    rows = {
        "amount": template("{{ trigger.amount }}"),
        "text": template("{{ trigger.nickname }}!"),
        "gone": template("{{ trigger.nickname }}"),
        "erased": value(None),
        "inner": {"object": {"gone": template("{{ trigger.nickname }}")}},
    }

    assert resolve("event", data={"object": rows})["data"] == {"amount": 4900, "text": "!", "erased": None}


def test_an_object_of_which_nothing_is_left_is_absent():
    rows = {"gone": template("{{ trigger.nickname }}")}

    assert "data" not in resolve("event", data={"object": rows})


@pytest.mark.parametrize("given", [template("{{ trigger.extra }}!"), value("{}"), value([1])])
def test_an_object_is_never_read_out_of_text(given):
    assert failure("event", data=given).code == "wrong_type"


def test_an_objects_size_is_counted_in_bytes_of_json():
    assert resolve("event", data=value({"a": "ä" * 96}))
    assert failure("event", data=value({"a": "ä" * 97})).code == "too_long"


def test_the_actions_own_check_fails_the_step():
    error = failure("send", text=value("HELLO"))

    assert error.code == "shouting"
    assert error.message == "Step “Do send”: Don't shout."
    assert (error.field, error.remedy) == ("text", "Use small letters.")


def test_messages_never_hold_a_value():
    error = failure("tag", person=value("secret-text"))

    assert "secret-text" not in error.message + error.remedy
