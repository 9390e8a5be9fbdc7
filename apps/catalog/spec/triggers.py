"""What can happen at an app."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.catalog.spec.fields import Field, Spec

Flatten = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Turn the provider's whole payload into the trigger's flat fields (without the envelope)."""

Declines = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]
"""(a workflow's options of the trigger, the trigger's data) -> why it does not run for the event, or None.

Asked before the first step; the run then ends as filtered, with that sentence as its reason.
"""


EventTypesFrom = Callable[[Mapping[str, Any]], tuple[str, ...]]
"""(a workflow's options of the trigger) -> the event types that it listens for."""


OptionsCheck = Callable[[Mapping[str, Any]], None]
"""Check a workflow's options of the trigger together; raises `Permanent` naming the option."""


class Trigger(Spec):
    """Something that can happen at the app.

    `ref` in definitions and addresses is `<app>.trigger-<key>`. `samples/<key>.json`
    beside the connector is its sample payload, whole, as the provider sends it.
    `email_from` tells how the person's e-mail is found when the event has none:
    the read actions to try in turn, as recipes put them before the action.
    Where the options decide what a workflow listens for, `event_types_from` tells
    it, and `event_types` are all that there can be; with `any_event_type` every
    event of the connection fires it, and `event_types` are what is subscribed to. It may also name what the
    provider's webhook needs besides events: names without a dot, which `ensure`
    knows and no event has. `check` says what options must be beyond their fields.
    """

    key: str
    name: str
    event_types: tuple[str, ...]
    description: str
    fields: tuple[Field, ...]
    flatten: Flatten
    options: tuple[Field, ...] = ()
    requires: tuple[str, ...] = ()
    email_from: tuple["LookUp", ...] = ()
    enrich: tuple["Enrichment", ...] = ()
    declines: Declines | None = None
    event_types_from: EventTypesFrom | None = None
    any_event_type: bool = False
    check: OptionsCheck | None = None


class Enrichment(Spec):
    """A read action whose outputs join the trigger's fields, where an option switches it on.

    `option` is the BOOLEAN option that does, and `key` the field under which
    templates find the outputs: `{{ trigger.<key>.<output> }}`. `input` of `action`
    is filled from the first of `sources` that has a value: a field of the trigger
    or, behind an earlier enrichment, `<its key>.<output>`. Without a value nothing
    is looked up and the outputs are null. It is made once for a run, before the
    first step, over the trigger's connection.
    """

    option: str
    key: str
    label: str
    action: str
    input: str
    sources: tuple[str, ...]


class LookUp(Spec):
    """A read action that a recipe puts before the action to find the person's e-mail.

    `input` of `action` is filled from the trigger's field `source` (or, behind
    an earlier look-up, from `steps.<id>.<source>`); `output` is the e-mail.
    """

    action: str
    input: str
    source: str
    output: str
