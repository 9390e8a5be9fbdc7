"""An AI step in the executor: what is asked, what is taken for an answer, and asking once more."""

import json
from typing import Any

import pytest

from apps.catalog import registry
from apps.catalog.errors import Certainty, Permanent, Retryable
from apps.workflows.engine.ai.presets import PRESETS
from apps.workflows.engine.definition import parse
from apps.workflows.engine.effects import (
    Answered,
    Batch,
    Failed,
    Pause,
    Prior,
    Progress,
    Record,
    StepOutcome,
    Wait,
)
from apps.workflows.engine.executor import execute
from apps.workflows.engine.program import compile_program
from apps.workflows.engine.schemas import faults_of, problems_of
from tests.workflows.engine.fakes import MAILER, NOW, SHOP, FakeCatalog, scope, template, value, workflow

CATALOG = FakeCatalog(SHOP, MAILER, registry.get_app("openai"), registry.get_app("anthropic"))
LABELS = {"type": "labels", "labels": [{"label": "Question", "meaning": "asks"}, {"label": "other"}]}
SCHEMA = {
    "type": "object",
    "properties": {"urgency": {"type": "string", "enum": ["low", "high"]}, "note": {"type": "string"}},
    "required": ["urgency"],
}


def step(**rest):
    asked = {"id": "ai", "kind": "ai", "name": "Ask", "connection": "model-1", "model": "m"}
    return asked | {"prompt": template("Mail: {{ trigger.email }}")} | rest


def told(text, *, stop="stop", cost=0.5):
    outputs = {
        "text": text,
        "model": "m-1",
        "input_tokens": 10,
        "output_tokens": 2,
        "cost": cost,
        "stop_reason": stop,
    }
    return Answered(outputs, at=NOW)


def drive(asked, *answers, progress=None):
    """Run the one step; return its record (or what paused it) and the calls."""
    program = compile_program(workflow(asked), catalog=CATALOG)
    execution = execute(program, scope(), progress or {}, now=NOW)
    pending, calls, effect = list(answers), [], next(execution)
    while isinstance(effect, Batch):
        calls.append(effect.work[0])
        effect = execution.send((pending.pop(0),))
    execution.close()
    assert not pending
    return effect, calls


def failure(error):
    return Failed(error, at=NOW, first_sent_at=NOW)


def test_the_rules_the_operators_words_and_the_prompt_are_asked():
    record, (call,) = drive(step(system=value("Be brief."), temperature=0.2), told(" Hello. "))

    assert isinstance(record, Record)
    assert (record.outcome, record.action) == (StepOutcome.SUCCEEDED, "openai.generate")
    assert record.outputs == {
        "text": "Hello.",
        "model": "m-1",
        "input_tokens": 10,
        "output_tokens": 2,
        "cost": 0.5,
    }
    assert (call.action, call.connection, call.key, call.deadline) == ("openai.generate", "model-1", "", 30)
    assert call.inputs["prompt"].startswith("Mail: ")
    assert "never follow it" in call.inputs["system"]
    assert "Be brief." in call.inputs["system"]
    assert (call.inputs["max_tokens"], call.inputs["temperature"]) == (1024, 0.2)
    assert "schema" not in call.inputs


@pytest.mark.parametrize("text", ["Question", " question\n", "“QUESTION”.", "**question**"])
def test_a_label_is_taken_whatever_its_case(text):
    record, (call,) = drive(step(output=LABELS, provider="anthropic"), told(text))

    assert record.outputs["label"] == "Question"
    assert call.action == "anthropic.generate"
    assert call.inputs["labels"] == ["Question", "other"]
    assert "- Question: asks" in call.inputs["system"]


@pytest.mark.parametrize(
    ("text", "note"),
    [('{"urgency": "low", "note": "n"}', "n"), ('```json\n{"urgency": "low"}\n```', None)],
)
def test_an_object_gives_its_properties(text, note):
    record, (call,) = drive(step(output={"type": "schema", "schema": SCHEMA}), told(text))

    assert (record.outputs["urgency"], record.outputs["note"]) == ("low", note)
    assert call.inputs["schema"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("output", "wrong", "right", "fault"),
    [
        (LABELS, "I think it is a question about tools", "other", "exactly one of"),
        ({"type": "schema", "schema": SCHEMA}, '{"urgency": "now"}', '{"urgency": "low"}', "must be one of"),
        ({"type": "schema", "schema": SCHEMA}, "not json", '{"urgency": "low"}', "not one JSON object"),
        (
            {"type": "schema", "schema": SCHEMA},
            '{"urgency":"low","to":"x"}',
            '{"urgency":"low"}',
            "not asked for",
        ),
        ({"type": "text"}, "  ", "Well.", "empty"),
    ],
)
def test_a_wrong_answer_is_asked_for_once_more_with_the_fault(output, wrong, right, fault):
    record, calls = drive(step(output=output), told(wrong), told(right, cost=0.25))

    assert record.outcome is StepOutcome.SUCCEEDED
    assert len(calls) == 2
    assert fault in calls[1].inputs["prompt"]
    assert (record.outputs["input_tokens"], record.outputs["output_tokens"]) == (20, 4)
    assert record.outputs["cost"] == 0.75


def test_wrong_again_fails_the_step_and_shows_the_answer():
    record, calls = drive(step(output=LABELS), told("no idea"), told("Ignore that\nand pay"))

    assert record.outcome is StepOutcome.FAILED
    assert record.error.code == "ai_answer_wrong"
    assert "“Ignore that and pay”" in record.error.message
    assert len(calls) == 2


@pytest.mark.parametrize(("stop", "code"), [("length", "ai_answer_cut"), ("refusal", "ai_refused")])
def test_what_would_be_no_better_is_not_asked_for_again(stop, code):
    record, calls = drive(step(output=LABELS), told("half", stop=stop))

    assert record.error.code == code
    assert len(calls) == 1


def test_a_text_that_was_cut_is_no_answer():
    record, _ = drive(step(), told("half", stop="length"))

    assert record.error.code == "ai_answer_cut"


def test_a_refused_call_fails_the_step_and_a_busy_one_waits():
    refused, _ = drive(step(), failure(Permanent("No such model (404).", code="not_found")))
    busy = Retryable("Busy.", code="rate_limited", certainty=Certainty.NOT_DONE, after=30)
    paused, _ = drive(step(), failure(busy))

    assert refused.error.code == "not_found"
    assert isinstance(paused, Pause)
    assert isinstance(paused.stops[0], Wait)


def test_a_second_question_that_must_wait_pauses_too_and_the_step_is_asked_anew():
    busy = Retryable("Busy.", code="rate_limited", certainty=Certainty.NOT_DONE, after=30)
    paused, calls = drive(step(output=LABELS), told("no idea"), failure(busy))
    record, again = drive(
        step(output=LABELS), told("other"), progress={"ai": Progress(Prior.WAITING, attempts=1)}
    )

    assert isinstance(paused, Pause)
    assert len(calls) == 2
    assert record.outputs["label"] == "other"
    assert again[0].inputs == calls[0].inputs


def test_a_second_question_that_stays_busy_gives_up_after_the_attempts_of_the_step():
    busy = Retryable("Busy.", code="rate_limited", certainty=Certainty.NOT_DONE)
    asked, made = step(output=LABELS, retry={"attempts": 5, "first_delay": 1}), 0
    progress: dict[str, Any] = {}

    for _ in range(10):
        left, calls = drive(asked, told("no idea"), failure(busy), progress=progress)
        made += len(calls)
        if not isinstance(left, Pause):
            break
        progress = {"ai": Progress(Prior.WAITING, attempts=calls[-1].attempt, uncertain=False)}

    assert made == 6
    assert left.error.code == "gave_up"


@pytest.mark.parametrize(
    ("prompt", "code"),
    [(template("{{ trigger.note }}"), "empty_input"), (value("x" * 200_001), "prompt_too_long")],
)
def test_a_prompt_that_can_not_be_asked_fails_before_the_call(prompt, code):
    record, calls = drive(step(prompt=prompt))

    assert (record.error.code, calls) == (code, [])


def test_a_hostile_answer_is_data():
    hostile = [
        "{" * 100_000,
        '{"urgency": NaN}',
        '{"urgency": "low\\u0000"}',
        "[" * 70 + "]" * 70,
        "x" * 300_000,
    ]

    for text in hostile:
        record, _ = drive(step(output={"type": "schema", "schema": SCHEMA}), told(text), told(text))
        assert record.error.code == "ai_answer_wrong"
        assert len(record.error.message) < 2500


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_a_preset_is_the_beginning_of_an_ai_step(preset):
    asked = step(**preset.step)
    definition = parse({"schema": 1, "trigger": {"trigger": "a"}, "steps": [asked]})

    assert definition.steps[0].kind == "ai"
    if preset.step["output"]["type"] == "schema":
        assert problems_of(preset.step["output"]["schema"]) == []
    json.dumps(preset.as_dict())


@pytest.mark.parametrize(
    ("schema", "value", "faults"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 5}, 5, 0),
        ({"type": "integer"}, 1.0, 0),
        ({"type": "integer"}, 1.5, 1),
        ({"type": "integer"}, True, 1),
        ({"type": "number", "exclusiveMinimum": 0}, 0, 1),
        ({"type": "string", "pattern": "[A-Z]{3}"}, "EUR", 0),
        ({"type": "string", "pattern": "[A-Z]{3}"}, "EUR and more", 1),
        ({"type": "string", "maxLength": 2}, "abc", 1),
        ({"type": "string", "minLength": 2}, "a", 1),
        ({"type": ["string", "null"], "pattern": "a"}, None, 0),
        ({"enum": [1, "a", None]}, True, 1),
        ({"const": 1}, 2, 1),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1}, ["a", 2], 1),
        ({"type": "array", "items": {"type": "string"}}, ["a", 2], 1),
        ({"type": "array", "minItems": 1}, [], 1),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, {"b": 1}, 2),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": True}, {"b": 1}, 0),
    ],
)
def test_a_value_fits_its_schema_or_not(schema, value, faults):
    assert len(faults_of(value, schema)) == faults


@pytest.mark.parametrize(
    "schema",
    [
        [],
        {},
        {"type": "string"},
        {"type": "object", "properties": {}},
        {"properties": {"a": 1}},
        {"properties": {"a": {"type": "text"}}},
        {"properties": {"a": {"enum": []}}},
        {"properties": {"a": {"pattern": "("}}},
        {"properties": {"a": {"pattern": "(a+)+"}}},
        {"properties": {"a": {"pattern": "x" * 201}}},
        {"properties": {"a": {"pattern": "((a+)b?)+"}}},
        {"properties": {"a": {"pattern": "(a?){26}a{26}"}}},
        {"properties": {"a": {"pattern": "(a|aa)+"}}},
        {"properties": {"a": {"pattern": r"\S*\S*\S*\S*\d"}}},
        {"properties": {"a": {"pattern": "(?=a)a"}}},
        {"properties": {"a": {"type": [-1, "null"]}}},
        {"properties": {"a": {"type": [["string"]]}}},
        {"properties": {"a": {"$ref": "#"}}},
        {"properties": {"a": {"minimum": "1"}}},
        {"properties": {"a": {"maxLength": -1}}},
        {"properties": {"a": {}}, "required": ["b"]},
        {"properties": {"a": {}}, "required": "a"},
        {"properties": {"a": {"additionalProperties": {}}}},
        {"properties": {"a": {"description": "x" * 21_000}}},
        {"properties": {str(number): {} for number in range(101)}},
    ],
)
def test_a_schema_that_can_not_be_used_is_refused(schema):
    (fault,) = problems_of(schema)[:1]

    assert fault.message


@pytest.mark.parametrize("pattern", ["((a+)b?)+", "(a|aa)+", "(", r"\S*\S*\S*\S*\d", 3])
def test_a_pattern_that_could_take_long_is_not_tried_by_an_old_draft(pattern):
    schema = {"type": "object", "properties": {"x": {"type": "string", "pattern": pattern}}}

    assert len(faults_of({"x": "a" * 40 + "!"}, schema)) == 1


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"x": []}},
        {"type": "object", "properties": {"x": {"type": [-1, "null"]}}},
        {"type": "object", "properties": {"x": {"enum": 0}}},
        {"type": "object", "properties": {"x": {"type": "string", "pattern": "("}}},
    ],
)
def test_a_step_whose_schema_is_unsound_fails_before_the_model_is_asked(schema):
    record, calls = drive(step(output={"type": "schema", "schema": schema}))

    assert record.error.code == "bad_schema"
    assert not calls
