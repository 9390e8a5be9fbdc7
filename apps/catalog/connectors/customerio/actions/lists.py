"""Hidden actions whose answers fill lists of choices."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.catalog.connectors.customerio.actions.calls import APP_DOCS, APP_KEYS, ask
from apps.catalog.connectors.customerio.client import items
from apps.catalog.connectors.customerio.fields.messages import OPTIONS_OUTPUTS
from apps.catalog.spec import Action, ActionCall, CallContext, Effect, Idempotency

Item = Mapping[str, Any]


def _anything(_: Item) -> bool:
    return True


def _is_manual(segment: Item) -> bool:
    return str(segment.get("type", "manual")) == "manual"


def _listing(path: str, key: str, noun: str, wanted: Callable[[Item], bool] = _anything) -> ActionCall:
    """Return the call that lists the objects under `key` of the answer at `path` as choices."""

    def call(context: CallContext) -> dict[str, Any]:
        answer = ask(context, "GET", path)
        found = [each for each in items(answer.get(key)) if each.get("id") is not None and wanted(each)]
        return {"options": [{"value": str(each["id"]), "label": _label(each, noun)} for each in found]}

    return call


def _label(item: Item, noun: str) -> str:
    name = item.get("name") or item.get("trigger_name")
    return f"{name} ({item['id']})" if name else f"{noun} {item['id']}"


def _list(key: str, name: str, description: str, call: ActionCall, operation: str) -> Action:
    return Action(
        key=key,
        name=name,
        description=description,
        inputs=(),
        outputs=OPTIONS_OUTPUTS,
        effect=Effect.READ,
        idempotency=Idempotency.NATURAL,
        call=call,
        requires=APP_KEYS,
        docs_url=f"{APP_DOCS}#operation/{operation}",
        hidden=True,
    )


LISTS = (
    _list(
        "list-transactional-messages",
        "List Transactional Messages",
        "Lists the workspace's transactional messages, to choose one in a step.",
        _listing("/v1/transactional", "messages", "Message"),
        "listTransactional",
    ),
    _list(
        "list-segments",
        "List Manual Segments",
        "Lists the workspace's manual segments, to choose one in a step.",
        _listing("/v1/segments", "segments", "Segment", _is_manual),
        "listSegments",
    ),
    _list(
        "list-broadcasts",
        "List Broadcasts",
        "Lists the workspace's broadcasts, to choose one in a step.",
        _listing("/v1/broadcasts", "broadcasts", "Broadcast"),
        "listBroadcasts",
    ),
)
