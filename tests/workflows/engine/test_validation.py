from dataclasses import replace

import pytest

from apps.workflows.engine.validation import ConnectionFacts, validate
from tests.workflows.engine.fakes import (
    CATALOG,
    CONNECTIONS,
    act,
    compares,
    only_if,
    template,
    value,
    workflow,
)

PERSON = template("{{ trigger.email }}")


def problems(*steps, connections=CONNECTIONS, **trigger):
    return validate(workflow(*steps, **trigger), connections=connections, catalog=CATALOG)


def only(*steps, **rest):
    (problem,) = problems(*steps, **rest)
    return problem


def test_a_sound_definition_has_no_problems():
    assert (
        problems(
            only_if({"all": [compares("{{ trigger.amount }}", "at_least", 100)]}),
            act("find", inputs={"customer": template("{{ trigger.customer }}")}),
            act("charge", inputs={"person": PERSON, "amount": template("{{ trigger.amount }}")}),
            act(
                "event",
                inputs={
                    "person": template("{{ steps.find.email | default: trigger.email }}"),
                    "data": {
                        "object": {
                            "charge": template("{{ steps.charge.id }}"),
                            "first": template("{{ trigger.tags[0] }} {{ trigger.tags.size }}"),
                            "note": template("{{ trigger.extra.note.deep }}"),
                            "raw": template("{{ trigger.raw.data.whatever }}"),
                            "event": template("{{ trigger.event_id }} {{ run.code }}"),
                        }
                    },
                },
                run_if=compares("{{ steps.find.name }}", "is_not_empty"),
            ),
            act("wipe", confirmed=True),
            options={"minimum": 3},
        )
        == []
    )


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        (
            "{{ trigger.custmer }}",
            "unknown_field",
            "Unknown field “custmer” in {{ trigger.custmer }}. Did you mean “customer”?",
        ),
        ("{{ trigger.zzz }}", "unknown_field", "Unknown field “zzz” in {{ trigger.zzz }}."),
        ("{{ trigger.event_idd }}", "unknown_field", "Did you mean “event_id” or"),
        ("{{ trigger.amount.cents }}", "no_part", "“amount” has no “cents” inside it"),
        ("{{ trigger.tags.color }}", "no_part", "“tags” has no “color” inside it"),
        ("{{ triger.email }}", "unknown_name", "Did you mean “trigger”?"),
        ("{{ now }}", "unknown_name", "A path starts with trigger, steps or run."),
        ("{{ run.id }}", "unknown_field", "Unknown field “id” in {{ run.id }}."),
        ("{{ steps.fnd.email }}", "unknown_step", "Did you mean “find”?"),
        ("{{ steps.find.emial }}", "unknown_field", "Did you mean “email”?"),
        ("{{ steps.gate.result }}", "unknown_field", "Unknown field “result”"),
        ("{{ steps.tag.id }}", "later_step", "reads step “Do tag”, which has not run by then"),
        ("{{ steps.wipe.id }}", "later_step", "reads step “Do wipe”, which has not run by then"),
        ("{{ trigger.email", "syntax", ""),
        ("{{ trigger.email | upcas }}", "unknown_filter", "upcase"),
    ],
)
def test_what_a_template_reads_must_be_declared(source, code, message):
    problem = only(
        act("find", inputs={"customer": value("c")}),
        only_if(compares("{{ trigger.email }}", "exists")),
        act("tag", inputs={"person": PERSON, "any": template(source)}),
        act("wipe", confirmed=True),
    )

    assert problem.code == code
    assert message in problem.message
    assert problem.path == "steps.tag.inputs.any"
    assert (problem.step, problem.field) == ("Do tag", "any")


def test_a_template_inside_an_object_is_named_by_its_key():
    rows = {"object": {"a": {"object": {"b": template("{{ trigger.emial }}")}}}}

    problem = only(act("event", inputs={"person": PERSON, "data": rows}))

    assert problem.path == "steps.event.inputs.data.a.b"
    assert problem.field == "data.a.b"


@pytest.mark.parametrize(
    ("condition", "code", "path"),
    [
        (compares("{{ trigger.emial }}", "exists"), "unknown_field", "steps.gate.condition"),
        (compares("{{ trigger.email }}", "equls", 1), "unknown_operator", "steps.gate.condition.op"),
        ({"all": []}, "empty_group", "steps.gate.condition.all"),
        (
            {"any": [compares("{{", "exists")]},
            "syntax",
            "steps.gate.condition.any.0.left",
        ),
    ],
)
def test_conditions_are_checked(condition, code, path):
    problem = only(only_if(condition), act("tag"))

    assert (problem.code, problem.path, problem.step) == (code, path, "Gate")


def test_the_condition_for_running_a_step_is_checked():
    problem = only(act("tag", run_if=compares("{{ steps.tag.id }}", "exists")))

    assert (problem.code, problem.path) == ("later_step", "steps.tag.run_if")


def test_an_empty_trigger_asks_for_one():
    problem = only(act("charge", inputs={"person": PERSON, "amount": value(1)}), trigger="")

    assert (problem.code, problem.message) == ("required", "Choose what starts the workflow.")


def test_an_unknown_trigger_is_named_and_its_fields_are_not_checked():
    problem = only(act("tag"), trigger="shop.trigger-order-place")

    assert problem.code == "unknown_trigger"
    assert "Did you mean “shop.trigger-order-placed”?" in problem.message


def test_an_unknown_action_is_named_and_its_outputs_are_not_checked():
    problem = only(
        act("tag", action="mailer.tags"),
        act("send", inputs={"person": PERSON, "text": template("{{ steps.tag.anything }}")}),
    )

    assert problem.code == "unknown_action"
    assert "“mailer.tag”" in problem.message
    assert problem.path == "steps.tag.action"


def test_an_action_that_serves_lists_is_no_step():
    assert only(act("choices", inputs={})).code == "not_a_step"


@pytest.mark.parametrize(
    ("code", "facts", "problem", "told"),
    [
        ("", None, "no_connection", "Do"),
        ("other", None, "unknown_connection", "Mailer"),
        ("mailer-1", {"app": "shop"}, "wrong_app", "is not a connection to Mailer"),
        ("mailer-1", {"status": "broken"}, "connection_broken", "“Our mailer” is broken"),
        ("mailer-1", {"status": "disconnected"}, "connection_disconnected", "is disconnected"),
        (
            "mailer-1",
            {"fields": frozenset({"token"})},
            "missing_credential",
            "“Our mailer” has no Event key, which Event needs.",
        ),
    ],
)
def test_a_step_needs_a_connection_that_can_serve_it(code, facts, problem, told):
    connections = dict(CONNECTIONS)
    if facts:
        connections["mailer-1"] = replace(CONNECTIONS["mailer-1"], **facts)

    found = only(act("event", connection=code), connections=connections)

    assert found.code == problem
    assert told in found.message or problem == "no_connection"
    assert found.path == "steps.event.connection"


@pytest.mark.parametrize("status", ["connected", "untested", "needs_attention"])
def test_a_connection_that_may_work_is_no_problem(status):
    connections = CONNECTIONS | {"mailer-1": replace(CONNECTIONS["mailer-1"], status=status)}

    assert problems(act("tag"), connections=connections) == []


def test_the_triggers_connection_is_checked_too():
    connections = CONNECTIONS | {"shop-1": ConnectionFacts("shop", "Our shop", "connected", frozenset())}

    problem = only(act("tag"), connections=connections)

    assert problem.path == "trigger.connection"
    assert "“Our shop” has no API key, which Order Placed needs." in problem.message


@pytest.mark.parametrize(
    ("options", "code"), [({"minimun": 1}, "unknown_option"), ({"minimum": "many"}, "wrong_type")]
)
def test_the_triggers_options_are_checked(options, code):
    problem = only(act("tag"), options=options)

    assert problem.code == code
    assert problem.path == f"trigger.options.{problem.field}"


def test_an_unknown_input_is_named_with_near_matches():
    problem = only(act("tag", inputs={"person": PERSON, "colour": value("red")}))

    assert problem.code == "unknown_input"
    assert "Did you mean “color” or" in problem.message


@pytest.mark.parametrize(
    "inputs", [{}, {"person": value("")}, {"person": value(None)}, {"person": template(" ")}]
)
def test_a_required_field_must_be_filled(inputs):
    problem = only(act("tag", inputs=inputs))

    assert (problem.code, problem.field) == ("required", "person")
    assert problem.message == "“Person” is required. Fill it."


def test_a_required_field_must_not_be_filled_by_a_template_that_gives_nothing():
    assert only(act("tag", inputs={"person": template("{{ '' }}")})).code == "required"


@pytest.mark.parametrize(
    ("field", "mapping", "code"),
    [
        ("color", value("green"), "not_a_choice"),
        ("color", template("green"), "not_a_choice"),
        ("color", template("{{ 'green' | downcase }}"), "not_a_choice"),
        ("at", value("soon"), "not_a_time"),
        ("at", value(1_764_028_800_000), "milliseconds"),
        ("share", value("a half"), "wrong_type"),
        ("link", value("ftp://example.com"), "not_a_url"),
        ("short", value("too long"), "too_long"),
        ("code", value("12-ab"), "bad_form"),
        ("short", {"object": {"a": value(1)}}, "wrong_type"),
        ("labels", template("{{ trigger.tags }}, more"), "not_single"),
        ("at", template("{{ trigger.amount }}"), "unit"),
    ],
)
def test_what_is_fixed_must_fit_the_field(field, mapping, code):
    problem = only(act("tag", inputs={"person": PERSON, field: mapping}))

    assert problem.code == code
    assert problem.path == f"steps.tag.inputs.{field}"


@pytest.mark.parametrize(
    "mapping", [value("blue"), template("blue"), value(""), template("{{ trigger.email }}")]
)
def test_what_fits_or_is_not_known_yet_is_no_problem(mapping):
    assert problems(act("tag", inputs={"person": PERSON, "color": mapping})) == []


def test_a_time_is_no_amount():
    problem = only(act("charge", inputs={"person": PERSON, "amount": template("{{ trigger.placed }}")}))

    assert problem.message == "“Amount” is in minor units, but “Placed” is in seconds. Convert it."


def test_a_value_that_is_converted_on_the_way_may_come_from_another_unit():
    converted = template("{{ trigger.placed | divided_by: 60 }}")

    assert problems(act("charge", inputs={"person": PERSON, "amount": converted})) == []


def test_an_object_in_an_objects_field_needs_a_single_template():
    problem = only(act("event", inputs={"person": PERSON, "data": template("{{ trigger.extra }}.")}))

    assert problem.code == "not_single"
    assert "needs an object" in problem.message


def test_a_dangerous_action_must_be_confirmed():
    problem = only(act("wipe"))

    assert (problem.code, problem.path) == ("unconfirmed", "steps.wipe.confirmed")
    assert "This erases the person." in problem.message


def test_ids_are_unique_and_not_the_triggers():
    found = problems(
        act("tag"), act("send", "tag", inputs={"person": PERSON, "text": value("x")}), act("tag", "trigger")
    )

    assert [problem.code for problem in found] == ["duplicate_id", "reserved_id"]


@pytest.mark.parametrize("steps", [(), (only_if(compares("{{ trigger.email }}", "exists")),)])
def test_a_workflow_needs_an_action(steps):
    problem = only(*steps)

    assert (problem.code, problem.path) == ("no_steps", "steps")


def test_all_problems_are_told_at_once_in_the_order_of_the_workflow():
    found = problems(
        only_if({"all": []}),
        act("tag", connection="", inputs={"persn": PERSON}),
        act("wipe"),
        connection="",
    )

    assert [(problem.step, problem.code) for problem in found] == [
        ("Trigger", "no_connection"),
        ("Gate", "empty_group"),
        ("Do tag", "no_connection"),
        ("Do tag", "unknown_input"),
        ("Do tag", "required"),
        ("Do wipe", "unconfirmed"),
    ]
