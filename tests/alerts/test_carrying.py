"""What leaves: a mail, a message to Slack and a signed request, each escaped for its reader."""

import base64
import email
import hashlib
import hmac
import json
from email import policy

import pytest

from apps.alerts import channels
from apps.alerts.channels import Wishes
from apps.alerts.models import Notice
from apps.alerts.wording import slack_text
from apps.common.errors import ValidationFailed
from tests.alerts.conftest import SECRET, SYSTEM, deliver
from tests.common.mail_server import mail_server
from tests.common.servers import reply, serving

pytestmark = pytest.mark.django_db

HOSTILE = "<!channel> *bold* & <https://evil.example.com|click>\r\nBcc: thief@example.com"


def body_of(request):
    return json.loads(request.partition(b"\r\n\r\n")[2])


def headers_of(request):
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_a_mail_goes_to_every_recipient_and_names_the_page(raised, mail_channel, settings):
    settings.PUBLIC_URL = "https://tandem.example.com"
    with mail_server() as server:
        mail_channel(server.port)
        alert = raised()
        deliver()

    (message,) = server.messages
    parsed = email.message_from_bytes(message.body, policy=policy.default)
    assert message.recipients == ["ops@example.com", "boss@example.com"]
    assert parsed["Subject"] == "[Tandem] Warning: Run failed: A run of “Welcome” failed."
    text = parsed.get_content()
    assert f"https://tandem.example.com{alert.get_absolute_url()}" in text
    assert "Look at the run." in text


def test_an_alert_s_text_adds_no_header_to_a_mail(raised, mail_channel):
    with mail_server() as server:
        mail_channel(server.port)
        raised(message=HOSTILE)
        deliver()

    parsed = email.message_from_bytes(server.messages[0].body, policy=policy.default)
    assert parsed["Bcc"] is None
    assert server.messages[0].recipients == ["ops@example.com", "boss@example.com"]


def test_without_a_mail_server_the_record_says_what_to_do(workspace, raised):
    channels.create_channel(
        workspace, actor=SYSTEM, kind="email", wishes=Wishes(name="Mail", recipients="ops@example.com")
    )
    raised()
    deliver()

    notice = Notice.objects.get()
    assert notice.status == "failed"
    assert "No mail server is connected" in notice.error
    assert "Add a connection of the app “Email”" in notice.remedy


def test_slack_gets_text_that_mentions_and_formats_nothing(raised, posting_channel):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        alert = raised(message=HOSTILE)
        deliver()

    message = body_of(server.requests[0])
    shown = message["blocks"][0]["text"]["text"]
    assert "<!channel>" not in shown + message["text"]
    assert "&lt;!channel&gt;" in shown
    assert "<https://evil" not in shown
    assert "*bold*" not in shown
    assert alert.get_absolute_url() in message["blocks"][1]["text"]["text"]


def test_slack_text_keeps_what_is_harmless():
    assert slack_text("3 runs failed") == "3 runs failed"


def test_a_webhook_is_signed_as_standard_webhooks_says(raised, posting_channel):
    with serving(reply(b"")) as server:
        posting_channel("webhook", server.port)
        alert = raised()
        deliver()

    request = server.requests[0]
    headers, body = headers_of(request), request.partition(b"\r\n\r\n")[2]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert told["type"] == "alert.opened"
    assert told["data"]["alert"] == str(alert.code)
    assert told["data"]["link"] == alert.get_absolute_url()


def test_every_attempt_of_a_message_has_the_same_id(raised, posting_channel):
    with serving(reply(b"", status="500 Error"), reply(b"")) as server:
        posting_channel("webhook", server.port)
        raised()
        deliver()
        deliver(later=400)

    first, second = (headers_of(request)["webhook-id"] for request in server.requests)
    assert first == second


def test_an_answer_that_repeats_the_address_does_not_show_it(raised, posting_channel):
    with serving(reply(b"no such hook: x1y2z3secret", status="404 Not Found")) as server:
        posting_channel("slack", server.port)
        raised()
        deliver()

    notice = Notice.objects.get()
    assert notice.status == "failed"
    assert "x1y2z3secret" not in notice.error


def test_an_address_that_is_private_is_not_called(raised, posting_channel, settings):
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        settings.EGRESS_ALLOW = []
        raised()
        deliver()

    assert server.requests == []
    assert "not a public address" in Notice.objects.get().error


def test_a_moved_secret_does_not_open(raised, posting_channel):
    with serving(reply(b"ok")) as server:
        mine = posting_channel("slack", server.port)
        mine.host = "elsewhere.example.com"
        mine.save()
        raised()
        deliver()

    assert server.requests == []
    assert "Enter the address again" in Notice.objects.get().remedy


@pytest.mark.parametrize("url", ["http://hooks.example.com/x", "https://a:b@hooks.example.com/", "hooks", ""])
def test_an_address_without_encryption_or_with_a_login_is_refused(workspace, url):
    with pytest.raises(ValidationFailed) as refused:
        channels.create_channel(workspace, actor=SYSTEM, kind="slack", wishes=Wishes(name="S", url=url))

    assert refused.value.field == "url"


def test_a_new_address_demands_its_signing_secret(posting_channel):
    with serving(reply(b"")) as server:
        mine = posting_channel("webhook", server.port)

    wishes = Wishes(name="W", url="https://other.example.com/hook")
    with pytest.raises(ValidationFailed) as refused:
        channels.change_channel(mine, actor=SYSTEM, wishes=wishes)

    assert refused.value.field == "signing_secret"
