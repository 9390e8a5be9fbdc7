"""What earlier runs of an event created, deleted or sent, and what it takes to do it again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Action, Field, Semantic
from apps.catalog.spec import Effect as EffectKind
from apps.language import money
from apps.runs.models import Effect, Run, StepRun
from apps.runs.reusing import in_loop, place_of

_MONEY = frozenset(
    {
        Semantic.AMOUNT,
        Semantic.CHARGE,
        Semantic.INVOICE,
        Semantic.PAYMENT_INTENT,
        Semantic.SUBSCRIPTION,
    }
)
"""An action that is given or gives one of these may move money."""

_KINDS = {
    EffectKind.CREATE.value: "Creates something",
    EffectKind.DELETE.value: "Deletes something",
    EffectKind.UPSERT.value: "Changes something",
}


@dataclass(frozen=True, slots=True)
class Made:
    """One step's calls that are not made again unless that is ticked.

    `calls` is their number: more than one in a loop. `amount` is the sum of money
    of a single call, in words. `costly` ones are done again by admins and owners
    only. `decided` says that a person decided that the call be left as it is.
    """

    place: str
    name: str
    what: str
    kind: str
    calls: int
    provider_ids: tuple[str, ...] = ()
    amount: str = ""
    costly: bool = False
    decided: str = ""
    position: int = 0

    @property
    def does(self) -> str:
        """Return what kind of change it is, in words."""
        return _KINDS.get(self.kind, "Changes something")


def made_for(run: Run) -> list[Made]:
    """Return what a replay of this run would reuse, in the order of the steps."""
    siblings = Run.objects.filter(delivery=run.delivery_id, workflow=run.workflow_id)
    effects = list(
        Effect.objects.reusable().filter(run__in=siblings).order_by("run__replay", "pk").select_related("run")
    )
    runs = {effect.run_id for effect in effects}
    rows = StepRun.objects.filter(run__in=runs).defer("working")
    steps = {(row.run_id, row.path): row for row in rows}
    by_place: dict[str, list[tuple[Effect, StepRun | None]]] = {}
    for effect in effects:
        row = steps.get((effect.run_id, effect.path))
        by_place.setdefault(place_of(effect.path), []).append((effect, row))
    found = [_made(place, calls) for place, calls in by_place.items()]
    return sorted(found, key=lambda each: (each.position, each.place))


def _made(place: str, calls: list[tuple[Effect, StepRun | None]]) -> Made:
    effect, row = calls[-1]  # Outside of loops the last one is what is reused.
    action = action_named(effect.action)
    counted = calls if in_loop(place) else calls[-1:]
    ids = tuple(dict.fromkeys(each.provider_id for each, _ in counted if each.provider_id))
    return Made(
        place=place,
        name=row.name if row else effect.action,
        what=told_of(effect.action),
        kind=effect.effect,
        calls=len(counted),
        provider_ids=ids[:5],
        amount=amount_of(action, _input(row)) if len(counted) == 1 else "",
        costly=is_costly(effect.action, effect.effect),
        decided=effect.get_decision_display() if effect.decision else "",
        position=row.position if row else 0,
    )


def is_costly(ref: str, kind: str) -> bool:
    """Tell whether doing an action again needs an admin: a delete, money, or what nobody knows any more."""
    if kind == EffectKind.DELETE:
        return True
    action = action_named(ref)
    if action is None or action.needs_admin:
        return True
    return _moves_money(action)


def _moves_money(action: Action) -> bool:
    return any(
        field.semantic in _MONEY or (field.unit or "") == "minor units" for field in _walk(action.inputs)
    ) or any(field.semantic in _MONEY for field in action.outputs)


def _walk(fields: Iterable[Field]) -> Iterable[Field]:
    for field in fields:
        yield field
        yield from _walk(field.fields)


def amount_of(action: Action | None, inputs: Mapping[str, Any]) -> str:
    """Return the sum of money that these inputs name, in words; "" where they name none."""
    if action is None:
        return ""
    amount = next((field for field in action.inputs if field.semantic is Semantic.AMOUNT), None)
    currency = next((field for field in action.inputs if field.semantic is Semantic.CURRENCY), None)
    value = inputs.get(amount.key) if amount else None
    if amount is None or not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    code = inputs.get(currency.key) if currency else None
    known = isinstance(code, str) and len(code) == 3 and code.isalpha()
    if amount.unit_from and inputs.get(amount.unit_from) == "major":
        return f"{str(code).upper()} {value:,.2f}" if known else f"{value:,} in major units"
    if known and isinstance(value, int):
        return money.format_money(value, str(code), "code")
    return f"{value:,} in minor units"


def action_named(ref: str) -> Action | None:
    """Return an action of the catalog, or None where it is not there any more."""
    try:
        return registry.get_action(ref)[1]
    except UnknownKeyError:
        return None


def told_of(ref: str) -> str:
    """Return an action's name with its app's."""
    try:
        app, action = registry.get_action(ref)
    except UnknownKeyError:
        return ref
    return f"{action.name} in {app.name}"


def _input(row: StepRun | None) -> Mapping[str, Any]:
    log = row.log if row is not None and isinstance(row.log, dict) else {}
    given = log.get("input")
    return given if isinstance(given, dict) else {}
