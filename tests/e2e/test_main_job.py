"""The whole job from outside: accounts, publishing, a signed POST, the call, the run log. No sandbox."""

import base64
import json
from urllib.parse import parse_qsl, quote

from apps.catalog.connectors.stripe.client import API_VERSION
from tests.e2e.installation import HOST, Installation
from tests.kill.processes import until


def _registrations(installation: Installation) -> list[dict[str, str]]:
    posts = [call for call in installation.calls("stripe", "webhook_endpoints") if call["method"] == "POST"]
    return [{"path": call["path"], **dict(parse_qsl(call["body"]))} for call in posts]


def test_publishing_registers_one_endpoint_with_everything_in_use(installation: Installation, address: str):
    created, widened = _registrations(installation)

    assert created["path"] == "/v1/webhook_endpoints"
    assert address.startswith(f"https://{HOST}/v1/webhooks/stripe/")
    assert created["api_version"] == API_VERSION
    assert created["enabled_events[0]"] == "invoice.payment_failed"
    assert "metadata[tandem_connection]" in created
    assert widened["path"].startswith("/v1/webhook_endpoints/we_")
    assert {value for name, value in widened.items() if name.startswith("enabled_events")} == {
        "customer.subscription.created",
        "invoice.payment_failed",
    }
    versions = {call["version"] for call in installation.calls("stripe")}
    assert versions == {API_VERSION}


def test_a_signed_event_makes_one_call_and_a_succeeded_run(installation: Installation, address: str):
    person = "ann.lee+dunning@example.com"

    statuses = [
        installation.post_event(
            "invoice-payment-failed", "evt_e2e_first", path=address, customer_email=person, amount_due=4900
        )
        for _ in range(3)
    ]
    run = installation.finished("evt_e2e_first")

    [call] = installation.calls("customerio", quote(person, safe=""))
    body = json.loads(call["body"])
    login = base64.b64encode(f"{installation.keys.site_id}:{installation.keys.track_key}".encode()).decode()
    assert statuses == [200, 200, 200]
    assert call["method"] == "POST"
    assert call["path"] == f"/api/v1/customers/{quote(person, safe='')}/events"
    assert call["authorization"] == f"Basic {login}"
    assert body["name"] == "payment_failed"
    assert (body["data"]["amount"], body["data"]["currency"]) == (4900, "usd")
    assert len(body["id"]) == 26
    assert (run["status"], run["workflow"]) == ("succeeded", "Dunning")
    assert [effect["status"] for effect in run["effects"]] == ["done"]
    [told] = [step for step in run["steps"] if step["name"] == "Track Custom Event"]
    [exchange] = told["exchanges"]
    assert (exchange["method"], exchange["status"]) == ("POST", 200)


def test_an_event_without_an_email_is_looked_up_at_stripe_first(installation: Installation, address: str):
    installation.post_event("subscription-created", "evt_e2e_lookup", path=address, customer="cus_e2eLookup")
    run = installation.finished("evt_e2e_lookup")

    [looked_up] = installation.calls("stripe", "/v1/customers/cus_e2eLookup")
    [identified] = installation.calls("customerio", quote("cus_e2eLookup@example.com", safe=""))
    assert looked_up["method"] == "GET"
    assert looked_up["authorization"] == f"Bearer {installation.keys.stripe_key}"
    assert identified["method"] == "PUT"
    assert json.loads(identified["body"])["email"] == "cus_e2eLookup@example.com"
    assert run["status"] == "succeeded"
    assert [step["name"] for step in run["steps"]] == ["Get Customer", "Identify Person"]


def test_an_event_signed_by_somebody_else_is_refused(installation: Installation, address: str):
    answer = installation.post_event(
        "invoice-payment-failed", "evt_forged", path=address, secret="whsec_of_somebody_else"
    )

    assert answer == 401
    assert installation.manage("runs", "--event", "evt_forged")["runs"] == []


def test_an_address_that_is_none_is_404(installation: Installation):
    answer = installation.post_event(
        "invoice-payment-failed", "evt_nowhere", path="/v1/webhooks/stripe/nonsense"
    )

    assert answer == 404


def test_a_refused_call_fails_the_run_with_what_the_provider_said(installation: Installation, address: str):
    person = "refused@example.com"
    installation.refuse(person, 400)

    installation.post_event("invoice-payment-failed", "evt_e2e_refused", path=address, customer_email=person)
    run = installation.finished("evt_e2e_refused")

    assert run["status"] == "failed"
    assert "Customer.io" in run["reason"]
    assert run["remedy"]
    assert len(installation.calls("customerio", quote(person, safe=""))) == 1


def test_a_sample_to_real_accounts_is_asked_about_and_then_made(installation: Installation, address: str):
    before = len(installation.calls("customerio", "/events"))

    asked = installation.browser.submit(installation.page_of("Dunning"), "/sample/")
    [form] = [each for each in asked.page.forms if "confirmed" in each.fields]
    not_yet = len(installation.calls("customerio", "/events"))
    installation.manage("send_sample", "Dunning", "--yes", "--wait", "10")

    assert form.method == "post"
    assert "makes real calls" in asked.page.text
    assert not_yet == before
    until(
        lambda: len(installation.calls("customerio", "/events")) == before + 1,
        within=10,
        what="the sample's call came",
    )


def test_the_doctor_finds_nothing_broken(installation: Installation, address: str):
    answer = installation.manage("doctor")

    assert answer["ok"], answer
