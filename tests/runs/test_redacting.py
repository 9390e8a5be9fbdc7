"""Redacted fields reach the provider and never the stored log, under whatever name a step carries them."""

import json

import pytest

from apps.runs.models import Run, SearchKey, StepRun
from apps.runs.redacting import redaction
from tests.runs.conftest import IDENTIFY, TRACK, ok, status


def stored(run: Run) -> str:
    """Return all that the run log has of the run."""
    run.refresh_from_db()
    rows = StepRun.objects.filter(run=run).values_list("log", "error", "remedy")
    return json.dumps([*rows, run.reason, run.remedy], ensure_ascii=False)


def test_a_redacted_field_is_sent_and_not_logged(world, provider, work):
    run = world.start(world.workflow(IDENTIFY, redactions=["receipt_email"]))

    work()

    log = stored(run)
    assert run.status == "succeeded"
    assert any(
        "ada" in request.url or b"ada@example.com" in (request.body or b"") for request in provider.requests
    )
    assert "ada@example.com" not in log
    assert "ada%40example.com" not in log
    assert SearchKey.objects.filter(run=run, kind="email").exists()


def test_without_a_rule_the_log_shows_it(world, provider, work):
    run = world.start(world.workflow(IDENTIFY))

    work()

    assert "ada@example.com" in stored(run)


def test_a_field_of_an_answer_is_hidden_by_its_name(world, provider, work):
    provider.default = ok({"phone": "+1 555 0100", "id": "thing"})
    run = world.start(world.workflow(IDENTIFY, redactions=["phone"]))

    work()

    assert "555 0100" not in stored(run)


def test_what_a_provider_says_of_it_in_an_error_is_hidden(world, provider, work):
    provider.default = status(400, {"meta": {"error": "ada@example.com is not welcome"}})
    run = world.start(world.workflow(TRACK, redactions=["receipt_email"]))

    work()

    assert "ada@example.com" not in stored(run)
    assert Run.objects.get().status == "failed"


@pytest.mark.parametrize(
    ("log", "hidden"),
    [
        ({"input": {"email": "ada@example.com"}}, {"input": {"email": "••••"}}),
        ({"input": {"email": None}}, {"input": {"email": None}}),
        ({"body": '{"email": "x", "n": 1}'}, {"body": '{"email": "••••", "n": 1}'}),
        ({"list": [{"email": [1, 2]}]}, {"list": [{"email": "••••"}]}),
        ({"body": "{not json"}, {"body": "{not json"}),
    ],
)
def test_names_are_hidden_wherever_they_stand(log, hidden):
    rule = redaction(["trigger.email"], {})
    assert rule is not None

    assert rule.log(log) == hidden


def test_no_rule_costs_nothing():
    assert redaction([], {"email": "ada@example.com"}) is None
