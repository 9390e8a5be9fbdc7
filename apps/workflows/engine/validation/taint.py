"""Where what a model writes freely would decide whom, what or how much: refused before publishing.

What an AI step writes as text, and each property of its schema that may hold
any text or number, is tainted. A label, an enum, a constant, true and false and
what must match a pattern are not. Taint goes on through code, transformations,
loops and what an error tells. It may not reach

* a recipient, identifier or amount of any action,
* any input of an action that creates or deletes,
* the address or headers of an HTTP request, whatever was approved,

unless an Approval stands between: behind the AI step, and before the action in
its sequence or in one around it. It counts only where a denial, a deadline and a
failure of it keep the action from happening, and only where it can show what the
action sends: whatever the action's inputs read is there when people are asked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Action, FieldType
from apps.language import conditions, templates
from apps.language.errors import LanguageError
from apps.language.paths import Path
from apps.workflows.engine import definition as form
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import ActionStep, Definition, Step
from apps.workflows.engine.definition.settings import conditions_of, mappings_of
from apps.workflows.engine.definition.tree import FRESH, branches, walk
from apps.workflows.engine.mapped import is_known, template_sources
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.settling import settle_action
from apps.workflows.engine.validation.freedom import is_free_at
from apps.workflows.engine.validation.places import of_input
from apps.workflows.engine.validation.stakes import is_whole_body, why_fixed

Sources = frozenset[str]
"""The ids of the AI steps that something comes from."""

NONE: Final[Sources] = frozenset()

_HTTP: Final = "http.request"
_HTTP_NEVER: Final = ("path", "path_values", "query", "headers", "idempotency_header")


_BUILT_IN: Final = frozenset(app.key for app in registry.APPS)
_OPEN: Final = (FieldType.ANY, FieldType.OBJECT, FieldType.LIST)


@dataclass(frozen=True, slots=True)
class _Tainted:
    """What of a step's outputs is tainted: these keys, or what its schema leaves free, or all."""

    sources: Sources
    keys: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None

    def at(self, path: Path) -> Sources:
        """Return the sources of what stands at a path inside the outputs."""
        if self.schema is not None:
            return self.sources if is_free_at(self.schema, path) else NONE
        if self.keys and path and path[0] not in self.keys:
            return NONE
        return self.sources


@dataclass(frozen=True, slots=True)
class _State:
    """What is known before a step: taints of earlier steps, of the item and error, and what was approved.

    `seen` are the steps that may have run; `shown` those that had when the last
    approval was asked for, None where none counts, and `fresh` the roots that
    hold something else than they did then.
    """

    steps: Mapping[str, _Tainted]
    item: Sources = NONE
    error: Sources = NONE
    seen: frozenset[str] = frozenset()
    shown: frozenset[str] | None = None
    fresh: frozenset[str] = frozenset()

    def of_path(self, path: Path) -> Sources:
        match path:
            case ("steps",):
                return frozenset().union(*(each.sources for each in self.steps.values()))
            case ("steps", step_id, *rest):
                found = self.steps.get(str(step_id))
                return NONE if found is None else found.at(tuple(rest))
            case ("item", *_):
                return self.item
            case ("error", *rest):
                return self.error if not rest or rest[0] in ("message", "remedy") else NONE
        return NONE

    def of_template(self, source: str) -> Sources:
        return frozenset().union(*(self.of_path(path) for path in _paths_of(source)))

    def of_mapping(self, mapping: form.Mapping) -> Sources:
        found = (self.of_template(source) for _, source in template_sources(mapping))
        return frozenset().union(*found)

    def of_condition(self, condition: Mapping[str, Any]) -> Sources:
        if conditions.check(condition):
            return NONE  # Told where the condition itself is checked.
        return frozenset().union(*(self.of_path(path) for path in conditions.paths_of(condition)))

    def of_step(self, step: Step, *, conditions_too: bool = False) -> Sources:
        """Return the sources of everything that a step's own mappings read.

        A transformation's conditions count with them: they choose what is left.
        """
        read = [self.of_mapping(mapping) for _, mapping in mappings_of(step)]
        if conditions_too or isinstance(step, form.TransformStep):
            read += [self.of_condition(condition) for _, condition in conditions_of(step)]
        return frozenset().union(*read)

    def approves(self, step: ActionStep) -> bool:
        """Tell whether people have approved exactly what an action sends."""
        if self.shown is None:
            return False
        sources = (source for each in step.inputs.values() for _, source in template_sources(each))
        paths = (path for source in sources for path in _paths_of(source))
        return all(is_known(path, self.shown, self.fresh) for path in paths)

    def behind(self, step: Step, tainted: _Tainted | None) -> "_State":
        return self if tainted is None else replace(self, steps={**self.steps, step.id: tainted})

    def joined(self, branch: "_State") -> "_State":
        """Return what is known behind a branch that may have run: its taints, not its approvals."""
        return replace(self, steps={**self.steps, **branch.steps}, seen=self.seen | branch.seen)


def _paths_of(source: str) -> tuple[Path, ...]:
    try:
        return tuple(templates.parse(source).paths)
    except LanguageError:
        return ()  # Told where the template itself is checked.


def check_taint(definition: Definition, catalog: Catalog) -> Iterator[Problem]:
    """Find every input that a model would fill freely and must not."""
    names = {step.id: step.name for step in definition.walk()}
    checker = _Checker(catalog, names)
    checker.sequence(definition.steps, _State({}))
    yield from checker.problems


class _Checker:
    """Walks the tree in the order in which it runs."""

    def __init__(self, catalog: Catalog, names: Mapping[str, str]) -> None:
        self.catalog = catalog
        self.names = names
        self.problems: list[Problem] = []
        self.read: dict[str, Sources] = {}  # What the error of each step so far may tell.

    def sequence(self, steps: tuple[Step, ...], state: _State) -> _State:
        for step in steps:
            state = replace(state, seen=state.seen | {step.id}) if step.disabled else self._step(step, state)
        return state

    def _step(self, step: Step, state: _State) -> _State:
        if isinstance(step, ActionStep):
            self.problems += self._action(step, state)
        of_ai = frozenset((step.id,)) if isinstance(step, form.AIStep) else NONE
        self.read[step.id] = of_ai | state.of_step(step, conditions_too=True)
        behind = state.behind(step, self._gives(step, state))
        if isinstance(step, form.ApprovalStep) and _holds_back(step):
            behind = replace(behind, shown=state.seen, fresh=frozenset())
        behind = replace(behind, seen=behind.seen | {step.id})
        for branch in branches(step):
            behind = self._branch(step, branch.key, branch.steps, state, behind)
        return behind

    def _branch(
        self, step: Step, key: str, steps: tuple[Step, ...], before: _State, behind: _State
    ) -> _State:
        fresh = before.fresh | FRESH.get(key, frozenset())
        inside = replace(behind, shown=before.shown, fresh=fresh)
        if key == "on_error":
            told = frozenset().union(*(self.read.get(each.id, NONE) for each in walk((step,))))
            ended = self.sequence(steps, replace(inside, error=told))
        elif isinstance(step, form.ForEachStep):
            item = before.of_mapping(step.items)
            looped = inside.behind(step, _Tainted(item, ("item",)) if item else None)
            ended = self.sequence(steps, replace(looped, item=item))
            inner = frozenset().union(*(self._made_in(each, ended) for each in steps))
            results = _Tainted(inner, ("results",)) if inner else None
            return behind.behind(step, results)
        else:
            ended = self.sequence(steps, inside)
        return behind.joined(ended)

    def _made_in(self, step: Step, state: _State) -> Sources:
        """Return the sources of what a step of a loop's body, or one inside it, gives."""
        found = state.steps.get(step.id)
        own = NONE if found is None else found.sources
        inner = (self._made_in(each, state) for branch in branches(step) for each in branch.steps)
        return own.union(*inner)

    def _gives(self, step: Step, state: _State) -> _Tainted | None:
        """Return what of a step's outputs is tainted, None for nothing."""
        match step:
            case form.AIStep(output=form.TextOutput()):
                return _Tainted(frozenset((step.id,)), ("text",))
            case form.AIStep(output=form.SchemaOutput(schema_=schema)):
                return _Tainted(frozenset((step.id,)), schema=schema)
            case form.CodeStep() | form.TransformStep():
                sources = state.of_step(step)
                return _Tainted(sources) if sources else None
            case form.ActionStep():
                return self._answers(step, state.of_step(step))
        return None

    def _answers(self, step: ActionStep, sources: Sources) -> _Tainted | None:
        """Return what of an action's answer may repeat what it was sent: what no connector of ours bounds."""
        try:
            app, action = self.catalog.get_action(step.action)
        except UnknownKeyError:
            return None
        anything = step.action == _HTTP or app.key not in _BUILT_IN
        keys = tuple(each.key for each in action.outputs if anything or each.type in _OPEN)
        return _Tainted(sources, keys) if sources and keys else None

    def _action(self, step: ActionStep, state: _State) -> Iterator[Problem]:
        try:
            _, found = self.catalog.get_action(step.action)
        except UnknownKeyError:
            return
        action = settle_action(found, step.inputs)
        approved = state.approves(step)
        for key, mapping in step.inputs.items():
            for inner, source in template_sources(mapping):
                sources = state.of_template(source)
                never = step.action == _HTTP and key in _HTTP_NEVER
                open_sources = sources if never or not approved else NONE
                why = why_fixed(action, key, inner, never=never) if open_sources else ""
                if open_sources and not why and step.action == _HTTP and is_whole_body(action, key, inner):
                    why = "is the whole of what is written"
                if why:
                    yield self._problem(step, action, key, inner, open_sources, why, never=never)

    def _problem(
        self,
        step: ActionStep,
        action: Action,
        key: str,
        inner: tuple[str, ...],
        sources: Sources,
        why: str,
        *,
        never: bool,
    ) -> Problem:
        field = action.input(key)
        name = ".".join((field.label if field else key, *inner))
        writers = " and ".join(f"“{self.names[source]}”" for source in sorted(sources))
        remedy = "give the AI step fixed labels, or give that property of its schema an enum or a pattern"
        if never:
            remedy = f"{remedy[0].upper()}{remedy[1:]}, or fill the field from elsewhere."
        else:
            remedy = (
                f"Do one of three: {remedy.replace(', or give', '; give')}; or put an Approval before this "
                "step, one that stops the run when it is denied or nobody decides, with no step between "
                "them that this one reads: people approve what they are shown."
            )
        message = f"“{name}” would be filled with what {writers} writes freely, and it {why}. {remedy}"
        return of_input(step, key, inner).problem("ai_unchecked", message)


def _holds_back(step: form.ApprovalStep) -> bool:
    """Tell whether nothing behind an approval happens unless somebody approved."""
    goes_on = step.on_error is not None and step.on_error.then == "continue"
    return step.on_denied == "stop" and step.on_deadline == "deny" and not goes_on
