"""Deciding an approval: by link, in the admin, once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.common.errors import Conflict, NotAllowed
from apps.runs.approvals import showing
from apps.runs.approvals.models import ApprovalLink
from apps.runs.approvals.services import decide_approval
from apps.runs.models import Approval, Run
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import MembershipFactory
from tests.runs.asked import address, ask

pytestmark = pytest.mark.django_db


def post(client, approval, decision="approve", email="ann@example.com", **fields):
    return client.post(address(approval, email), {"decision": decision, **fields})


def test_a_link_shows_what_will_be_sent_and_decides_nothing(client):
    approval = ask()

    response = client.get(address(approval))

    page = response.content.decode()
    assert response.status_code == 200
    for shown in ("May we refund?", "Ada asks for her money back.", "ch_1", "Approve", "Deny"):
        assert shown in page
    approval.refresh_from_db()
    assert approval.status == "pending"
    assert not ApprovalLink.objects.filter(used_at__isnull=False).exists()


def test_the_page_of_a_link_is_strict_unindexed_and_unreferred(client):
    response = client.get(address(ask()))

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Cache-Control"] == "no-store"
    assert "<script" not in response.content.decode()


@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("deny", "denied")])
def test_a_link_decides_once_and_the_run_is_due(client, decision, status):
    approval = ask()

    response = post(client, approval, decision, comment="Fine by me")

    approval.refresh_from_db()
    assert response.status_code == 200
    assert (approval.status, approval.decided_via, approval.comment) == (status, "link", "Fine by me")
    assert approval.decided_as == "the link sent to ann@example.com"
    assert approval.decided_by is None
    assert approval.run.due_at <= timezone.now()
    used = ApprovalLink.objects.get(used_at__isnull=False)
    assert used.email == "ann@example.com"


def test_the_second_decision_is_told_who_made_the_first(client):
    approval = ask()
    post(client, approval, "deny")

    response = post(client, approval, "approve", email="ben@example.com")

    approval.refresh_from_db()
    assert response.status_code == 409
    assert "the link sent to ann@example.com" in response.content.decode()
    assert approval.status == "denied"


def test_a_used_link_shows_what_was_decided_without_a_form(client):
    approval = ask()
    post(client, approval, "approve")

    page = client.get(address(approval)).content.decode()

    assert "Approved" in page
    assert "<form" not in page


ASKED = ("Ada asks for her money back.", "ch_1", "50")
"""What only those may read who can still decide."""


@pytest.mark.parametrize("how", ["decided", "late", "cancelled", "closed", "left"])
def test_a_link_that_decides_no_more_shows_nothing_of_what_was_asked(client, workspace, how):
    now = timezone.now()
    membership = MembershipFactory(workspace=workspace, user__email="ann@example.com")
    approval = ask(workspace=workspace, deadline_at=now + timedelta(seconds=-1 if how == "late" else 600))
    if how == "decided":
        assert "ch_1" in client.get(address(approval, "ben@example.com")).content.decode()
        post(client, approval, email="ben@example.com", comment="ch_1 is fine")
    elif how == "cancelled":
        Run.objects.filter(pk=approval.run_id).update(status="cancelled", finished_at=now)
    elif how == "closed":
        Approval.objects.close(at=now)
    elif how == "left":
        membership.delete()

    told = client.get(address(approval))
    again = client.post(address(approval), {"decision": "approve"})

    assert again.status_code in (403, 409)
    for page in (told.content.decode(), again.content.decode()):
        assert approval.name in page
        assert not [each for each in ASKED if f">{each}" in page or "ch_1" in page]
        assert "<form" not in page


def test_a_decision_needs_one_of_the_two_words(client):
    approval = ask()

    response = post(client, approval, "perhaps")

    approval.refresh_from_db()
    assert response.status_code == 400
    assert approval.status == "pending"


def test_a_link_behind_the_deadline_decides_nothing(client):
    approval = ask(deadline_at=timezone.now() - timedelta(seconds=1))

    shown, posted = client.get(address(approval)), post(client, approval)

    approval.refresh_from_db()
    assert "Its deadline is over." in shown.content.decode()
    assert posted.status_code == 409
    assert approval.status == "pending"


def test_a_link_of_a_cancelled_run_decides_nothing(client):
    approval = ask()
    Run.objects.filter(pk=approval.run_id).update(status="cancelled", finished_at=timezone.now())

    response = post(client, approval)

    approval.refresh_from_db()
    assert response.status_code == 409
    assert approval.status == "pending"


@pytest.mark.parametrize("token", ["x", "A" * 43, "ä" * 20])
def test_an_unknown_link_gets_a_friendly_page(client, token):
    response = client.get(f"/approvals/{token}/")

    assert response.status_code == 404
    assert "newer mail" in response.content.decode()


def test_a_member_is_asked_to_sign_in_and_is_recorded_by_name(client):
    approval = ask()
    membership = MembershipFactory(
        workspace=approval.workspace, user__email="Ann@example.com", user__username="ann"
    )
    shown, refused = client.get(address(approval)), post(client, approval)
    client.force_login(membership.user)

    response = post(client, approval)

    approval.refresh_from_db()
    assert "Sign in to decide" in shown.content.decode()
    assert refused.status_code == 403
    assert response.status_code == 200
    assert approval.decided_by == membership.user
    assert approval.decided_as.startswith("ann,")


@pytest.mark.parametrize("role", ["viewer", "owner"])
def test_a_members_link_is_of_no_use_to_another_member(client, role):
    approval = ask()
    MembershipFactory(workspace=approval.workspace, user__email="ann@example.com")
    other = MembershipFactory(workspace=approval.workspace, user__email="vic@example.com", role=role)
    client.force_login(other.user)

    shown, refused = client.get(address(approval)), post(client, approval)

    approval.refresh_from_db()
    assert "<form" not in shown.content.decode()
    assert refused.status_code == 403
    assert "decide in the admin" in refused.content.decode()
    assert approval.status == "pending"
    with pytest.raises(NotAllowed):
        decide_approval(approval, approve=True, link=approval.links.first(), actor=Actor.of(other.user))


@pytest.mark.parametrize("gone", ["deactivated", "removed", "renamed", "deleted"])
def test_the_link_of_a_member_who_left_opens_nothing(client, workspace, gone):
    membership = MembershipFactory(workspace=workspace, user__email="Ann@example.com")
    approval = ask(workspace=workspace)
    user = membership.user
    if gone == "deactivated":
        user.is_active = False
        user.save()
    elif gone == "removed":
        membership.delete()
    elif gone == "renamed":
        user.email = "other@example.com"
        user.save()
    else:
        user.delete()

    signed_out = post(client, approval).status_code
    if gone == "removed":
        client.force_login(user)
    posted = post(client, approval).status_code

    approval.refresh_from_db()
    assert (signed_out, posted) == ((404, 404) if gone == "deleted" else (403, 403))
    assert approval.status == "pending"


def test_who_becomes_a_member_later_signs_in_too(client):
    approval = ask()
    membership = MembershipFactory(workspace=approval.workspace, user__email="ANN@example.com")

    refused = post(client, approval).status_code
    client.force_login(membership.user)

    assert (refused, post(client, approval).status_code) == (403, 200)


def test_somebody_signed_in_elsewhere_decides_by_the_link(client, stranger):
    approval = ask()
    client.force_login(stranger)

    post(client, approval)

    approval.refresh_from_db()
    assert (approval.decided_by, approval.decided_as) == (None, "the link sent to ann@example.com")


def test_a_decision_stands_in_the_audit_trail(client):
    approval = ask()

    post(client, approval)

    entry = AuditEntry.objects.get(verb="approval.decided")
    assert entry.actor_label == "the link sent to ann@example.com"
    assert entry.after["approval"] == "approved"


def test_a_token_is_stored_nowhere(client):
    approval = ask()
    token = address(approval).split("/")[2]

    for link in ApprovalLink.objects.all():
        assert token.encode() not in bytes(link.token_hash)
    assert token not in str(list(Approval.objects.values())) + str(list(ApprovalLink.objects.values()))


def test_links_of_other_addressees_steps_and_rounds_differ():
    approval = ask()
    first = {address(approval, email) for email in ("ann@example.com", "ben@example.com")}
    approval.round += 1
    second = {address(approval, email) for email in ("ann@example.com", "ben@example.com")}
    approval.path = "other"
    third = address(approval)

    assert len(first | second | {third}) == 5


# In the admin


def test_an_operator_decides_in_the_admin(workspace, owner_client, owner):
    approval = ask(workspace=workspace)

    owner_client.post(f"/admin/runs/approval/{approval.pk}/decide/", {"decision": "approve"})

    approval.refresh_from_db()
    assert (approval.status, approval.decided_via, approval.decided_by) == ("approved", "admin", owner)


def test_a_viewer_sees_it_and_may_not_decide(workspace, viewer_client):
    approval = ask(workspace=workspace)

    page = viewer_client.get(f"/admin/runs/approval/{approval.pk}/change/")
    response = viewer_client.post(f"/admin/runs/approval/{approval.pk}/decide/", {"decision": "approve"})

    approval.refresh_from_db()
    assert "Your role may not decide this" in page.content.decode()
    assert response.status_code == 403
    assert approval.status == "pending"


def test_the_service_refuses_who_may_not_operate_runs(workspace, viewer):
    with pytest.raises(NotAllowed):
        decide_approval(ask(workspace=workspace), approve=True, actor=Actor.of(viewer))


def test_what_waits_stands_first_by_its_deadline(workspace, owner_client):
    now = timezone.now()
    for name, days in (("Late", 5), ("Soon", 1), ("Settled", 3)):
        ask(workspace=workspace, name=name, deadline_at=now + timedelta(days=days))
    Approval.objects.filter(name="Settled").update(status="denied", decided_at=now, decided_as="Ann")

    page = owner_client.get("/admin/runs/approval/").content.decode()

    assert page.index(">Soon<") < page.index(">Late<") < page.index(">Settled<")


def test_the_list_does_not_ask_per_row(workspace, owner_client, django_assert_max_num_queries):
    for number in range(5):
        ask(workspace=workspace, name=f"Number {number}")

    with django_assert_max_num_queries(12):
        owner_client.get("/admin/runs/approval/")


def test_money_is_shown_as_money(workspace, owner_client):
    shown = {
        "step": "Charge",
        "action": "stripe.create-payment-intent",
        "connection": "Stripe",
        "inputs": {"amount": 1250, "currency": "usd", "amount_unit": "minor"},
    }
    approval = ask(workspace=workspace, shown=[shown])

    assert "12.50 USD" in owner_client.get(f"/admin/runs/approval/{approval.pk}/change/").content.decode()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_decisions_one_wins():
    approval = ask()
    links = list(approval.links.all())
    start, told = threading.Barrier(2), []

    def decide(link, approve):
        start.wait()
        try:
            decide_approval(Approval.objects.get(pk=approval.pk), approve=approve, link=link)
            told.append("won")
        except Conflict as error:
            told.append(error.code)
        finally:
            database.close()

    threads = [threading.Thread(target=decide, args=pair) for pair in zip(links, (True, False), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["decided_already", "won"]
    assert AuditEntry.objects.filter(verb="approval.decided").count() == 1


def frozen(inputs, **rest):
    shown = {"step": "Refund", "action": "stripe.create-refund", "connection": "", "inputs": inputs} | rest
    return showing.freeze([shown], names={}, secrets=())


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"charge": "ch_1", "metadata": {str(number): "x" for number in range(250)}}, "50 more of “"),
        ({"charge": "x" * 20_000}, " more characters of “"),
        ({"charge": "ch_1", "unheard_of": 1}, "“unheard_of” is not shown."),
    ],
)
def test_what_is_cut_is_counted_and_nothing_claims_that_all_is_shown(inputs, told, workspace, client):
    approval = ask(workspace=workspace, shown=frozen(inputs))

    page = client.get(address(approval)).content.decode()

    assert told in page
    assert "not shown." in page
    assert "exactly these values" not in page


def test_a_step_whose_values_are_not_known_yet_is_told_with_the_way_there(workspace, client):
    approval = ask(workspace=workspace, shown=frozen(None, branch="“Fork”: then"))

    page = client.get(address(approval)).content.decode()

    assert "“Fork”: then" in page
    assert "more is sent than is shown here" in page
    assert "exactly these values" not in page


def test_values_that_are_all_shown_are_exactly_what_is_sent(workspace, client):
    page = client.get(address(ask(workspace=workspace))).content.decode()

    assert "the steps below send exactly these values" in page
