"""`create_connection`: secrets from standard input, every refusal named."""

import json

import pytest
from django.core.management.base import CommandError

from apps.connections.models import Connection
from apps.workflows.models import Workflow
from apps.workspaces.models import AuditEntry
from tests.connections.conftest import json_response
from tests.console.commands.conftest import KEY, said
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db


def test_a_connection_is_created_and_tested_with_secrets_from_standard_input(
    run, stdin, workspace, network, capsys
):
    network.answer = lambda request: json_response(200, {"object": "balance", "livemode": False})
    stdin({"api_key": KEY})

    code, answer = run("create_connection", "--app", "stripe", "--name", "Stripe test")

    made = Connection.objects.get()
    assert code == 0
    assert answer == {
        "code": str(made.code),
        "name": "Stripe test",
        "app": "stripe",
        "status": "connected",
        "reason": "",
    }
    assert network.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    captured = capsys.readouterr()
    assert KEY not in captured.out + captured.err + json.dumps(answer)


def test_who_created_it_is_in_the_trail_without_the_secret(run, stdin, workspace):
    stdin({"api_key": KEY})

    run("create_connection", "--app", "stripe", "--name", "Stripe test", "--no-test")

    entry = AuditEntry.objects.get(verb="connection.created")
    assert entry.actor_label == "command line"
    assert KEY not in json.dumps([entry.before, entry.after])


def test_no_test_makes_no_call(run, stdin, workspace, network):
    stdin({"api_key": KEY})

    code, answer = run("create_connection", "--app", "stripe", "--name", "Stripe test", "--no-test")

    assert (code, answer["status"], network.requests) == (0, "untested", [])


def test_refused_credentials_are_told_by_status_and_reason(run, stdin, workspace, network):
    network.answer = lambda request: json_response(401, {"error": {"message": "Invalid API Key"}})
    stdin({"api_key": KEY})

    _, answer = run("create_connection", "--app", "stripe", "--name", "Stripe test")

    assert answer["status"] == "broken"
    assert answer["reason"]
    assert KEY not in json.dumps(answer)


@pytest.mark.parametrize("text", ['{"api_key": "' + KEY, "[]", '{"api_key": 7}', KEY, '"' + KEY + '"'])
def test_bad_json_is_refused_without_repeating_it(run, stdin, workspace, text, capsys):
    stdin(text)
    code, answer = run("create_connection", "--app", "stripe", "--name", "Stripe test")
    stdin(text)
    with pytest.raises(CommandError) as refused:
        said("create_connection", "--app", "stripe", "--name", "Stripe test")

    captured = capsys.readouterr()
    assert code == 1
    assert "one JSON object of texts" in answer["error"]["message"]
    assert "one JSON object of texts" in str(refused.value)
    assert KEY not in json.dumps(answer) + str(refused.value) + captured.out + captured.err
    assert not Connection.objects.exists()


def test_a_sandbox_needs_no_input(run, workspace):
    code, answer = run("create_connection", "--app", "customerio", "--name", "Try", "--sandbox")

    assert (code, answer["status"]) == (0, "connected")
    assert Connection.objects.get().sandbox


def test_a_workflow_of_a_schedule_names_no_connection_to_it(run, workspace):
    ConnectionFactory(workspace=workspace, app="customerio", name="Customer.io sandbox")

    code, answer = run(
        "create_workflow",
        "--recipe",
        "schedule.trigger-at-set-times",
        "customerio.track-event",
        "--connections",
        "Customer.io sandbox",
    )

    assert code == 0
    assert Workflow.objects.get().draft["trigger"]["connection"] == str(
        Connection.objects.get(app="schedule").code
    )
    assert not any(problem["path"].startswith("trigger") for problem in answer["problems"])


def test_a_base_address_that_is_not_allowed_names_the_setting(run, stdin, workspace):
    stdin({"api_key": KEY})

    code, answer = run(
        "create_connection", "--app", "stripe", "--name", "S", "--base-url", "http://127.0.0.1:9"
    )

    assert code == 1
    assert "EGRESS_ALLOW" in answer["error"]["remedy"]
    assert answer["error"]["field"] == "base_url"
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "values", "field"),
    [
        (["--app", "nonsense", "--name", "S"], {}, "app"),
        (["--app", "stripe", "--name", " "], {"api_key": KEY}, "name"),
        (["--app", "stripe", "--name", "S"], {"api_key": "nonsense"}, "api_key"),
        (["--app", "stripe", "--name", "S"], {"apikey": KEY}, "apikey"),
        (["--app", "customerio", "--name", "S"], {"site_id": "only"}, "track_api_key"),
    ],
)
def test_a_wrong_field_is_named(run, stdin, workspace, arguments, values, field):
    stdin(values)

    code, answer = run("create_connection", *arguments)

    assert code == 1
    assert answer["error"]["field"] == field
    assert KEY not in json.dumps(answer)


def test_several_workspaces_must_be_told_apart(run, workspace, other_workspace):
    code, answer = run("create_connection", "--app", "stripe", "--name", "S", "--sandbox")
    named, _ = run(
        "create_connection", "--app", "stripe", "--name", "S", "--sandbox", "--workspace", "Elsewhere"
    )

    assert code == 1
    assert "--workspace" in answer["error"]["message"]
    assert "Acme" in answer["error"]["message"]
    assert named == 0
    assert Connection.objects.get().workspace == other_workspace


def test_a_workspace_is_also_found_by_its_code(run, workspace, other_workspace):
    code, _ = run(
        "create_connection", "--app", "stripe", "--name", "S", "--sandbox", "--workspace", str(workspace.code)
    )

    assert code == 0
    assert Connection.objects.get().workspace == workspace
