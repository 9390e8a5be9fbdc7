"""A DELETE has no key that Stripe heeds: it is repeated, and finding nothing left is success."""

from datetime import timedelta

import pytest

from apps.catalog.errors import Certainty, Permanent, Retryable
from apps.catalog.spec import Idempotency
from apps.workflows.engine.effects import Failed
from apps.workflows.engine.outcomes import Done, Fail, Repeat, decide
from tests.catalog.stripe.provider import Sandbox, action_of, run
from tests.workflows.engine.fakes import NOW

IN_SANDBOX = "sk_test_sandbox"
DELETES = [
    ("delete-customer", None, {"customer_id": "cus_R8kTq2LwPzNf4J"}),
    (
        "cancel-subscription",
        False,
        {"subscription_id": "sub_1SQcVd", "cancel_at_period_end": False, "invoice_now": True},
    ),
    (
        "call-any-endpoint",
        "DELETE",
        {"method": "DELETE", "path": "/v1/customers/{id}", "path_values": {"id": "cus_R8kTq2LwPzNf4J"}},
    ),
]


def refusal_of_second(key, inputs):
    """Make the call twice in one sandbox; return the method and the second one's error."""
    sandbox = Sandbox()
    if key == "cancel-subscription":
        made = {"customer": "cus_R8kTq2LwPzNf4J", "price_id": "price_1"}
        made_id = run("create-subscription", made, sandbox, api_key=IN_SANDBOX)["subscription_id"]
        inputs = {**inputs, "subscription_id": made_id}
    run(key, inputs, sandbox, api_key=IN_SANDBOX)
    with pytest.raises(Permanent) as caught:
        run(key, inputs, sandbox, api_key=IN_SANDBOX)
    return sandbox.requests[-1].method, caught.value


@pytest.mark.parametrize(("key", "mode", "inputs"), DELETES)
def test_nothing_left_behind_an_uncertain_attempt_is_success_and_at_first_a_failure(key, mode, inputs):
    action = action_of(key) if mode is None else action_of(key).settled(mode)
    method, error = refusal_of_second(key, inputs)

    def verdict(problem, *, before):
        return decide(
            Failed(problem, at=NOW, first_sent_at=NOW - timedelta(hours=1)),
            kind=action.effect,
            idempotency=action.idempotency,
            attempt=2,
            now=NOW,
            uncertain_before=before,
        )

    lost = Retryable("No answer.", code="timeout", certainty=Certainty.UNCERTAIN)
    assert (method, action.idempotency) == ("DELETE", Idempotency.NATURAL)
    assert isinstance(verdict(error, before=True), Done)
    assert isinstance(verdict(error, before=False), Fail)
    assert isinstance(verdict(lost, before=True), Repeat)
