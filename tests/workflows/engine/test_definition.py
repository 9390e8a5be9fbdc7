import pytest

from apps.workflows.engine.definition import ActionStep, ObjectMapping, TemplateMapping, ValueMapping, parse
from apps.workflows.engine.problems import InvalidDefinitionError
from tests.workflows.engine.fakes import act, compares, only_if, template, value, workflow


def nested(depth):
    mapping = value(1)
    for _ in range(depth):
        mapping = {"object": {"inner": mapping}}
    return mapping


def problems_of(data):
    with pytest.raises(InvalidDefinitionError) as caught:
        parse(data)
    return caught.value.problems


def form(*steps):
    return {"schema": 1, "trigger": {"trigger": "shop.trigger-order-placed"}, "steps": list(steps)}


def test_the_json_form_is_read_back_unchanged():
    definition = workflow(
        only_if({"all": [compares("{{ trigger.amount }}", "at_least", 100)]}),
        act(
            "event",
            inputs={
                "person": template("{{ trigger.email }}"),
                "data": {"object": {"a": value(None), "b": {"object": {"c": template("x")}}}},
                "lines": {"list": [{"object": {"d": template("y")}}, value(2), {"list": [value(3)]}]},
            },
            run_if=compares("{{ trigger.email }}", "is_not_empty"),
        ),
    )

    assert parse(definition.to_json()) == definition


def test_a_mapping_is_what_its_tag_says():
    given = {"a": value("{{ x }}"), "b": template("{{ x }}"), "c": {"object": {"d": value(1)}}}

    (step,) = workflow(act("event", inputs=given)).steps

    assert isinstance(step, ActionStep)
    inputs = step.inputs
    assert inputs["a"] == ValueMapping(value="{{ x }}")
    assert inputs["b"] == TemplateMapping(template="{{ x }}")
    assert inputs["c"] == ObjectMapping(object={"d": ValueMapping(value=1)})


@pytest.mark.parametrize(
    "mapping", ["text", 3, None, [], {}, {"value": 1, "template": "x"}, {"fixed": 1}, {"template": 3}]
)
def test_a_mapping_without_exactly_one_tag_is_named_by_step_and_field(mapping):
    (problem,) = problems_of(form(act("event", inputs={"data": mapping})))

    assert problem.path == "steps.event.inputs.data"
    assert (problem.step, problem.field) == ("Do event", "data")


def test_objects_nest_three_levels_deep():
    assert parse(form(act("event", inputs={"data": nested(3)})))

    (problem,) = problems_of(form(act("event", inputs={"data": nested(4)})))
    assert problem.message == "Objects may be nested 3 levels deep."


def test_every_problem_of_the_shape_is_told():
    found = problems_of(form(act("event", "Bad id"), {"kind": "dance", "id": "x", "name": "X"}, 3))

    assert [problem.path for problem in found] == ["steps.Bad id.id", "steps.x", "steps.2"]
    assert "A step needs a kind" in found[1].message


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_databases_refuse_is_refused(text):
    (problem,) = problems_of(form(act("event", inputs={"data": value(text)})))

    assert problem.code in ("nul", "lone_surrogate")


def test_numbers_that_are_not_json_are_refused():
    (problem,) = problems_of(form(act("event", inputs={"data": value(float("nan"))})))

    assert problem.code == "not_a_number"


@pytest.mark.parametrize("data", [None, [], "x", {}, {"schema": 2, "trigger": {"trigger": "x"}}])
def test_what_is_no_definition_is_refused(data):
    assert problems_of(data)


def test_the_connections_named_are_listed():
    definition = workflow(act("event"), act("tag", connection=""), only_if(compares("x", "exists")))

    assert definition.connections() == {"shop-1", "mailer-1"}


def test_a_problem_of_a_nested_step_is_told_by_its_id_name_and_field():
    wrong = act("tag", "deep", inputs={"person": {"text": "x"}})
    case = {"id": "a", "name": "A", "condition": {}, "steps": [wrong]}
    switch = {"id": "split", "kind": "switch", "name": "Split", "cases": [case]}
    body = [{"id": "each", "kind": "for_each", "name": "Each", "items": value([]), "steps": [switch]}]

    (problem,) = problems_of(form(act("tag", "outer", on_error={"steps": body})))

    assert problem.path == "steps.deep.inputs.person"
    assert (problem.step, problem.step_id, problem.field) == ("Do tag", "deep", "person")


@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        ("for_each", {"items": value([]), "limit": 1001}, "limit"),
        ("for_each", {"items": value([]), "concurrency": 0}, "concurrency"),
        ("code", {"timeout": 6}, "timeout"),
        ("ai", {"prompt": value("x"), "timeout": 4}, "timeout"),
        ("ai", {"prompt": value("x"), "max_tokens": 8193}, "max_tokens"),
        ("ai", {"prompt": value("x"), "temperature": 2.5}, "temperature"),
        ("action", {"action": "a.b", "timeout": 9}, "timeout"),
        ("action", {"action": "a.b", "retry": {"attempts": 101}}, "retry"),
        ("action", {"action": "a.b", "retry": {"first_delay": 0}}, "retry"),
        ("filter", {"condition": {}, "retry": {"attempts": 2}}, "retry"),
        ("filter", {"condition": {}, "timeout": 2}, "timeout"),
        ("delay", {"days": [7]}, "days"),
        ("delay", {"mode": "sometime"}, "mode"),
        ("approval", {"message": value("x"), "deadline": {"amount": 31, "unit": "days"}}, "deadline"),
        ("wait_webhook", {"deadline": {"amount": 721, "unit": "hours"}}, "deadline"),
        ("stop", {"outcome": "maybe"}, "outcome"),
        ("switch", {"cases": [{"id": "a", "name": "", "condition": {}}]}, "cases"),
        ("transform", {"operations": [{"op": "dance"}]}, "operations"),
        ("if", {"condition": {}, "elsewhere": []}, "elsewhere"),
    ],
)
def test_a_setting_out_of_its_range_is_named(kind, settings, field):
    (problem,) = problems_of(form({"id": "it", "kind": kind, "name": "It", **settings}))

    assert (problem.step_id, problem.field) == ("it", field)


@pytest.mark.parametrize("key", ["inputs", "steps"])
def test_an_input_may_be_named_like_a_part_of_a_step(key):
    (problem,) = problems_of(form(act("tag", "a", inputs={key: 3})))

    assert (problem.path, problem.field) == (f"steps.a.inputs.{key}", key)


def test_every_step_of_the_tree_is_found_and_located():
    inner = act("tag", "inner", on_error={"steps": [act("tag", "told")]})
    holder = {"id": "holder", "kind": "if", "name": "If", "condition": {}, "then": [inner]}
    definition = workflow(act("tag", "first"), holder)

    place = definition.locate("told")

    assert [step.id for step in definition.walk()] == ["first", "holder", "inner", "told"]
    assert [(step.id, branch.key) for step, branch in place.parents] == [
        ("holder", "then"),
        ("inner", "on_error"),
    ]
    assert (place.depth, place.index) == (3, 0)
    assert definition.step("told").name == "Do tag"
    assert definition.locate("nowhere") is None
