"""The operators' commands: thin over the services, answers for people and programs, secrets from stdin."""

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.connections import registration
from apps.connections.models import Connection, Endpoint
from apps.runs.models import Run
from apps.workflows.models import Workflow
from apps.workflows.recipes import recipe_over
from apps.workspaces.models import AuditEntry, Workspace
from tests.connections.conftest import json_response
from tests.factories import ConnectionFactory, RunFactory, WorkflowFactory, WorkspaceFactory
from tests.workflows.conftest import FAILED, TRACK, recipe

pytestmark = pytest.mark.django_db

KEY = "sk_test_canaryCanaryCanary0042"


@pytest.fixture
def stdin(monkeypatch):
    """Return a function that sets what the command reads."""

    def give(text):
        monkeypatch.setattr("sys.stdin", io.StringIO(text if isinstance(text, str) else json.dumps(text)))

    give("")
    return give


@pytest.fixture
def run(stdin, capsys):
    """Return a function that runs a command with --json; it returns exit code and answer."""

    def run(*arguments):
        out = io.StringIO()
        code = 0
        try:
            call_command(*arguments, "--json", stdout=out)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, json.loads(out.getvalue())

    return run


def said(*arguments):
    """Run a command for a person; return what it wrote."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


# Which workspace


def test_without_any_workspace_the_way_to_one_is_named(run):
    code, answer = run("create_connection", "--app", "stripe", "--name", "Mine", "--sandbox")

    assert code == 1
    assert answer["error"]["code"] == "no_workspace"
    assert "prepare --workspace" in answer["error"]["remedy"]


def test_a_person_at_the_shell_reads_it_too():
    with pytest.raises(CommandError, match="under Workspaces"):
        said("create_connection", "--app", "stripe", "--name", "Mine", "--sandbox")


# create_connection


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


# create_workflow


def test_a_recipe_makes_a_draft(run, workspace, stripe, customerio):
    code, answer = run(
        "create_workflow",
        "--recipe",
        FAILED,
        TRACK,
        "--connections",
        "Stripe sandbox",
        str(customerio.code),
        "--name",
        "Dunning",
    )

    made = Workflow.objects.get()
    assert (code, answer["problems"]) == (0, [])
    assert answer["code"] == str(made.code)
    assert (made.name, made.status, made.draft) == (
        "Dunning",
        "draft",
        recipe_over(FAILED, TRACK, source=stripe, target=customerio).to_json(),
    )


def test_what_is_left_to_fill_is_listed(run, workspace, stripe, customerio):
    code, answer = run(
        "create_workflow",
        "--recipe",
        FAILED,
        "customerio.delete-person",
        "--connections",
        "Stripe sandbox",
        "Customer.io sandbox",
    )

    assert code == 0
    assert [problem["code"] for problem in answer["problems"]] == ["unconfirmed"]
    assert answer["name"] == "When Invoice Payment Failed in Stripe, Delete Person in Customer.io"


@pytest.mark.parametrize(
    ("trigger", "action", "connections", "told"),
    [
        ("stripe.nonsense", TRACK, ["Stripe sandbox", "Customer.io sandbox"], "stripe.nonsense"),
        (FAILED, "customerio.nonsense", ["Stripe sandbox", "Customer.io sandbox"], "customerio.nonsense"),
        (FAILED, TRACK, ["Stripe sandbox"], "for customerio"),
        (FAILED, TRACK, ["Nobody", "Customer.io sandbox"], "“Nobody”"),
        (FAILED, TRACK, ["Their Stripe", "Customer.io sandbox"], "“Their Stripe”"),
    ],
)
def test_a_recipe_over_what_is_not_there_is_refused(
    run, workspace, other_workspace, stripe, customerio, trigger, action, connections, told
):
    ConnectionFactory(workspace=other_workspace, name="Their Stripe")

    code, answer = run(
        "create_workflow",
        "--workspace",
        "Acme",
        "--recipe",
        trigger,
        action,
        "--connections",
        *connections,
    )

    assert code == 1
    assert told in answer["error"]["message"]
    assert not Workflow.objects.exists()


# publish


def test_publish_tells_version_and_webhook(run, workflow, stripe):
    code, answer = run("publish", "Dunning", "--note", "First")

    workflow.refresh_from_db()
    endpoint = registration.endpoint_of(stripe)
    assert code == 0
    assert (answer["version"], answer["status"]) == (1, "published")
    assert answer["webhook"] == {
        "state": "registered",
        "path": f"/v1/webhooks/stripe/{endpoint.token}",
        "url": None,
        "event_types": ["invoice.payment_failed"],
        "command": "",
    }
    assert workflow.live_version.note == "First"


def test_publish_refuses_with_every_problem(run, workspace):
    WorkflowFactory(workspace=workspace, name="Empty")

    code, answer = run("publish", "Empty")
    with pytest.raises(CommandError) as refused:
        said("publish", "Empty")

    assert code == 1
    assert {detail["code"] for detail in answer["error"]["details"]} == {"no_connection", "no_steps"}
    for detail in answer["error"]["details"]:
        assert detail["message"] in str(refused.value)


def test_publish_says_when_the_provider_can_not_be_reached(run, workspace, live_stripe, customerio, stand_in):
    WorkflowFactory(workspace=workspace, name="Dunning", draft=recipe(live_stripe, customerio))
    stand_in.close()

    code, answer = run("publish", "Dunning")

    assert code == 1
    assert answer["error"]["code"] == "unreachable"
    assert Workflow.objects.get().status == "draft"


def test_a_name_that_two_workspaces_use_needs_the_workspace(run, workflow, other_workspace):
    WorkflowFactory(workspace=other_workspace, name="Dunning")

    code, answer = run("publish", "Dunning")
    named, _ = run("publish", "Dunning", "--workspace", "Acme")

    assert code == 1
    assert "More than one workflow is named “Dunning”" in answer["error"]["message"]
    assert named == 0


def test_an_unknown_workflow_is_told(run, workspace):
    code, answer = run("publish", "Nobody")

    assert code == 1
    assert "“Nobody”" in answer["error"]["message"]


# send_sample


def test_a_sample_over_sandboxes_runs_at_once(run, live, work):
    code, answer = run("send_sample", "Dunning")
    work()

    assert (code, answer["status"], answer["run_status"]) == (0, 200, "queued")
    assert Run.objects.get(code=answer["run"]).status == "succeeded"


def test_a_real_account_needs_yes_and_the_calls_are_named(run, workspace, stripe, network):
    real = ConnectionFactory(
        workspace=workspace,
        app="customerio",
        name="Live",
        sandbox=False,
        entered={"site_id": "s", "track_api_key": "k" * 20, "region": "us"},
    )
    WorkflowFactory(workspace=workspace, name="Dunning", draft=recipe(stripe, real))
    run("publish", "Dunning")

    refused, asked = run("send_sample", "Dunning")
    code, _ = run("send_sample", "Dunning", "--yes")

    assert (refused, asked["error"]["code"]) == (1, "unconfirmed")
    assert [call["connection"] for call in asked["error"]["details"]] == ["Live"]
    assert "--yes" in asked["error"]["remedy"]
    assert code == 0
    assert Run.objects.count() == 1


def test_waiting_ends_by_itself_when_nothing_runs(run, live):
    code, answer = run("send_sample", "Dunning", "--wait", "0.2")

    assert (code, answer["run_status"]) == (0, "queued")


def test_a_draft_can_not_be_tried(run, workflow):
    code, answer = run("send_sample", "Dunning")

    assert (code, answer["error"]["code"]) == (1, "not_live")


# runs


def test_runs_lists_the_newest_first_and_narrows(run, live, stripe):
    for number in range(3):
        RunFactory(
            version=live.live_version,
            delivery__connection=stripe,
            event_id=f"evt_{number}",
            status=Run.Status.FAILED if number == 1 else Run.Status.QUEUED,
        )

    _, every = run("runs")
    _, failed = run("runs", "--status", "failed")
    _, one = run("runs", "--event", "evt_2")
    _, limited = run("runs", "--limit", "1")
    _, of_workflow = run("runs", "--workflow", "Dunning")

    assert [row["event"] for row in every["runs"]] == ["evt_2", "evt_1", "evt_0"]
    assert [row["event"] for row in failed["runs"]] == ["evt_1"]
    assert [row["event"] for row in one["runs"]] == ["evt_2"]
    assert [row["event"] for row in limited["runs"]] == ["evt_2"]
    assert len(of_workflow["runs"]) == 3


def test_one_run_is_shown_with_steps_and_effects(run, live, work):
    _, sent = run("send_sample", "Dunning")
    work()

    code, answer = run("runs", sent["run"])

    assert (code, answer["status"]) == (0, "succeeded")
    [step] = answer["steps"]
    assert (step["step"], step["status"]) == ("track_event", "succeeded")
    [exchange] = step["exchanges"]
    assert exchange["method"] == "POST"
    [effect] = answer["effects"]
    assert (effect["action"], effect["status"]) == (TRACK, "done")


@pytest.mark.parametrize("code", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_run_is_told(run, workspace, code):
    ended, answer = run("runs", code)

    assert ended == 1
    assert code in answer["error"]["message"]


def test_for_people_runs_are_lines(live, stripe):
    nothing = said("runs")
    RunFactory(version=live.live_version, delivery__connection=stripe, event_id="evt_1")

    assert nothing.strip() == "No runs yet."
    assert "evt_1" in said("runs")
    assert "queued" in said("runs")


# demo


def test_the_demo_is_a_published_workflow_over_sandboxes(run, superuser, work):
    code, answer = run("demo")
    sent_code, _ = run("send_sample", answer["code"])
    work()

    assert (code, answer["created"], sent_code) == (0, True, 0)
    made = Workflow.objects.get()
    assert made.status == "published"
    assert Endpoint.objects.get(connection__app="stripe").state == "registered"
    assert Run.objects.get().status == "succeeded"
    assert made.workspace.memberships.get().user == superuser


def test_the_demo_again_changes_nothing(run, superuser):
    from tests.console.conftest import everything

    run("demo")
    before = everything()

    code, answer = run("demo")

    assert (code, answer["created"]) == (0, False)
    assert everything() == before


def test_the_demo_leaves_what_an_operator_changed(run, superuser, actor):
    from apps.workflows.publishing import unpublish
    from apps.workflows.services import rename_workflow

    run("demo")
    made = Workflow.objects.get()
    unpublish(made, actor=actor)
    rename_workflow(made, actor=actor, name="Mine now")

    _, answer = run("demo")

    made.refresh_from_db()
    assert (answer["created"], made.name, made.status) == (False, "Mine now", "unpublished")
    assert Workspace.objects.count() == 1


def test_the_demo_mends_what_was_interrupted(run, superuser):
    WorkspaceFactory(name="Demo")

    code, answer = run("demo")

    assert (code, answer["created"]) == (0, True)
    assert Workspace.objects.count() == 1
