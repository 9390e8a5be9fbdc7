"""What the inputs of a step could be filled from, and how well each fits."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from apps.catalog import registry
from apps.catalog.spec import Field, FieldType, Semantic
from apps.console.editor.scope import Seen
from apps.language.paths import Path, format_path
from apps.workflows.engine.definition import ActionStep, Definition
from apps.workflows.engine.enriching import fields_of
from apps.workflows.engine.outputs import outputs_of

OWN_IDS = (
    Semantic.CUSTOMER,
    Semantic.SUBSCRIPTION,
    Semantic.INVOICE,
    Semantic.CHARGE,
    Semantic.PAYMENT_INTENT,
)
"""An id is one app's own; the other app's thing of the same kind is another."""

NEAR = 0.84
"""From this likeness on two labels say the same: “Customer e-mail” and “Customer email”."""

_TEXTS = (FieldType.TEXT, FieldType.LONG_TEXT, FieldType.EMAIL, FieldType.URL, FieldType.CHOICE)
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_TAKES: Mapping[FieldType, tuple[FieldType, ...]] = {
    FieldType.TEXT: (*_TEXTS, *_NUMBERS),
    FieldType.LONG_TEXT: (*_TEXTS, *_NUMBERS),
    FieldType.EMAIL: (FieldType.EMAIL, FieldType.TEXT),
    FieldType.URL: (FieldType.URL, FieldType.TEXT),
    FieldType.INTEGER: (FieldType.INTEGER,),
    FieldType.NUMBER: _NUMBERS,
    FieldType.BOOLEAN: (FieldType.BOOLEAN,),
    FieldType.TIME: (FieldType.TIME,),
    FieldType.CHOICE: (FieldType.CHOICE,),
    FieldType.OBJECT: (FieldType.OBJECT,),
    FieldType.LIST: (FieldType.LIST,),
    FieldType.ANY: tuple(FieldType),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value that a template can name. `group` is what people call its source, `app` whose it is."""

    path: Path
    field: Field
    group: str
    app: str

    @property
    def template(self) -> dict[str, str]:
        """Return the mapping that passes the value on."""
        return {"template": f"{{{{ {format_path(self.path)} }}}}"}

    @property
    def told(self) -> str:
        """Return what people call it."""
        return f"“{self.field.label}” of {self.group}"


def candidates_of(definition: Definition, seen: Seen) -> list[Candidate]:
    """List what stands before, the nearest step first and the trigger last."""
    found: list[Candidate] = []
    for each in reversed(seen.given):
        app = each.step.action.partition(".")[0] if isinstance(each.step, ActionStep) else ""
        fields = () if each.step.disabled else outputs_of(each.step) or ()
        place = ("steps", each.step.id)
        shown = (field for field in fields if field.key in each.outputs)
        found += _of(place, shown, f"“{each.step.name}”", app)
    return [*found, *_of_trigger(definition)]


def _of_trigger(definition: Definition) -> list[Candidate]:
    try:
        app, trigger = registry.get_trigger(definition.trigger.trigger)
    except registry.UnknownKeyError:
        return []
    return list(_of(("trigger",), fields_of(definition.trigger, trigger, registry), trigger.name, app.key))


def _of(place: Path, fields: Iterable[Field], group: str, app: str) -> Iterator[Candidate]:
    for field in fields:
        yield Candidate((*place, field.key), field, group, app)
        if field.type is FieldType.OBJECT:
            yield from _of((*place, field.key), field.fields, group, app)


def takes(spec: Field, candidate: Candidate) -> bool:
    """Tell whether an input takes a candidate's type as it is."""
    return candidate.field.type in _TAKES[spec.type]


def means_the_same(spec: Field, candidate: Candidate, *, app: str) -> bool:
    """Tell whether input and candidate are declared to mean the same; an id only within its own app."""
    if spec.semantic is None or candidate.field.semantic is not spec.semantic:
        return False
    return spec.semantic not in OWN_IDS or candidate.app == app


def is_called_the_same(spec: Field, candidate: Candidate) -> bool:
    """Tell whether input and candidate have the same key or nearly the same label."""
    if candidate.field.semantic is not None and spec.semantic not in (None, candidate.field.semantic):
        return False
    if _plain(spec.key) == _plain(candidate.field.key):
        return True
    return SequenceMatcher(None, _plain(spec.label), _plain(candidate.field.label)).ratio() >= NEAR


def only(candidates: Iterable[Candidate]) -> Candidate | None:
    """Return the one candidate of the nearest source that has any; None where that has several."""
    listed = list(candidates)
    if not listed:
        return None
    nearest = [each for each in listed if each.path[:2] == listed[0].path[:2]]
    if listed[0].path[0] == "trigger":
        nearest = listed
    return nearest[0] if len(nearest) == 1 else None


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
