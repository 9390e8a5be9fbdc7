"""What a provider reported about a call stands at the call: in the ledger, on its page, on the run's."""

from datetime import timedelta

import pytest

from apps.runs import reports
from apps.runs.models import Effect
from apps.webhooks.confirmations.models import EffectReport
from tests.factories import EffectFactory, RunFactory, StepRunFactory, VersionFactory, WorkflowFactory
from tests.workspaces.test_tenancy import _run as make_run

LEDGER = "/admin/runs/effect/"


@pytest.fixture
def effect(workspace):
    run = make_run(workspace)
    StepRunFactory(run=run, path="mail", name="Send the mail")
    return EffectFactory(run=run, path="mail", provider_id="dlv_1")


def told(effect, metric, *, after=12, **facts):
    moment = effect.sent_at + timedelta(seconds=after)
    return EffectReport.objects.create(
        effect=effect,
        event_id=f"evt-{metric}-{after}",
        channel="email",
        metric=metric,
        happened_at=moment,
        received_at=moment,
        **facts,
    )


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_without_a_report_it_says_so(effect, owner_client):
    assert "Not reported" in text(owner_client.get(LEDGER))
    assert "Nothing so far" in text(owner_client.get(effect.get_absolute_url()))


def test_the_history_tells_how_long_after_the_call_each_report_is(effect, owner_client):
    told(effect, "delivered", after=12)
    told(effect, "opened", after=180)

    page = text(owner_client.get(effect.get_absolute_url()))

    assert page.index("12.0 s later") < page.index("3 min later")
    assert "Opened" in text(owner_client.get(LEDGER))


def test_the_run_s_page_tells_it_at_the_step(effect, owner_client):
    told(effect, "delivered", after=12)

    assert "delivered 12.0 s later" in text(owner_client.get(effect.run.get_absolute_url()))


def test_trouble_outweighs_whatever_else_was_reported(effect):
    told(effect, "delivered")
    told(effect, "bounced", after=20, trouble=True)

    badge = reports.summary(Effect.objects.get())

    assert "td-danger" in badge
    assert "Bounced" in badge


def test_what_a_machine_opened_was_delivered_and_no_more(effect):
    told(effect, "opened", after=1, by_machine=True)
    told(effect, "delivered", after=2)

    assert "Delivered" in reports.summary(Effect.objects.get())
    assert "opened by a machine" in reports.sentence(effect)


def test_the_ledger_is_narrowed_to_trouble(effect, workspace, owner_client):
    other = EffectFactory(run=make_other_run(effect), provider_id="dlv_2")
    told(effect, "bounced", trouble=True)
    told(other, "delivered")

    shown = text(owner_client.get(LEDGER, {"told": "trouble"}))

    assert effect.get_absolute_url() in shown
    assert other.get_absolute_url() not in shown


def make_other_run(effect):
    version = VersionFactory(workflow=WorkflowFactory(workspace=effect.workspace), live=True)
    return RunFactory(delivery__connection=effect.run.delivery.connection, version=version)


def test_the_ledger_costs_the_same_queries_for_two_and_for_twenty(
    effect, owner_client, django_assert_max_num_queries
):
    run = effect.run
    for number in range(20):
        told(EffectFactory(run=run, provider_id=f"more_{number}"), "delivered")
    owner_client.get(LEDGER)

    with django_assert_max_num_queries(16):
        owner_client.get(LEDGER)


def test_the_ledger_is_paged_by_key(effect, owner_client):
    made = [EffectFactory(run=effect.run, provider_id=f"more_{number}") for number in range(60)]

    first = text(owner_client.get(LEDGER))
    older = text(owner_client.get(LEDGER, {"before": made[10].pk}))

    assert f"before={made[10].pk}" in first
    assert made[9].get_absolute_url() in older
    assert made[10].get_absolute_url() not in older
