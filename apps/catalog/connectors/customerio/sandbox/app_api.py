"""The sandbox's App API (https://customer.io/docs/api/app/)."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from apps.catalog.connectors.customerio import limits
from apps.catalog.connectors.customerio.auth import SANDBOX_VALUES
from apps.catalog.connectors.customerio.sandbox import catalog, messages, people, webhooks
from apps.catalog.connectors.customerio.sandbox.people import State
from apps.catalog.connectors.customerio.sandbox.replies import (
    body_of,
    fault,
    header,
    not_found,
    query_of,
    refused,
    reply,
    unauthorized,
)
from apps.catalog.transport import Request, Response

_AUTH = f"Bearer {SANDBOX_VALUES['app_api_key']}"
_DAYS_AHEAD = 90 * 86_400
_ATTRIBUTES = re.compile(r"/v1/customers/([^/]+)/attributes")
_TRIGGERS = re.compile(r"/v1/campaigns/([0-9]+)/triggers")
_AUDIENCES = ("recipients", "ids", "emails", "per_user_data", "data_file_url")


def answer(request: Request, path: str, state: State, now: float) -> Response:
    """Answer one request; changes the state."""
    if header(request, "authorization") != _AUTH:
        return unauthorized({})
    if path.startswith("/v1/reporting_webhooks"):
        return webhooks.answer(request, path, state)
    if path == "/v1/messages":
        return messages.answer(request, state)
    listed = _listed(request, path, state)
    if listed is not None:
        return listed
    if (request.method, path) == ("POST", "/v1/send/email"):
        return _send_email(request, state, now)
    if (request.method, path) == ("GET", "/v1/customers"):
        return _by_email(query_of(request).get("email", ""), state)
    found = _ATTRIBUTES.fullmatch(path)
    if found and request.method == "GET":
        return _attributes(unquote(found.group(1)), query_of(request).get("id_type", "id"), state)
    triggered = _TRIGGERS.fullmatch(path)
    if triggered and request.method == "POST":
        return _broadcast(int(triggered.group(1)), request, state)
    return not_found()


def _listed(request: Request, path: str, state: State) -> Response | None:
    if request.method != "GET":
        return None
    if path == "/v1/workspaces":
        workspace = {"id": catalog.WORKSPACE_ID, "name": "Sandbox", "people": len(state["people"])}
        return reply(200, {"workspaces": [workspace | {"messages_sent": len(state["sent"])}]})
    lists = {
        "/v1/transactional": {"messages": catalog.MESSAGES},
        "/v1/segments": {"segments": catalog.SEGMENTS},
        "/v1/broadcasts": {"broadcasts": catalog.BROADCASTS},
    }
    return reply(200, lists[path]) if path in lists else None


def _send_email(request: Request, state: State, now: float) -> Response:
    body = body_of(request)
    if body is None:
        return reply(400, {"meta": {"error": "the body is not a JSON object"}})
    identifiers = body.get("identifiers")
    chosen = list(identifiers.values()) if isinstance(identifiers, dict) else []
    person = str(chosen[0]) if chosen else ""
    failing = fault(person, state) or fault(str(body.get("to", "")), state)
    if failing:
        return failing
    problem = _email_problem(body, now)
    if problem:
        return reply(400, {"meta": {"error": problem}})
    if "cio_id" not in body["identifiers"] and people.find(state, person) is None:
        people.create(state, person)
    sent: dict[str, Any] = {"delivery_id": f"SBX{_derived(request, state)[:21]}", "queued_at": int(now)}
    if body.get("send_at", 0) > now:
        sent["send_at"] = body["send_at"]
    message = body["transactional_message_id"]
    people.append(state, "sent", sent | {"to": body["to"], "transactional_message_id": message})
    return reply(200, sent)


def _derived(request: Request, state: State) -> str:
    """Return what tells this call from all others, and is the same for the same history."""
    state["count"] = state.get("count", 0) + 1
    return hashlib.sha256(f"{state['count']}:".encode() + request.body).hexdigest()


def _email_problem(body: Mapping[str, Any], now: float) -> str:
    identifiers = body.get("identifiers")
    if not isinstance(body.get("to"), str) or "@" not in body["to"]:
        return "'to' is required"
    if (
        not isinstance(identifiers, dict)
        or len(identifiers) != 1
        or not identifiers.keys() <= {"id", "email", "cio_id"}
    ):
        return "'identifiers' must hold exactly one of id, email, cio_id"
    if sum(str(body.get(key, "")).count("@") for key in ("to", "cc", "bcc")) > limits.MAX_RECIPIENTS:
        return "too many recipients"
    wanted = str(body.get("transactional_message_id", "")).lower()
    if not any(wanted in {str(message["id"]), message["trigger_name"]} for message in catalog.MESSAGES):
        return "transactional message not found"
    send_at = body.get("send_at", 0)
    if not isinstance(send_at, int) or send_at > now + _DAYS_AHEAD:
        return "'send_at' must be at most 90 days ahead"
    return ""


def _by_email(email: str, state: State) -> Response:
    failing = fault(email, state)
    if failing:
        return failing
    if not email:
        return refused(400, "email is required")
    found = [
        {"id": person["id"], "email": person["email"], "cio_id": cio_id}
        for cio_id, person in _known(state).items()
        if person["email"] == email.lower()
    ]
    return reply(200, {"results": found})


def _attributes(identifier: str, id_type: str, state: State) -> Response:
    failing = fault(identifier, state)
    if failing:
        return failing
    if id_type not in ("id", "email", "cio_id"):
        return refused(400, "id_type is not supported by this workspace")
    known = _known(state)
    wanted = identifier.lower() if id_type == "email" else identifier
    cio_id = next(
        (key for key, person in known.items() if (key if id_type == "cio_id" else person[id_type]) == wanted),
        None,
    )
    if cio_id is None:
        return refused(404, "customer not found")
    person = known[cio_id]
    identifiers = {"id": person["id"], "email": person["email"], "cio_id": cio_id}
    attributes = {**person["attributes"], **{key: value or "" for key, value in identifiers.items()}}
    customer = {"id": person["id"] or "", "identifiers": identifiers, "attributes": attributes}
    return reply(200, {"customer": customer | {"timestamps": {}, "unsubscribed": False, "devices": []}})


def _known(state: State) -> dict[str, dict[str, Any]]:
    """Return the people by cio_id, with the person of the samples while her identifiers are free."""
    found: dict[str, dict[str, Any]] = dict(state["people"])
    sample = catalog.PERSON
    taken = any(people.find(state, sample[key]) for key in ("id", "email"))
    return found if taken else {**found, catalog.PERSON_CIO_ID: sample}


def _broadcast(number: int, request: Request, state: State) -> Response:
    body = body_of(request)
    if body is None:
        return refused(400, "the body is not a JSON object")
    addressed = [key for key in ("emails", "ids") if isinstance(body.get(key), list)]
    failing = next(
        (found for key in addressed for each in body[key] if (found := fault(str(each), state))), None
    )
    if failing:
        return failing
    if not any(each["id"] == number for each in catalog.BROADCASTS):
        return refused(404, "broadcast not found")
    given = [key for key in _AUDIENCES if key in body]
    if len(given) != 1 or not body[given[0]]:
        return refused(422, "exactly one audience that is not empty is needed")
    people.append(state, "broadcasts", {"broadcast_id": number, given[0]: body[given[0]]})
    return reply(200, {"id": int(_derived(request, state)[:6], 16)})
