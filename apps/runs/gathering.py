"""What a run's page is made of, read in as few queries as the run has kinds of things."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from apps.runs import tokens
from apps.runs.models import Approval, Run, StepRun
from apps.runs.tree import Begin, Grower, Node, paths_in
from apps.workflows.engine.definition import CodeStep, ForEachStep, Step, SwitchStep
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.engine.program import Program
from apps.workflows.versions import compiled

_KINDS = {
    "ai": "AI",
    "for_each": "For each",
    "wait_webhook": "Wait for webhook",
    "transform": "Transform",
}
_DECIDING = ("if", "switch")


def kind_name(kind: str) -> str:
    """Return what people call a kind of step."""
    return _KINDS.get(kind, kind.replace("_", " ").capitalize())


def usage(log: Mapping[str, Any]) -> str:
    """Return what a model took, in words; "" where the log does not say."""
    output = log.get("output")
    if not isinstance(output, Mapping) or output.get("input_tokens") is None:
        return ""
    told = f"{output.get('input_tokens')} tokens in, {output.get('output_tokens')} out"
    cost = output.get("cost")
    return f"{told}, {dollars(cost)}" if isinstance(cost, int | float) else told


def dollars(cost: float) -> str:
    """Return a cost in US dollars, small ones with as many digits as they need."""
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.6f}".rstrip("0").rstrip(".")


class Gathered:
    """The rows of one run that its page shows, and where they stand in its version.

    `outer` are the steps outside loops; `shown` these and the items on this page.
    """

    def __init__(self, run: Run, *, begin: Begin) -> None:
        self._run = run
        self._program = _program(run)
        self.effects = {
            effect.path: effect
            for effect in run.effects.select_related("connection").prefetch_related("reports")
        }
        steps = run.steps.defer("working").order_by("position", "pk")
        self._loops = self._program is None or any(isinstance(each, ForEachStep) for each in self._walk())
        rows = list(steps.exclude(path__contains="[") if self._loops else steps)
        self.outer = rows
        inner = list(steps.filter(path__contains="[").defer("working", "log")) if self._loops else []
        known = [*rows, *self._with_decisions(inner)]
        self.nodes: tuple[Node, ...] = ()
        if self._program is not None:
            self.nodes = Grower(known, begin=begin).grow(self._program.definition.steps)
        placed = set(paths_in(self.nodes))
        self.loose = {row.path for row in rows if row.path not in placed}
        on_page = [row.pk for row in inner if row.path in placed or self._program is None]
        read = list(steps.filter(pk__in=on_page)) if on_page else []
        self.shown = [*rows, *read]
        self.unshown = {row.path for row in inner}.difference(row.path for row in read)
        if self._program is None:
            self.loose |= {row.path for row in read}
        self._costs = [row for row in (*rows, *inner) if row.kind == "ai"]

    def _with_decisions(self, inner: list[StepRun]) -> list[StepRun]:
        """Return the rows of items, those of ifs and switches with what they decided."""
        deciding = [row.pk for row in inner if row.kind in _DECIDING]
        if not deciding:
            return inner
        logs = dict(StepRun.objects.filter(pk__in=deciding).values_list("pk", "log"))
        for row in inner:
            row.log = logs.get(row.pk, {})
        return inner

    @cached_property
    def approvals(self) -> dict[str, Approval]:
        """Return the run's approvals by step path; no query for a run without such a step."""
        if not any(row.kind == "approval" for row in self.shown):
            return {}
        return {row.path: row for row in self._run.approvals.defer("shown")}

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Return the addresses of the steps that wait for a request."""
        if not any(row.kind == "wait_webhook" for row in self.shown):
            return {}
        found: dict[str, str] = {}
        for hook in self._run.hooks.defer("body"):
            made = tokens.wait_tokens(
                run=str(self._run.code), workspace=str(self._run.workspace.code), path=hook.path
            )
            token = next((each for each in made if tokens.hash_of(each) == bytes(hook.token_hash)), "")
            if token:
                found[hook.path] = tokens.wait_url(token)
        return found

    @property
    def cost(self) -> str:
        """Return what the run's models took, "" where none was asked or no price is known."""
        if not self._costs:
            return ""
        logs = StepRun.objects.filter(pk__in=[row.pk for row in self._costs]).values_list("log", flat=True)
        costs = [(log.get("output") or {}).get("cost") for log in logs if isinstance(log, dict)]
        known = [cost for cost in costs if isinstance(cost, int | float)]
        return dollars(sum(known)) if known else ""

    def cases(self, path: str) -> Mapping[str, str]:
        """Return the names of a switch's cases by their ids."""
        step = self._step(path)
        return {case.id: case.name for case in step.cases} if isinstance(step, SwitchStep) else {}

    def code_of(self, path: str) -> str:
        """Return the code of a code step."""
        step = self._step(path)
        return step.code if isinstance(step, CodeStep) else ""

    def _step(self, path: str) -> Step | None:
        found = self._program.find(path) if self._program is not None else None
        return found.step if found is not None else None

    def _walk(self) -> Any:
        return self._program.definition.walk() if self._program is not None else ()


def _program(run: Run) -> Program | None:
    try:
        return compiled(run.version_id)
    except InvalidDefinitionError:
        return None
