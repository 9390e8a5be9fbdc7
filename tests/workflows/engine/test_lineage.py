from apps.workflows.engine.lineage import lineage
from tests.workflows.engine.fakes import act, compares, only_if, template, value, workflow


def test_each_field_that_reads_something_is_listed_with_its_paths():
    definition = workflow(
        only_if(
            {
                "any": [
                    compares("{{ trigger.amount }}", "at_least", 1),
                    compares("{{ trigger.email }}", "exists"),
                ]
            }
        ),
        act(
            "event",
            run_if=compares("{{ trigger.nickname }}", "is_empty"),
            inputs={
                "person": template("{{ trigger.email | default: steps.find.email }}"),
                "data": {
                    "object": {"a": {"object": {"b": template("{{ trigger.extra.note }}")}}, "c": value(1)}
                },
            },
        ),
    )

    assert lineage(definition) == [
        {"step": "gate", "field": "condition", "paths": ["trigger.amount", "trigger.email"]},
        {"step": "event", "field": "run_if", "paths": ["trigger.nickname"]},
        {"step": "event", "field": "person", "paths": ["trigger.email", "steps.find.email"]},
        {"step": "event", "field": "data.a.b", "paths": ["trigger.extra.note"]},
    ]


def test_what_reads_nothing_or_can_not_be_read_is_left_out():
    definition = workflow(
        only_if({"all": []}), act("event", inputs={"person": template("{{"), "data": value({"a": 1})})
    )

    assert lineage(definition) == []
