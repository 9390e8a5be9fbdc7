"""What every kind of step needs before it can be published, and what may be read where in the tree."""

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

BIG = compares("{{ trigger.amount }}", "at_least", 1000)
MAIL = ConnectionFacts(app="email", name="Our mail", status="connected", fields=frozenset())


def problems(*steps):
    connections = {**CONNECTIONS, "mail-1": MAIL}
    return validate(workflow(*steps), connections=connections, catalog=CATALOG)


def found(*steps):
    return [(problem.code, problem.path) for problem in problems(*steps)]


def made(kind, step_id="it", **settings):
    return {"id": step_id, "kind": kind, "name": step_id.capitalize(), **settings}


def loop(*body, step_id="each", **rest):
    return made("for_each", step_id, items=template("{{ trigger.tags }}"), steps=list(body), **rest)


def reads(source, step_id="last"):
    text = {"person": value("a@example.com"), "text": template(source)}
    return act("send", step_id, inputs=text)


def switch(*cases, **rest):
    listed = [{"id": f"c{n}", "name": f"C{n}", "condition": BIG, "steps": c} for n, c in enumerate(cases)]
    return made("switch", "split", cases=listed, **rest)


SOUND = {
    "an if": made("if", condition=BIG, then=[act("tag", "a")]),
    "a switch": switch([act("tag", "a")], default=[act("tag", "b")]),
    "a loop": loop(reads("{{ item }} {{ loop.number }}")),
    "code": made("code", code="1", inputs={"a": template("{{ trigger.email }}")}),
    "a transformation": made(
        "transform",
        source=template("{{ trigger.tags }}"),
        operations=[{"op": "filter", "condition": compares("{{ item }}", "is_not_empty")}],
    ),
    "a delay for a time": made("delay", amount=template("{{ trigger.amount }}"), unit="seconds"),
    "a delay until a time": made("delay", mode="until", until=template("{{ trigger.placed }}")),
    "a delay until a time of day": made("delay", mode="time_of_day", time="09:00", zone="Europe/Berlin"),
    "an approval": made(
        "approval", message=value("Go on?"), approvers=[{"email": "ada@example.com"}], connection="mail-1"
    ),
    "a wait": made("wait_webhook"),
    "a stop": made("stop", message=template("for {{ trigger.email }}")),
    "an error branch": act("tag", "a", on_error={"steps": [reads("{{ error.message }}")]}),
}


@pytest.mark.parametrize("step", SOUND.values(), ids=SOUND)
def test_a_step_that_has_what_it_needs_is_sound(step):
    assert found(step, act("tag")) == []


WRONG = {
    "an if with a bad condition": (
        made("if", condition={"all": []}),
        "empty_group",
        "steps.it.condition.all",
    ),
    "a switch without cases": (made("switch"), "required", "steps.it.cases"),
    "code that is missing": (made("code"), "required", "steps.it.code"),
    "an input of code that reads what is not there": (
        made("code", code="1", inputs={"a": template("{{ trigger.emial }}")}),
        "unknown_field",
        "steps.it.inputs.a",
    ),
    "a transformation of nothing": (made("transform"), "required", "steps.it.operations"),
    "an operation that reads what is not there": (
        made("transform", operations=[{"op": "set", "field": "a", "value": template("{{ item }}")}]),
        "out_of_place",
        "steps.it.operations.0.value",
    ),
    "a delay without an amount": (made("delay"), "required", "steps.it.amount"),
    "a delay that is too long": (made("delay", amount=value(91), unit="days"), "too_far", "steps.it.amount"),
    "a delay of a word": (made("delay", amount=value("soon")), "wrong_type", "steps.it.amount"),
    "a delay until nothing": (made("delay", mode="until"), "required", "steps.it.until"),
    "a delay until a word": (
        made("delay", mode="until", until=value("soon")),
        "not_a_time",
        "steps.it.until",
    ),
    "a time of day that is none": (
        made("delay", mode="time_of_day", time="9"),
        "wrong_type",
        "steps.it.time",
    ),
    "a zone that is none": (
        made("delay", mode="time_of_day", time="09:00", zone="Mars"),
        "unknown_zone",
        "steps.it.zone",
    ),
    "a loop over nothing": (
        made("for_each", items=template(""), steps=[act("tag", "a")]),
        "required",
        "steps.it.items",
    ),
    "a loop over text": (
        made("for_each", items=template("{{ trigger.tags }},"), steps=[act("tag", "a")]),
        "not_single",
        "steps.it.items",
    ),
    "a loop over a number": (
        made("for_each", items=value(3), steps=[act("tag", "a")]),
        "wrong_type",
        "steps.it.items",
    ),
    "a loop that does nothing": (loop(step_id="it"), "required", "steps.it.steps"),
    "a wait in a loop": (loop(made("wait_webhook")), "wait_in_loop", "steps.it"),
    "an approval by nobody": (made("approval", message=value("?")), "required", "steps.it.approvers"),
    "an approval by no address": (
        made("approval", message=value("?"), approvers=[{"email": "ada"}]),
        "not_an_email",
        "steps.it.approvers.0",
    ),
    "an approval by one person twice": (
        made(
            "approval", message=value("?"), approvers=[{"email": "a@example.com"}, {"email": "A@example.com"}]
        ),
        "duplicate_approver",
        "steps.it.approvers.1",
    ),
    "an approval that says nothing": (
        made("approval", message=template(""), approvers=[{"email": "a@example.com"}]),
        "required",
        "steps.it.message",
    ),
    "an approval mailed by what sends no mail": (
        made("approval", message=value("?"), approvers=[{"email": "a@example.com"}], connection="shop-1"),
        "wrong_app",
        "steps.it.connection",
    ),
    "an approval mailed by a foreign connection": (
        made("approval", message=value("?"), approvers=[{"email": "a@example.com"}], connection="foreign"),
        "unknown_connection",
        "steps.it.connection",
    ),
    "a stop whose message can't be read": (
        made("stop", message=template("{{ trigger.email")),
        "syntax",
        "steps.it.message",
    ),
}


@pytest.mark.parametrize(("step", "code", "path"), WRONG.values(), ids=WRONG)
def test_what_a_step_lacks_is_named(step, code, path):
    assert found(step, act("tag")) == [(code, path)]


@pytest.mark.parametrize(("step", "code", "path"), WRONG.values(), ids=WRONG)
def test_a_step_that_is_switched_off_lacks_nothing(step, code, path):
    assert found({**step, "disabled": True}, act("tag")) == []


def test_two_cases_of_one_name_or_id_are_refused():
    cases = [
        {"id": "a", "name": "A", "condition": BIG, "steps": []},
        {"id": "a", "name": "a", "condition": BIG, "steps": []},
        {"id": "default", "name": "Default", "condition": BIG, "steps": []},
    ]

    assert found(made("switch", cases=cases), act("tag")) == [
        ("duplicate_id", "steps.it.cases.a"),
        ("duplicate_case", "steps.it.cases.a"),
        ("duplicate_id", "steps.it.cases.default"),
        ("duplicate_case", "steps.it.cases.default"),
    ]


def test_ids_are_given_once_in_the_whole_tree():
    (problem,) = problems(made("if", condition=BIG, then=[act("tag", "a")]), act("tag", "a"))

    assert (problem.code, problem.step_id) == ("duplicate_id", "a")


def test_a_problem_inside_a_branch_names_its_step():
    (problem,) = problems(switch([act("tag", "a", connection="")]))

    assert (problem.path, problem.step, problem.step_id) == ("steps.a.connection", "Do tag", "a")


A = act("tag", "a")
B = act("tag", "b")

READ = {
    "a branch behind it": ([made("if", condition=BIG, then=[A]), reads("{{ steps.a.id }}")], []),
    "a case behind it": ([switch([A], [B]), reads("{{ steps.a.id }}{{ steps.b.id }}")], []),
    "what its own step decided": (
        [made("if", condition=BIG, then=[reads("{{ steps.it.result }}")]), A],
        [],
    ),
    "the branch beside it": (
        [made("if", condition=BIG, then=[A], **{"else": [reads("{{ steps.a.id }}")]})],
        ["later_step"],
    ),
    "another case": ([switch([A], [reads("{{ steps.a.id }}")])], ["later_step"]),
    "a later step from inside a branch": (
        [made("if", condition=BIG, then=[reads("{{ steps.a.id }}")]), A],
        ["later_step"],
    ),
    "an earlier step from inside a branch": (
        [A, made("if", condition=BIG, then=[switch([reads("{{ steps.a.id }}")])])],
        [],
    ),
    "the body of a loop from behind it": ([loop(A), reads("{{ steps.a.id }}")], ["inside_loop"]),
    "what a loop gave": ([loop(A), reads("{{ steps.each.results }}{{ steps.each.count }}")], []),
    "what a loop gives from inside it": ([loop(reads("{{ steps.each.count }}"))], ["unknown_field"]),
    "an earlier step of the body": ([loop(A, reads("{{ steps.a.id }}"))], []),
    "a later step of the body": ([loop(reads("{{ steps.a.id }}"), A)], ["later_step"]),
    "the item outside loops": ([reads("{{ item }}")], ["out_of_place"]),
    "the loop outside loops": ([reads("{{ loop.index }}")], ["out_of_place"]),
    "a part of the loop that it has not": ([loop(reads("{{ loop.first }}"))], ["unknown_field"]),
    "the item of the loop around it": (
        [loop(loop(reads("{{ steps.each.item }}{{ item }}"), step_id="inner"))],
        [],
    ),
    "the error outside error branches": ([reads("{{ error.message }}")], ["out_of_place"]),
    "a part of the error that it has not": (
        [act("tag", "a", on_error={"steps": [reads("{{ error.stack }}")]})],
        ["unknown_field"],
    ),
    "a failed step in its own error branch": (
        [act("tag", "a", on_error={"steps": [reads("{{ steps.a.id }}")]})],
        ["later_step"],
    ),
    "an error branch that goes on from behind it": (
        [act("tag", "a", on_error={"steps": [B], "then": "continue"}), reads("{{ steps.b.id }}")],
        [],
    ),
    "an error branch that fails from behind it": (
        [act("tag", "a", on_error={"steps": [B], "then": "fail"}), reads("{{ steps.b.id }}")],
        ["later_step"],
    ),
    "a step that is switched off": ([act("tag", "a", disabled=True), reads("{{ steps.a.id }}")], []),
    "the address of a step that waits": (
        [reads("{{ run.wait_urls.it }}"), made("wait_webhook")],
        [],
    ),
    "the address of a step that does not wait": ([A, reads("{{ run.wait_urls.a }}")], ["unknown_field"]),
    "the address of another step": (
        [reads("{{ run.wait_urls.a }}"), made("wait_webhook")],
        ["unknown_field"],
    ),
}


@pytest.mark.parametrize(("steps", "codes"), READ.values(), ids=READ)
def test_what_may_be_read_follows_the_tree(steps, codes):
    assert [problem.code for problem in problems(*steps)] == codes


def test_a_workflow_of_steps_that_are_switched_off_does_nothing():
    assert found(act("tag", disabled=True), only_if(BIG)) == [("no_steps", "steps")]
