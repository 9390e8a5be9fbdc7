"""The pages: who sees what, secrets stay secret, what a person does is done."""

import pytest

from apps.alerts import telling
from apps.alerts.models import Alert, Channel, Notice
from tests.alerts.conftest import SECRET

pytestmark = pytest.mark.django_db

CHANNELS = "/admin/alerts/channel/"
WEBHOOK = {
    "name": "Pager",
    "url": "https://hooks.example.com/x1y2z3secret",
    "signing_secret": SECRET,
    "min_severity": "warning",
    "period_minutes": "60",
    "enabled": "on",
}


def test_an_admin_adds_a_channel_whose_secrets_are_not_shown_again(admin_member, persona_client):
    client = persona_client("admin_member")

    response = client.post(f"{CHANNELS}add/?kind=webhook", WEBHOOK, follow=True)

    channel = Channel.objects.get()
    shown = response.content.decode()
    edit = client.get(f"{CHANNELS}{channel.pk}/edit/").content.decode()
    assert "hooks.example.com …cret" in shown
    assert "x1y2z3secret" not in shown + edit
    assert SECRET not in shown + edit
    assert b"x1y2z3secret" not in bytes(channel.secret)


def test_a_wrong_address_is_told_beside_its_field(persona_client, workspace):
    response = persona_client("owner").post(f"{CHANNELS}add/?kind=webhook", {**WEBHOOK, "url": "http://a.b/"})

    assert "must begin with https://" in response.content.decode()
    assert not Channel.objects.exists()


@pytest.mark.parametrize("persona", ["viewer", "editor"])
def test_who_may_not_manage_connections_sees_no_channel(persona, persona_client, posting_channel):
    channel = posting_channel("slack", 9)

    for address in (CHANNELS, f"{CHANNELS}add/", f"{CHANNELS}{channel.pk}/change/"):
        assert persona_client(persona).get(address).status_code == 403
    assert persona_client(persona).post(f"{CHANNELS}{channel.pk}/test/").status_code == 403
    assert not Notice.objects.exists()


def test_a_test_is_sent_and_its_outcome_stands_on_the_page(persona_client, posting_channel, settings):
    channel = posting_channel("slack", 9)
    settings.EGRESS_ALLOW = []
    client = persona_client("owner")

    client.post(f"{CHANNELS}{channel.pk}/test/")
    at = Notice.objects.get().created_at
    for number, attempt in telling.lease_due(at=at):
        telling.send(number, attempt)

    assert "not a public address" in client.get(f"{CHANNELS}{channel.pk}/change/").content.decode()


def test_a_mail_channel_says_that_no_mail_server_is_connected(persona_client, workspace):
    client = persona_client("owner")
    wishes = {**WEBHOOK, "recipients": "ops@example.com"}

    response = client.post(f"{CHANNELS}add/?kind=email", wishes, follow=True)

    assert "No mail server is connected in this workspace." in response.content.decode()


def test_an_editor_acknowledges_and_a_viewer_only_looks(persona_client, raised):
    alert = raised(message="<script>alert(1)</script>")
    page = alert.get_absolute_url()

    shown = persona_client("viewer").get(page).content.decode()
    assert "&lt;script&gt;" in shown
    assert "<script>alert(1)" not in shown
    assert "Acknowledge</button>" not in shown
    address = page.replace("/change/", "/acknowledge/")
    assert persona_client("viewer").post(address).status_code == 403

    persona_client("editor").post(address)
    alert.refresh_from_db()
    assert alert.status == Alert.Status.ACKNOWLEDGED
    assert alert.acknowledged_by.username == "edna-editor"


def test_an_empty_list_says_what_would_stand_there(persona_client, workspace):
    assert "Nothing is wrong" in persona_client("viewer").get("/admin/alerts/alert/").content.decode()
