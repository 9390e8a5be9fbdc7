"""What goes to Slack for each action, and what is made of its answers."""

import pytest

from apps.catalog.connectors.slack import APP
from apps.catalog.connectors.slack.auth import check, read_grant, refusal
from apps.catalog.connectors.slack.fields import escaped
from apps.catalog.errors import Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account
from apps.catalog.transport import NoAnswer, NotSent, Response
from tests.catalog.slack.conftest import TOKEN, WEBHOOK, reply

JANE = {"id": "U1", "name": "jane", "real_name": "Jane", "profile": {"email": "jane@example.com"}}


def test_a_message_is_posted_as_json_with_the_token_in_a_header(slack):
    slack.answers = [reply({"ok": True, "channel": "C1", "ts": "1.2"})]

    sent = slack.do("send-message", channel="C024BE91L", text="Hé <!here>", thread_ts="1.1")

    request = slack.requests[0]
    assert (request.method, request.url) == ("POST", "https://slack.com/api/chat.postMessage")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert slack.sent() == {
        "channel": "C024BE91L",
        "text": "Hé <!here>",
        "unfurl_links": False,
        "thread_ts": "1.1",
    }
    assert sent == {"channel": "C1", "ts": "1.2"}


def test_the_usual_channel_stands_in_and_without_one_nothing_is_sent(slack):
    slack.do("send-message", {"bot_token": TOKEN, "channel": "C0USUAL"}, text="Hello")
    with pytest.raises(Permanent) as caught:
        slack.do("send-message", text="Hello")

    assert slack.sent()["channel"] == "C0USUAL"
    assert caught.value.field == "channel"
    assert len(slack.requests) == 1


def test_an_incoming_webhook_is_posted_to_and_answers_in_plain_text(slack):
    slack.answers = [Response(200, {"content-type": "text/html"}, b"ok")]

    sent = slack.do("send-message", {"webhook_url": WEBHOOK}, text="Hello")

    assert slack.requests[0].url == WEBHOOK
    assert slack.sent() == {"text": "Hello", "unfurl_links": False}
    assert sent == {"channel": None, "ts": None}


def test_a_base_address_takes_the_webhooks_place_too(slack):
    slack.answers = [Response(200, {}, b"ok")]

    slack.do("send-message", {"webhook_url": WEBHOOK}, "http://127.0.0.1:9/slack", text="Hello")

    assert slack.requests[0].url == "http://127.0.0.1:9/slack/services/T0/B0/canaryCanary"


@pytest.mark.parametrize("field", ["channel", "thread_ts", "username", "icon_emoji"])
def test_a_webhook_refuses_what_it_would_ignore(slack, field):
    with pytest.raises(Permanent) as caught:
        slack.do("send-message", {"webhook_url": WEBHOOK}, text="Hello", **{field: "x"})

    assert caught.value.field == field
    assert slack.requests == []


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (404, b"no_service", NeedsHuman),
        (403, b"invalid_token", NeedsHuman),
        (410, b"channel_is_archived", Permanent),
        (400, b"no_text", Permanent),
        (400, b"something_new", Permanent),
        (429, b"", Retryable),
        (500, b"<html>", Retryable),
        (200, b"<html>", Retryable),
    ],
)
def test_a_webhooks_refusals_are_classed(slack, status, word, kind):
    slack.answers = [Response(status, {"content-type": "text/html"}, word)]

    with pytest.raises(kind) as caught:
        slack.do("send-message", {"webhook_url": WEBHOOK}, text="Hello")

    assert "canaryCanary" not in f"{caught.value.message} {caught.value.remedy}"


@pytest.mark.parametrize(
    ("code", "kind", "certainty"),
    [
        ("invalid_auth", NeedsHuman, Certainty.REFUSED),
        ("token_revoked", NeedsHuman, Certainty.REFUSED),
        ("account_inactive", NeedsHuman, Certainty.REFUSED),
        ("ratelimited", Retryable, Certainty.NOT_DONE),
        ("internal_error", Retryable, Certainty.UNCERTAIN),
        ("fatal_error", Retryable, Certainty.UNCERTAIN),
        ("channel_not_found", Permanent, Certainty.REFUSED),
        ("a_code_of_tomorrow", Permanent, Certainty.REFUSED),
    ],
)
def test_ok_false_is_classed_by_its_code(slack, code, kind, certainty):
    slack.answers = [reply({"ok": False, "error": code})]

    with pytest.raises(kind) as caught:
        slack.do("send-message", channel="C1", text="Hello")

    assert caught.value.certainty is certainty
    assert caught.value.remedy or kind is Retryable


def test_slack_says_how_long_to_wait(slack):
    slack.answers = [reply({"ok": False, "error": "ratelimited"}, 429, retry_after="30")]

    with pytest.raises(Retryable) as caught:
        slack.do("send-message", channel="C1", text="Hello")

    assert (caught.value.after, caught.value.certainty) == (30.0, Certainty.NOT_DONE)


def test_a_missing_scope_is_named(slack):
    slack.answers = [reply({"ok": False, "error": "missing_scope", "needed": "channels:read"})]

    with pytest.raises(Permanent) as caught:
        slack.do("list-channels")

    assert "channels:read" in caught.value.message


@pytest.mark.parametrize("body", [b"<!DOCTYPE html>", b"", b"[]", b'{"ok": "yes"}'])
def test_an_answer_that_says_nothing_is_uncertain(slack, body):
    slack.answers = [Response(200, {}, body)]

    with pytest.raises(Retryable) as caught:
        slack.do("send-message", channel="C1", text="Hello")

    assert caught.value.certainty is Certainty.UNCERTAIN


def test_a_direct_message_finds_the_person_first(slack):
    slack.answers = [reply({"ok": True, "user": JANE}), reply({"ok": True, "channel": "D1", "ts": "1.2"})]

    sent = slack.do("send-direct-message", email="Jane@example.com", text="Hello")

    assert slack.requests[0].url == "https://slack.com/api/users.lookupByEmail?email=Jane%40example.com"
    assert slack.sent()["channel"] == "U1"
    assert sent == {"channel": "D1", "ts": "1.2"}


def test_a_known_person_is_posted_to_at_once(slack):
    slack.do("send-direct-message", user="U1", text="Hello")

    assert len(slack.requests) == 1


@pytest.mark.parametrize(
    "answer", [NoAnswer("lost", code="timeout"), reply({"ok": False, "error": "internal_error"})]
)
def test_a_look_up_that_is_unclear_has_sent_nothing(slack, answer):
    slack.answers = [answer]

    with pytest.raises((NotSent, Retryable)) as caught:
        slack.do("send-direct-message", email="jane@example.com", text="Hello")

    assert getattr(caught.value, "certainty", Certainty.NOT_DONE) is Certainty.NOT_DONE
    assert len(slack.requests) == 1


def test_somebody_who_left_gets_no_message(slack):
    slack.answers = [reply({"ok": True, "user": {**JANE, "deleted": True}})]

    with pytest.raises(Permanent) as caught:
        slack.do("send-direct-message", email="jane@example.com", text="Hello")

    assert caught.value.code == "deactivated"
    assert len(slack.requests) == 1


def test_another_person_than_asked_for_is_not_taken(slack):
    slack.answers = [reply({"ok": True, "user": {**JANE, "profile": {"email": "eve@example.com"}}})]

    with pytest.raises(Permanent) as caught:
        slack.do("find-user", email="jane@example.com")

    assert caught.value.code == "other_person"


def test_channels_are_listed_over_pages_and_narrowed(slack):
    def page(name, cursor):
        channel = {"id": f"C{name}", "name": name}
        return reply({"ok": True, "channels": [channel], "response_metadata": {"next_cursor": cursor}})

    slack.answers = [page("billing", "two"), page("general", "")]

    found = slack.do("list-channels", search="#bill")

    assert found == {"options": [{"value": "Cbilling", "label": "#billing"}]}
    assert "cursor=two" in slack.requests[1].url


def test_the_list_ends_though_the_pages_do_not(slack):
    slack.answers = [reply({"ok": True, "response_metadata": {"next_cursor": "again"}})] * 50

    slack.do("list-channels")

    assert len(slack.requests) == 10


def test_without_a_token_an_action_that_needs_one_says_so(slack):
    with pytest.raises(NeedsHuman) as caught:
        slack.do("find-user", {"webhook_url": WEBHOOK}, email="jane@example.com")

    assert "Authorize" in caught.value.remedy
    assert slack.requests == []


def test_filled_values_can_not_mention_anybody():
    assert escaped("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"
    texts = [field for action in APP.actions for field in action.inputs if field.key == "text"]
    assert texts
    assert all(field.escape is escaped for field in texts)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "bot_token"),
        ({"bot_token": "xoxp-1234567890"}, "bot_token"),
        ({"bot_token": "xoxb-1 2"}, "bot_token"),
        ({"webhook_url": "http://hooks.slack.com/services/T0/B0/x"}, "webhook_url"),
        ({"webhook_url": "https://hooks.slack.com.evil.example.com/services/T0"}, "webhook_url"),
        ({"webhook_url": "https://evil.example.com/https://hooks.slack.com/services/T"}, "webhook_url"),
        ({"webhook_url": "https://hooks.slack.com@evil.example.com/services/T0"}, "webhook_url"),
        ({"webhook_url": "https://hooks.slack.com/services/../../x?y=1"}, "webhook_url"),
        ({"bot_token": "xoxb-1234567890", "channel": "#billing"}, "channel"),
    ],
)
def test_what_can_not_be_a_key_is_refused_at_its_field(values, field):
    with pytest.raises(Permanent) as caught:
        check(values)

    assert caught.value.field == field


@pytest.mark.parametrize("kind", ["workflows", "triggers"])
def test_an_address_of_workflow_builder_is_refused_as_what_it_is(kind):
    with pytest.raises(Permanent, match="Workflow Builder") as caught:
        check({"webhook_url": f"https://hooks.slack.com/{kind}/T0123/456/abcdef"})

    assert caught.value.field == "webhook_url"


GRANT = {"ok": True, "access_token": "xoxb-17653672481"}
ORGANISATION = {"id": "E1", "name": "Example Group"}


@pytest.mark.parametrize("team", [None, {}, {"id": ""}])
def test_an_app_of_a_whole_organisation_is_the_organisations(team):
    granted = read_grant({**GRANT, "team": team, "enterprise": ORGANISATION, "is_enterprise_install": True})

    assert (granted.account_id, granted.account_name) == ("E1", "Example Group")


def test_in_an_organisation_a_workspace_comes_first():
    granted = read_grant({**GRANT, "team": {"id": "T1", "name": "Billing"}, "enterprise": ORGANISATION})

    assert (granted.account_id, granted.account_name) == ("T1", "Billing")


@pytest.mark.parametrize("token", ["xoxb-17653672481-19874", "xoxe.xoxb-1-abcdef"])
def test_bot_tokens_are_taken(token):
    check({"bot_token": token})


def test_a_webhook_is_not_tried_by_posting(slack):
    checked = APP.auth.test(Account({"webhook_url": WEBHOOK}), slack)

    assert slack.requests == []
    assert "canaryCanary" not in checked.message


def test_the_test_names_the_workspace(slack):
    slack.answers = [reply({"ok": True, "team": "Acme", "user": "tandem"})]

    assert "“Acme”" in APP.auth.test(Account({"bot_token": TOKEN}), slack).message


def test_a_grant_without_a_bot_token_is_none():
    """An app without bot scopes grants a user's token only."""
    with pytest.raises(Permanent):
        read_grant({"ok": True, "access_token": "", "authed_user": {"access_token": "xoxp-1"}})


def test_ok_false_refuses_a_grant():
    assert refusal({"ok": False, "error": "invalid_code"}) == "invalid_code"
    assert refusal({"error": "x"}) == "x"
    assert refusal({}) == "unknown"
    assert refusal({"ok": True}) is None
