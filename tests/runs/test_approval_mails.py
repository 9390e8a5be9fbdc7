"""The mails that bring an approval's links: sent once, or visibly not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.catalog.transport import NoAnswer
from apps.connections.models import SandboxCall
from apps.connections.senders import Sender
from apps.runs.approvals import mailing
from apps.runs.approvals.models import Approval, ApprovalLink
from apps.runs.models import Run
from tests.factories import ConnectionFactory
from tests.runs.asked import address, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def approval(workspace):
    mail = ConnectionFactory(workspace=workspace, app="email", name="Company mail")
    return ask(workspace=workspace, connection=mail)


def send_due():
    """Do what the look and its tasks do."""
    now = timezone.now()
    for number in mailing.due(at=now):
        if mailing.take(number, at=now):
            mailing.send(number)


def test_each_addressee_gets_a_mail_with_the_own_link(approval):
    ann, ben = approval.links.all()

    mails = [mailing.content(link) for link in (ann, ben)]

    assert [mail["to"] for mail in mails] == ["ann@example.com", "ben@example.com"]
    assert address(approval) in mails[0]["text"]
    assert address(approval, "ben@example.com") in mails[1]["text"]
    assert "May we refund?" in mails[0]["subject"]
    assert "counts as denied" in mails[0]["text"]


def test_the_mails_are_sent_once(approval):
    send_due()
    send_due()

    assert SandboxCall.objects.filter(connection=approval.connection).count() == 2
    assert not ApprovalLink.objects.filter(sent_at__isnull=True).exists()


def test_a_mail_is_leased_by_one_task(approval):
    now = timezone.now()
    number = mailing.due(at=now)[0]

    assert [mailing.take(number, at=now) for _ in range(2)] == [True, False]


def test_a_lost_task_is_queued_again(approval):
    now = timezone.now()
    for number in mailing.due(at=now):
        mailing.take(number, at=now)

    assert not mailing.due(at=now + timedelta(seconds=30))
    assert len(mailing.due(at=now + timedelta(seconds=61))) == 2


def test_nothing_is_sent_without_a_connection(workspace):
    ask(workspace=workspace)

    assert mailing.due(at=timezone.now()) == []


def test_a_decided_approval_sends_no_mail_any_more(approval):
    Approval.objects.update(status="denied", decided_at=timezone.now())

    send_due()

    assert not SandboxCall.objects.exists()
    assert mailing.due(at=timezone.now() + timedelta(days=1)) == []


def test_a_mail_that_failed_says_so_on_the_page_and_is_tried_again(approval, monkeypatch, owner_client):
    def refuse(request, *, deadline):
        raise NoAnswer("The mail server did not answer.", code="no_answer")

    monkeypatch.setattr(mailing, "sender_for", lambda _: Sender(refuse, in_thread=False))
    send_due()

    link = approval.links.first()
    page = owner_client.get(approval.get_absolute_url()).content.decode()
    assert link.sent_at is None
    assert link.error
    assert link.next_at > timezone.now()
    assert "Trying again" in page
    assert link.error in page


def test_a_gone_connection_is_told_and_not_tried_again(approval):
    approval.connection.status = "disconnected"
    approval.connection.save()

    send_due()

    link = approval.links.first()
    assert link.next_at is None
    assert "Choose another e-mail connection" in link.remedy


def test_the_look_takes_back_what_a_lost_run_asked(approval, monkeypatch):
    Run.objects.update(status="failed", finished_at=timezone.now())
    monkeypatch.setattr(mailing, "_next", [0.0])
    monkeypatch.setattr(mailing, "async_task", lambda *_: None)

    mailing.look(at=timezone.now())

    approval.refresh_from_db()
    assert approval.status == "closed"


def test_an_operator_has_the_mails_sent_again(approval, owner_client):
    send_due()

    owner_client.post(f"/admin/runs/approval/{approval.pk}/mail/")
    send_due()

    assert SandboxCall.objects.filter(connection=approval.connection).count() == 4


def test_a_viewer_has_no_mails_sent(approval, viewer_client):
    send_due()

    assert viewer_client.post(f"/admin/runs/approval/{approval.pk}/mail/").status_code == 403
    assert mailing.due(at=timezone.now()) == []


def test_links_outlive_a_new_search_key(approval, settings):
    settings.SEARCH_KEYS = ["a new key of the tests, long enough to be one", *settings.SEARCH_KEYS]

    link = approval.links.get(email="ann@example.com")

    assert mailing.tokens.hash_of(mailing.token_of(link)) == bytes(link.token_hash)
