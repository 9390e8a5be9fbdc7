"""What a model writes freely decides nothing: each row is a tree of steps and the fields that are refused."""

import pytest

from apps.catalog import registry
from apps.workflows.engine.validation.taint import check_taint
from tests.workflows.engine.fakes import (
    MAILER,
    SHOP,
    FakeCatalog,
    act,
    compares,
    only_if,
    template,
    value,
    workflow,
)

CATALOG = FakeCatalog(SHOP, MAILER, registry.get_app("http"))
PERSON = {"person": template("{{ trigger.email }}")}


def ai(step_id="ai", **rest):
    return {"id": step_id, "kind": "ai", "name": f"Ask {step_id}", "prompt": value("?")} | rest


def labels(step_id="ai"):
    output = {"type": "labels", "labels": [{"label": "a"}, {"label": "b"}]}
    return ai(step_id, output=output)


def shaped(**properties):
    schema = {"type": "object", "properties": properties}
    return ai(output={"type": "schema", "schema": schema})


def send(text="{{ steps.ai.text }}", **rest):
    return act("send", inputs={**PERSON, "text": template(text)}) | rest


def tag(path, **inputs):
    return act("tag", inputs={"person": template(path), **inputs})


def approval(**rest):
    return {"id": "ok", "kind": "approval", "name": "Ask", "message": value("?")} | rest


def code(path="{{ steps.ai.text }}"):
    return {"id": "code", "kind": "code", "name": "Code", "inputs": {"a": template(path)}, "code": "1"}


def transform(path="{{ steps.ai.text }}"):
    operations = [{"op": "set", "field": "a", "value": template(path)}]
    return {"id": "change", "kind": "transform", "name": "Change", "operations": operations}


def loop(items, *steps, **rest):
    return {"id": "loop", "kind": "for_each", "name": "Loop", "items": items, "steps": list(steps)} | rest


def branch(*then, **rest):
    condition = compares("{{ trigger.amount }}", "at_least", 1)
    return {"id": "fork", "kind": "if", "name": "If", "condition": condition, "then": list(then)} | rest


def http(method, **inputs):
    fixed = {"method": value(method), "path": value("/a/{b}"), **inputs}
    return {"id": "http", "kind": "action", "name": "Call", "action": "http.request", "inputs": fixed}


def own_tag(path):
    """Tag with a colour: an input that decides nothing, of an app that is no connector of ours."""
    return act("tag", inputs={**PERSON, "any": template(path)})


def chosen(path):
    condition = {"left": template("{{ item }}"), "op": "equals", "right": template(path)}
    operations = [{"op": "filter", "condition": condition}]
    source = template("{{ trigger.tags }}")
    return {"id": "pick", "kind": "transform", "name": "Pick", "source": source, "operations": operations}


NOTE = {"object": {"note": template("{{ steps.ai.text }}")}}
LABEL = {"object": {"note": template("{{ steps.ai.label }}")}}
TEXT = {"type": "string"}
ENUM = {"type": "string", "enum": ["a", "b"]}
PATTERN = {"type": "string", "pattern": "(red|blue)-[0-9]{2}"}
ANYTHING = {"type": "string", "pattern": "[\\s\\S]*"}


@pytest.mark.parametrize(
    ("steps", "fields"),
    [
        # What AI steps give.
        ([ai(), send()], ["text"]),
        ([labels(), send("{{ steps.ai.label }}")], []),
        ([ai(), send("{{ steps.ai.model }} {{ steps.ai.cost }}")], []),
        ([shaped(x=TEXT), send("{{ steps.ai.x }}")], ["text"]),
        ([shaped(x=ENUM), send("{{ steps.ai.x }}")], []),
        ([shaped(x={"const": "a"}), send("{{ steps.ai.x }}")], []),
        ([shaped(x=PATTERN), send("{{ steps.ai.x }}")], []),
        ([shaped(x=ANYTHING), send("{{ steps.ai.x }}")], ["text"]),
        *(
            ([shaped(x={"type": "string", "pattern": each}), tag("{{ steps.ai.x }}")], ["person"])
            for each in (
                r"\S+",
                ".{0,40}",
                "cus_[a-z0-9]+",
                "[0-9]{7}",
                "[^ ]{3}!",
                r"[a-z]{1,9}@x\.io",
                "a+!",
            )
        ),
        ([shaped(x={"type": "boolean"}), send("{{ steps.ai.x }}")], []),
        ([shaped(x={"type": ["null", "boolean"]}), send("{{ steps.ai.x }}")], []),
        ([shaped(x={"type": "integer", "minimum": 1}), send("{{ steps.ai.x }}")], ["text"]),
        ([shaped(x={"type": "array", "items": ENUM}), send("{{ steps.ai.x | join }}")], []),
        ([shaped(x={"type": "array", "items": TEXT}), send("{{ steps.ai.x[0] }}")], ["text"]),
        ([shaped(x={"type": "array"}), send("{{ steps.ai.x.size }}")], []),
        (
            [shaped(x={"type": "object", "properties": {"y": ENUM, "z": TEXT}}), send("{{ steps.ai.x.y }}")],
            [],
        ),
        (
            [
                shaped(x={"type": "object", "properties": {"y": ENUM, "z": TEXT}}),
                send("{{ steps.ai.x | json }}"),
            ],
            ["text"],
        ),
        ([shaped(x={}), send("{{ steps.ai.x }}")], ["text"]),
        ([shaped(x=TEXT, y=ENUM), send("{{ steps.ai.model }}")], []),
        ([shaped(x=TEXT), send("{{ steps | json }}")], ["text"]),
        ([ai(disabled=True), send()], []),
        # Where it may go, and where it may not.
        ([ai(), tag("{{ steps.ai.text }}")], ["person"]),
        ([ai(), tag("{{ trigger.email }}", any=template("{{ steps.ai.text }}"))], []),
        ([ai(), tag("{{ trigger.email }}", link=template("{{ steps.ai.text }}"))], ["link"]),
        ([ai(), tag("{{ trigger.email }}", any={"object": {"plan": template("{{ steps.ai.text }}")}})], []),
        (
            [
                ai(),
                tag("{{ trigger.email }}", any={"object": {"customerId": template("{{ steps.ai.text }}")}}),
            ],
            ["any.customerId"],
        ),
        (
            [
                ai(),
                tag(
                    "{{ trigger.email }}", any={"object": {"refund_amount": template("{{ steps.ai.text }}")}}
                ),
            ],
            ["any.refund_amount"],
        ),
        ([ai(), act("find", inputs={"customer": template("{{ steps.ai.text }}")})], ["customer"]),
        ([ai(), act("wipe", inputs={"person": template("{{ steps.ai.text }}")})], ["person"]),
        (
            [
                ai(),
                act(
                    "event", inputs={**PERSON, "data": {"object": {"note": template("{{ steps.ai.text }}")}}}
                ),
            ],
            ["data.note"],
        ),
        ([ai(), act("tag", run_if=compares("{{ steps.ai.text }}", "equals", "a"))], []),
        (
            [
                ai(),
                only_if(compares("{{ steps.ai.text }}", "equals", "a")),
                act("send", inputs={**PERSON, "text": value("x")}),
            ],
            [],
        ),
        ([ai(), send(disabled=True)], []),
        # What it goes through.
        ([ai(), code(), send("{{ steps.code.output }}")], ["text"]),
        ([ai(), code(), send("{{ steps.code.printed }}")], ["text"]),
        ([ai(), code("{{ trigger.email }}"), send("{{ steps.code.output }}")], []),
        ([labels(), code("{{ steps.ai.label }}"), send("{{ steps.code.output }}")], []),
        ([ai(), transform(), send("{{ steps.change.output.a }}")], ["text"]),
        ([ai(), transform(), code("{{ steps.change.output }}"), send("{{ steps.code.output }}")], ["text"]),
        (
            [ai(), ai("second", prompt=template("{{ steps.ai.text }}")), send("{{ steps.second.text }}")],
            ["text"],
        ),
        (
            [
                shaped(x={"type": "array", "items": TEXT}),
                loop(template("{{ steps.ai.x }}"), send("{{ item }}")),
            ],
            ["text"],
        ),
        (
            [
                shaped(x={"type": "array", "items": ENUM}),
                loop(template("{{ steps.ai.x }}"), send("{{ item }}")),
            ],
            [],
        ),
        (
            [
                shaped(x={"type": "array", "items": TEXT}),
                loop(template("{{ steps.ai.x }}"), send("{{ steps.loop.item }}")),
            ],
            ["text"],
        ),
        ([loop(value([1]), ai()), send("{{ steps.loop.results | json }}")], ["text"]),
        ([loop(value([1]), labels()), send("{{ steps.loop.count }}")], []),
        ([loop(value([1]), ai()), send("{{ steps.loop.count }}")], []),
        ([branch(ai()), send()], ["text"]),
        ([branch(**{"else": [ai(), code()]}), send("{{ steps.code.output }}")], ["text"]),
        ([ai(on_error={"steps": [send("{{ error.message }}")]})], ["text"]),
        ([ai(on_error={"steps": [send("{{ error.code }}")]})], []),
        ([ai(), code() | {"on_error": {"steps": [send("{{ error.message }}")]}}], ["text"]),
        ([act("find", on_error={"steps": [send("{{ error.message }}")]})], []),
        # Through the error of a step that holds others.
        ([branch(ai(), on_error={"steps": [send("{{ error.message }}")]})], ["text"]),
        ([branch(labels(), on_error={"steps": [send("{{ error.code }}")]})], []),
        ([ai(), branch(code(), on_error={"steps": [send("{{ error.message }}")]})], ["text"]),
        ([loop(value([1]), ai(), on_error={"steps": [send("{{ error.message }}")]})], ["text"]),
        ([branch(act("find"), on_error={"steps": [send("{{ error.message }}")]})], []),
        # Through an action's answer, and through the choice of a filter.
        ([ai(), http("PUT", json=NOTE), tag("{{ steps.http.body.note }}")], ["person"]),
        ([labels(), http("PUT", json=LABEL), tag("{{ steps.http.body.note }}")], []),
        ([ai(), http("PUT", json=template("{{ steps.ai.text }}"))], ["json"]),
        ([ai(), http("PUT", text=template("{{ steps.ai.text }}"))], ["text"]),
        ([ai(), approval(), http("PUT", text=template("{{ steps.ai.text }}"))], []),
        ([ai(), own_tag("{{ steps.ai.text }}"), send("{{ steps.tag.id }}")], ["text"]),
        ([ai(), chosen("{{ steps.ai.text }}"), tag("{{ steps.pick.output.first }}")], ["person"]),
        ([labels(), chosen("{{ steps.ai.label }}"), tag("{{ steps.pick.output.first }}")], []),
        # An approval between.
        ([ai(), approval(), send()], []),
        ([approval(), ai(), send()], ["text"]),
        ([ai(), approval(disabled=True), send()], ["text"]),
        ([ai(), approval(on_denied="continue"), send()], ["text"]),
        ([ai(), approval(on_deadline="approve"), send()], ["text"]),
        ([ai(), approval(on_error={"steps": [], "then": "continue"}), send()], ["text"]),
        ([ai(), approval(on_error={"steps": [], "then": "fail"}), send()], []),
        ([ai(), approval(on_error={"steps": [send()], "then": "fail"})], ["text"]),
        ([ai(), send(), approval()], ["text"]),
        ([ai(), approval(), branch(send())], []),
        ([ai(), branch(approval()), send()], ["text"]),
        ([ai(), branch(approval(), send())], []),
        ([branch(ai()), approval(), send()], []),
        ([approval(), loop(value([1]), ai(), send())], ["text"]),
        ([loop(value([1]), ai(), approval(), send())], []),
        ([loop(value([1]), ai()), approval(), send("{{ steps.loop.results | json }}")], []),
        ([ai(), approval(), code(), send("{{ steps.code.output }}")], ["text"]),
        ([ai(), code(), approval(), send("{{ steps.code.output }}")], []),
        ([ai(), approval(), transform(), tag("{{ steps.change.output.a }}")], ["person"]),
        ([ai(), approval(), tag("{{ steps.ai.text }}", any=template("{{ steps.ok.comment }}"))], ["person"]),
        (
            [
                shaped(x={"type": "array", "items": TEXT}),
                approval(),
                loop(template("{{ steps.ai.x }}"), send("{{ item }}")),
            ],
            ["text"],
        ),
        (
            [
                shaped(x={"type": "array", "items": TEXT}),
                loop(template("{{ steps.ai.x }}"), approval(), send("{{ item }}")),
            ],
            [],
        ),
        ([ai(), approval(), code() | {"on_error": {"steps": [send("{{ error.message }}")]}}], ["text"]),
        ([ai(), approval(), ai("second"), send("{{ steps.ai.text }}{{ steps.second.text }}")], ["text"]),
        # Addresses and headers of a request.
        ([ai(), http("GET", query={"object": {"q": template("{{ steps.ai.text }}")}})], ["query.q"]),
        (
            [ai(), approval(), http("GET", query={"object": {"q": template("{{ steps.ai.text }}")}})],
            ["query.q"],
        ),
        (
            [ai(), approval(), http("POST", headers={"object": {"x": template("{{ steps.ai.text }}")}})],
            ["headers.x"],
        ),
        (
            [ai(), approval(), http("POST", path_values={"object": {"b": template("{{ steps.ai.text }}")}})],
            ["path_values.b"],
        ),
        ([ai(), approval(), http("POST", json={"object": {"x": template("{{ steps.ai.text }}")}})], []),
        ([ai(), http("POST", json={"object": {"x": template("{{ steps.ai.text }}")}})], ["json.x"]),
        ([ai(), http("PUT", json={"object": {"note": template("{{ steps.ai.text }}")}})], []),
        ([labels(), http("GET", query={"object": {"q": template("{{ steps.ai.label }}")}})], []),
    ],
)
def test_what_a_model_writes_freely_decides_nothing(steps, fields):
    problems = list(check_taint(workflow(*steps), CATALOG))

    assert [problem.field for problem in problems] == fields
    assert {problem.code for problem in problems} <= {"ai_unchecked"}


def test_a_problem_names_the_field_the_reason_and_the_remedies():
    (problem,) = check_taint(
        workflow(ai(), act("charge", inputs={"amount": template("{{ steps.ai.text }}")})), CATALOG
    )

    assert (problem.step_id, problem.path) == ("charge", "steps.charge.inputs.amount")
    for words in ("“Amount”", "“Ask ai”", "says how much", "labels", "enum or a pattern", "Approval"):
        assert words in problem.message


def test_an_address_takes_no_approval_as_a_remedy():
    steps = ai(), http("GET", query={"object": {"q": template("{{ steps.ai.text }}")}})

    (problem,) = check_taint(workflow(*steps), CATALOG)

    assert "address or headers" in problem.message
    assert "Approval" not in problem.message
