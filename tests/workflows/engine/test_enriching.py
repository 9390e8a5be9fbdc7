"""What a trigger's options look up joins its fields, once for a run, before the first step."""

import pytest

from apps.catalog.spec import Enrichment, Field, FieldType
from apps.workflows.engine.effects import (
    Answered,
    Call,
    Failed,
    Prior,
    Progress,
    RunOutcome,
    StepOutcome,
    Wait,
)
from apps.workflows.engine.enriching import fields_of, with_samples
from apps.workflows.engine.executor import drive, execute
from apps.workflows.engine.lineage import lineage
from apps.workflows.engine.program import compile_program
from apps.workflows.engine.validation import ConnectionFacts, validate
from apps.workflows.engine.validation.paths import Declared, by_key
from tests.workflows.engine.fakes import (
    CONNECTIONS,
    EVENT,
    MAILER,
    NOW,
    ORDER_PLACED,
    SHOP,
    FakeCatalog,
    act,
    busy,
    refused,
    scope,
    template,
    workflow,
)

SWITCH = Field(key="look_up", label="Look the buyer up", type=FieldType.BOOLEAN, default=False)
BUYER = Enrichment(
    option="look_up",
    key="buyer",
    label="Buyer",
    action="get-buyer",
    input="buyer",
    sources=("nickname", "customer"),
)
FRIEND = BUYER.model_copy(update={"key": "friend", "sources": ("buyer.email",)})
GET_BUYER = SHOP.actions[0].model_copy(
    update={
        "requires": ("read_key",),
        "outputs": (
            Field(key="email", label="Email", type=FieldType.EMAIL, example="sam@example.com"),
            Field(key="spent", label="Spent", type=FieldType.INTEGER, unit="minor units", example=3),
        ),
    }
)


def catalog(*enrich):
    trigger = ORDER_PLACED.model_copy(update={"options": (SWITCH,), "enrich": enrich or (BUYER,)})
    return FakeCatalog(SHOP.model_copy(update={"triggers": (trigger,), "actions": (GET_BUYER,)}), MAILER)


def tag(person, *, on=True):
    return workflow(act("tag", inputs={"person": template(person)}), options={"look_up": on})


CATALOG = catalog()
FROM_BUYER = tag("{{ trigger.buyer.email }}")


def run(definition=FROM_BUYER, *, known=None, catalog=CATALOG, answers=(), **event):
    """Drive a workflow; return the turn and the calls made."""
    calls: list[Call] = []
    script = list(answers)

    def perform(call):
        calls.append(call)
        answer = script.pop(0) if script else {"email": f"{len(calls)}@example.com"}
        return Answered(answer, at=NOW) if isinstance(answer, dict) else Failed(answer, NOW, NOW)

    program = compile_program(definition, catalog=catalog)
    return drive(execute(program, scope(**event), known or {}, now=NOW), perform), calls


def test_what_was_looked_up_fills_the_steps():
    turn, (look_up, tagged) = run()

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert (look_up.path, look_up.position, look_up.connection) == ("trigger.buyer", 0, "shop-1")
    assert (look_up.action, look_up.inputs, look_up.key) == ("shop.get-buyer", {"buyer": "c_1"}, "")
    assert tagged.inputs["person"] == "1@example.com"
    assert [record.path for record in turn.records] == ["trigger.buyer", "tag"]


def test_nothing_is_looked_up_unless_it_is_switched_on():
    turn, calls = run(tag("{{ trigger.email }}", on=False))

    assert [call.path for call in calls] == ["tag"]
    assert [record.path for record in turn.records] == ["tag"]


def test_what_an_earlier_turn_looked_up_is_not_looked_up_again():
    known = {
        "trigger.buyer": Progress(
            Prior.DONE, outcome=StepOutcome.SUCCEEDED, outputs={"email": "kept@example.com"}
        )
    }

    turn, [tagged] = run(known=known)

    assert tagged.inputs["person"] == "kept@example.com"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_without_anything_to_look_up_by_the_fields_are_null_and_the_record_says_so():
    turn, calls = run(tag("{{ trigger.buyer.email | default: trigger.email }}"), customer=None)

    assert [call.path for call in calls] == ["tag"]
    assert calls[0].inputs["person"] == EVENT["email"]
    assert turn.records[0].outcome is StepOutcome.SKIPPED
    assert "names none" in turn.records[0].conditions[0]["note"]


def test_a_look_up_that_is_refused_fails_the_run_with_the_reason_and_nothing_is_done():
    turn, calls = run(answers=[refused()])

    assert turn.ended.outcome is RunOutcome.FAILED
    assert "refused" in turn.ended.error.message
    assert [call.path for call in calls] == ["trigger.buyer"]


def test_a_look_up_that_is_put_off_waits_like_any_call():
    turn, _ = run(answers=[busy()])

    assert isinstance(turn.stopped, Wait)
    assert turn.stopped.path == "trigger.buyer"


def test_one_look_up_may_lead_to_the_next():
    turn, calls = run(tag("{{ trigger.friend.email }}"), catalog=catalog(BUYER, FRIEND))

    assert [call.path for call in calls] == ["trigger.buyer", "trigger.friend", "tag"]
    assert calls[1].inputs == {"buyer": "1@example.com"}
    assert calls[2].inputs["person"] == "2@example.com"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def problems(definition, **facts):
    shop = ConnectionFacts(
        app="shop", name="Our shop", status="connected", fields=facts.get("fields", {"api_key", "read_key"})
    )
    return validate(definition, connections={**CONNECTIONS, "shop-1": shop}, catalog=catalog())


def test_its_fields_are_declared_only_while_it_is_switched_on():
    assert problems(FROM_BUYER) == []
    assert [each.code for each in problems(tag("{{ trigger.buyer.email }}", on=False))] == ["unknown_field"]


def test_a_field_that_it_does_not_find_is_unknown_with_its_near_matches():
    [problem] = problems(tag("{{ trigger.buyer.emial }}"))

    assert problem.code == "unknown_field"
    assert "Did you mean “email”?" in problem.message


def test_the_connection_must_be_able_to_make_it():
    [problem] = problems(FROM_BUYER, fields={"api_key"})

    assert problem.code == "missing_credential"
    assert "Get Buyer" in problem.message
    assert problems(tag("{{ trigger.email }}", on=False), fields={"api_key"}) == []


def test_what_is_found_keeps_its_unit():
    offered = fields_of(FROM_BUYER.trigger, ORDER_PLACED, catalog())
    declared = Declared(trigger=by_key(offered), pending={}, steps={})

    assert declared.field(("trigger", "buyer", "spent")).unit == "minor units"
    assert declared.field(("trigger", "buyer", "nothing")) is None


def test_where_it_is_used_is_known():
    assert lineage(FROM_BUYER) == [{"step": "tag", "field": "person", "paths": ["trigger.buyer.email"]}]


@pytest.mark.parametrize(("customer", "email"), [("c_1", "sam@example.com"), (None, None)])
def test_a_preview_shows_its_examples_where_there_is_something_to_look_up(customer, email):
    shown = with_samples(FROM_BUYER.trigger, {**EVENT, "customer": customer}, catalog())

    assert shown["buyer"] == {"email": email, "spent": 3 if email else None}
    assert "buyer" not in EVENT
