"""Runs that ask a model, through the worker's own loop: what it took stands in the run log."""

import pytest

from tests.factories import ConnectionFactory, MembershipFactory
from tests.runs.conftest import ok
from tests.runs.logic import template, track, workflow


def answer(text):
    """Return a chat completion."""
    message = {"role": "assistant", "content": text}
    return ok(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "gpt-5-mini",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 420, "completion_tokens": 12, "total_tokens": 432},
        }
    )


@pytest.fixture
def asking(world):
    """Return a run that asks a model for a text."""
    model = ConnectionFactory(workspace=world.workspace, app="openai", name="Models")
    step = {
        "id": "write",
        "kind": "ai",
        "name": "Write a line",
        "provider": "openai",
        "connection": str(model.code),
        "model": "gpt-5-mini",
        "prompt": template("Say why {{ trigger.amount }} was not paid."),
        "output": {"type": "text"},
    }
    return world.start(workflow(world, step, track(name="{{ steps.write.text }}")))


def test_a_model_is_asked_and_its_answer_goes_on(asking, provider, work):
    provider.script = [answer("card expired")]

    work()

    asking.refresh_from_db()
    assert (asking.status, asking.reason) == ("succeeded", "")
    assert provider.bodies[-1]["name"] == "card expired"


def test_what_a_model_took_is_on_the_page(asking, provider, work, client, world):
    provider.script = [answer("card expired")]
    work()
    client.force_login(MembershipFactory(workspace=world.workspace, role="viewer").user)

    page = client.get(f"/admin/runs/run/{asking.pk}/change/").content.decode()

    assert "420 tokens in, 12 out" in page
    assert "Models cost $" in page
    assert "card expired" in page
    assert "Say why 2000 was not paid." in page
