"""What a transactional mail carries besides its text: headers, files and switches."""

import base64
import json

import pytest

from apps.catalog.connectors.customerio import payloads
from apps.catalog.connectors.customerio.mail import MAX_ATTACHMENTS
from apps.catalog.errors import Permanent

MAIL = {
    "transactional_message_id": "3",
    "to": "pat@example.com",
    "identifiers_email": "pat@example.com",
}


def sent(**inputs):
    """Return the body of a mail with these inputs."""
    return payloads.send_email(MAIL | inputs)


def test_headers_become_a_text_of_json():
    body = sent(headers={"X-Campaign": "dunning", "List-Id": "Überfällig"})

    assert json.loads(body["headers"]) == [
        {"name": "X-Campaign", "value": "dunning"},
        {"name": "List-Id", "value": "Überfällig"},
    ]


def test_files_are_sent_by_their_names():
    assert sent(attachments={"receipt.pdf": "JVBERi0="})["attachments"] == {"receipt.pdf": "JVBERi0="}


@pytest.mark.parametrize("empty", [None, {}])
def test_nothing_is_sent_of_what_is_empty(empty):
    assert not {"headers", "attachments"} & set(sent(headers=empty, attachments=empty))


def test_a_draft_is_asked_for_as_such():
    assert sent(queue_draft=True)["queue_draft"] is True
    assert "queue_draft" not in sent()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"headers": {"X Campaign": "a"}}, "name"),
        ({"headers": {"X-Campaign": "a\r\nBcc: eve@example.com"}}, "line break"),
        ({"headers": {"X-Campaign: a\r\nBcc": "eve@example.com"}}, "name"),
        ({"headers": {"X-Campaign": ""}}, "empty"),
        ({"headers": {"X-Campaign": ["a"]}}, "empty"),
        ({"headers": "X-Campaign: a"}, "names and values"),
        ({"attachments": {"receipt": "JVBERi0="}}, "ending"),
        ({"attachments": {"../receipt.pdf": "JVBERi0="}}, "ending"),
        ({"attachments": {"receipt.pdf": "no base64!"}}, "Base64"),
        ({"attachments": {"receipt.pdf": 5}}, "Base64"),
        ({"attachments": {"receipt.pdf": "é"}}, "Base64"),
    ],
)
def test_what_could_not_be_sent_as_meant_is_refused(inputs, said):
    with pytest.raises(Permanent) as caught:
        sent(**inputs)

    assert caught.value.field in inputs
    assert said in caught.value.message


def test_files_are_measured_together_as_they_are_without_base64():
    half = base64.b64encode(bytes(MAX_ATTACHMENTS // 2)).decode()

    sent(attachments={"a.bin": half, "b.bin": base64.b64encode(bytes(10)).decode()})
    with pytest.raises(Permanent) as caught:
        sent(attachments={"a.bin": half, "b.bin": half})

    assert caught.value.code == "too_long"
