"""`create_workflow`: a recipe becomes a draft."""

import pytest

from apps.workflows.models import Workflow
from apps.workflows.recipes import recipe_over
from tests.factories import ConnectionFactory
from tests.workflows.conftest import FAILED, TRACK

pytestmark = pytest.mark.django_db


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
