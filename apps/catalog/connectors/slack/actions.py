"""What can be done in Slack.

Nothing makes a repeated post harmless: Slack has no idempotency key, so a post of
which nobody knows whether it arrived is decided by a person.
"""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.slack import client, fields
from apps.catalog.errors import Certainty, Permanent, Retryable
from apps.catalog.spec import Action, CallContext, Effect, Field, Idempotency
from apps.catalog.transport import NoAnswer, NotSent

_METHODS = "https://docs.slack.dev/reference/methods"
PAGES = 10
PAGE_SIZE = 200


def send_message(call: CallContext) -> dict[str, Any]:
    """Post to a channel by bot token, or to the incoming webhook's own."""
    inputs = call.inputs
    if call.account.values.get("bot_token"):
        channel = str(inputs.get("channel") or call.account.values.get("channel", ""))
        if not channel:
            raise Permanent(
                "No channel is chosen, and the connection has no usual one.",
                code="required",
                remedy="Choose a channel in the step, or enter a usual one under Reconnect.",
                field="channel",
            )
        return _post(call, channel)
    for key in ("channel", "thread_ts", "username", "icon_emoji"):
        if inputs.get(key):
            raise Permanent(
                "An incoming webhook posts to its own channel under its own name, and to no thread.",
                code="webhook_only_posts",
                remedy="Leave this field empty, or give the connection a bot token.",
                field=key,
            )
    body = {"text": inputs["text"], "unfurl_links": bool(inputs.get("unfurl_links", False))}
    client.post(call.account, call.send, body, deadline=call.deadline)
    return {"channel": None, "ts": None}


def send_direct_message(call: CallContext) -> dict[str, Any]:
    """Post to a person, found by e-mail where the id is not given; a bot may post to a person's id.

    While the person is only looked up nothing has been sent, whatever happens.
    """
    if call.inputs.get("user"):
        return _post(call, str(call.inputs["user"]))
    try:
        person = _person(call)
    except Retryable as error:
        raise _not_sent(error) from None
    except NoAnswer as error:
        raise NotSent(error.reason, code=error.code) from None
    if person.get("deleted") is True:
        raise Permanent(
            "This person has left the Slack workspace.",
            code="deactivated",
            remedy="Filter such people out, or send to a channel.",
            field="email",
        )
    return _post(call, str(person["id"]))


def update_message(call: CallContext) -> dict[str, Any]:
    """Change the text of a message that the app has sent."""
    inputs = call.inputs
    body = {"channel": inputs["channel"], "ts": inputs["ts"], "text": inputs["text"]}
    answer = client.write(call.account, call.send, "chat.update", body, deadline=call.deadline)
    return {"channel": answer.get("channel"), "ts": answer.get("ts")}


def find_user(call: CallContext) -> dict[str, Any]:
    """Look a person up by e-mail."""
    person = _person(call)
    profile = person.get("profile") if isinstance(person.get("profile"), Mapping) else {}
    return {
        "user": person.get("id"),
        "name": person.get("real_name") or _of(profile, "real_name"),
        "email": _of(profile, "email"),
        "handle": person.get("name"),
        "time_zone": person.get("tz"),
        "deactivated": person.get("deleted") is True,
    }


def list_channels(call: CallContext) -> dict[str, Any]:
    """List the channels that the app can see, up to 2,000, narrowed by a part of the name."""
    search = str(call.inputs.get("search", "")).lstrip("#").lower()
    options: list[dict[str, str]] = []
    cursor = ""
    for _ in range(PAGES):
        query = {
            "types": "public_channel,private_channel",
            "exclude_archived": "true",
            "limit": str(PAGE_SIZE),
            **({"cursor": cursor} if cursor else {}),
        }
        answer = client.read(call.account, call.send, "conversations.list", query, deadline=call.deadline)
        options += [row for row in _options(answer) if search in row["label"].lower()]
        meta = answer.get("response_metadata")
        cursor = str(_of(meta, "next_cursor") or "") if isinstance(meta, Mapping) else ""
        if not cursor:
            break
    return {"options": options}


def _post(call: CallContext, channel: str) -> dict[str, Any]:
    inputs = call.inputs
    body = {
        "channel": channel,
        "text": inputs["text"],
        "unfurl_links": bool(inputs.get("unfurl_links", False)),
        **{key: inputs[key] for key in ("thread_ts", "username", "icon_emoji") if inputs.get(key)},
    }
    answer = client.write(call.account, call.send, "chat.postMessage", body, deadline=call.deadline)
    return {"channel": answer.get("channel"), "ts": answer.get("ts")}


def _not_sent(error: Retryable) -> Retryable:
    return Retryable(
        error.message,
        code=error.code,
        certainty=Certainty.NOT_DONE,
        after=error.after,
        remedy=error.remedy,
        status=error.status,
    )


def _person(call: CallContext) -> Mapping[str, Any]:
    """Return the member with this address, and no other: what comes back is compared."""
    email = str(call.inputs["email"])
    answer = client.read(
        call.account, call.send, "users.lookupByEmail", {"email": email}, deadline=call.deadline
    )
    person = answer.get("user")
    if not isinstance(person, Mapping) or not isinstance(person.get("id"), str):
        raise Permanent(
            "Slack told of nobody with this e-mail address.",
            code="users_not_found",
            remedy="Check the address.",
            field="email",
        )
    told = _of(person.get("profile"), "email")
    if isinstance(told, str) and told.lower() != email.strip().lower():
        raise Permanent(
            "Slack answered with another person than the one asked for.",
            code="other_person",
            remedy="Check the address in Slack.",
            field="email",
        )
    return person


def _options(answer: Mapping[str, Any]) -> list[dict[str, str]]:
    channels = answer.get("channels")
    found = []
    for each in channels if isinstance(channels, list) else []:
        if isinstance(each, Mapping) and isinstance(each.get("id"), str):
            mark = "" if each.get("is_private") else "#"
            found.append({"value": each["id"], "label": f"{mark}{each.get('name') or each['id']}"})
    return found


def _of(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _required(field: Field) -> Field:
    return field.model_copy(update={"required": True})


def _optional(field: Field) -> Field:
    return field.model_copy(update={"required": False})


ACTIONS = (
    Action(
        key="send-message",
        name="Send Message",
        description="Post a message to a channel.",
        inputs=(fields.TEXT, fields.CHANNEL, fields.THREAD, fields.UNFURL, fields.USERNAME, fields.ICON),
        outputs=fields.SENT,
        effect=Effect.CREATE,
        idempotency=Idempotency.NONE,
        call=send_message,
        provider_id="ts",
        docs_url=f"{_METHODS}/chat.postMessage",
    ),
    Action(
        key="send-direct-message",
        name="Send Direct Message",
        description="Post a message to one member, named by id or e-mail address.",
        inputs=(
            fields.USER,
            _optional(fields.EMAIL),
            fields.TEXT,
            fields.UNFURL,
            fields.USERNAME,
            fields.ICON,
        ),
        one_of=(("user", "email"),),
        outputs=fields.SENT,
        effect=Effect.CREATE,
        idempotency=Idempotency.NONE,
        call=send_direct_message,
        requires=("bot_token",),
        provider_id="ts",
        docs_url=f"{_METHODS}/chat.postMessage",
    ),
    Action(
        key="update-message",
        name="Update Message",
        description="Replace the text of a message that the app has sent.",
        inputs=(_required(fields.CHANNEL), fields.TS, fields.TEXT),
        outputs=fields.SENT,
        effect=Effect.UPSERT,
        idempotency=Idempotency.NATURAL,
        call=update_message,
        requires=("bot_token",),
        provider_id="ts",
        docs_url=f"{_METHODS}/chat.update",
    ),
    Action(
        key="find-user",
        name="Find User",
        description="Look up the member with an e-mail address.",
        inputs=(fields.EMAIL,),
        outputs=fields.PERSON,
        effect=Effect.READ,
        idempotency=Idempotency.NATURAL,
        call=find_user,
        requires=("bot_token",),
        provider_id="user",
        docs_url=f"{_METHODS}/users.lookupByEmail",
    ),
    Action(
        key="list-channels",
        name="List Channels",
        description="List the channels that the app can see.",
        inputs=(fields.SEARCH,),
        outputs=fields.CHANNELS,
        effect=Effect.READ,
        idempotency=Idempotency.NATURAL,
        call=list_channels,
        requires=("bot_token",),
        docs_url=f"{_METHODS}/conversations.list",
        hidden=True,
    ),
)
