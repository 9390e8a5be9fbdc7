"""A run as its page shows it: what happened when, each step, and what can be done now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.common import look
from apps.runs import reports
from apps.runs.approvals.services import told as told_of
from apps.runs.decisions import EXPLAINED
from apps.runs.exchanges import ShownExchange, exchanges_in
from apps.runs.gathering import Gathered, kind_name, usage
from apps.runs.models import Approval, Effect, Replay, Run, StepRun
from apps.runs.replays.marks import marks_of
from apps.runs.timeline import Waterfall, duration, exact, timeline
from apps.runs.tree import Begin, Node, in_loop

RELATIVES = 12
"""Other runs of the same event that a page names."""

_OPEN = ("failed", "needs_decision", "waiting", "running")


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step's record, ready for the page."""

    path: str
    position: int
    name: str
    what: str
    badges: tuple[SafeString, ...]
    told: str
    started: SafeString | None = None
    finished: SafeString | None = None
    error: str = ""
    remedy: str = ""
    field: str = ""
    opened: bool = False
    input: SafeString | None = None
    output: SafeString | None = None
    conditions: tuple[Mapping[str, Any], ...] = ()
    exchanges: tuple[ShownExchange, ...] = ()
    effect: Effect | None = None
    key: str = ""
    reported: SafeString | None = None
    reported_told: str = ""
    branch: str = ""
    note: str = ""
    code: SafeString | None = None
    printed: SafeString | None = None
    until: SafeString | None = None
    approval: Approval | None = None
    approval_told: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A call about which a person must decide, and the choices."""

    effect: Effect
    step: ShownStep
    choices: tuple[tuple[str, str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class ShownRun:
    """Everything that the page says about the run itself.

    `nodes` are the steps as a tree, `by_path` what is said of each; `loose` are
    those that the version does not have, and calls without a record. `approvals`
    wait for a decision. `cost` is what models took, in US dollars.
    """

    timeline: Waterfall
    steps: tuple[ShownStep, ...]
    nodes: tuple[Node, ...] = ()
    loose: tuple[ShownStep, ...] = ()
    question: Question | None = None
    marks: tuple[SafeString, ...] = field(default_factory=tuple)
    approvals: tuple[Approval, ...] = ()
    cost: str = ""

    @property
    def by_path(self) -> Mapping[str, ShownStep]:
        """Return the steps by their paths."""
        return {step.path: step for step in self.steps}


def show(run: Run, *, now: datetime, begin: Begin = lambda path: None) -> ShownRun:
    """Return the run's page, in two queries besides the run itself where it has no loop and asks nobody.

    `begin` says which items of a loop are shown.
    """
    gathered = Gathered(run, begin=begin)
    effects = dict(gathered.effects)
    steps = [_step(row, effects.pop(row.path, None), run, gathered) for row in gathered.shown]
    for path in gathered.unshown:  # Of items on other pages.
        effects.pop(path, None)
    # A call that is under way, or that a worker took to its grave, has a ledger row and no record yet.
    unrecorded = [_unrecorded(effect, run) for effect in effects.values()]
    return ShownRun(
        timeline=timeline(run, gathered.outer, now=now),
        steps=(*steps, *unrecorded),
        nodes=gathered.nodes,
        loose=(*(step for step in steps if step.path in gathered.loose), *unrecorded),
        question=_question(run, [*steps, *unrecorded]),
        marks=tuple(_marks(run)),
        approvals=tuple(each for each in gathered.approvals.values() if each.pending),
        cost=gathered.cost,
    )


def action_name(ref: str) -> str:
    """Return an action's name with its app's, or the reference where the catalog has it no more."""
    try:
        app, action = registry.get_action(ref)
    except UnknownKeyError:
        return ref
    return f"{action.name} in {app.name}"


def run_badge(run: Run) -> SafeString:
    """Return the run's status as a badge."""
    return look.badge(run.status, run.get_status_display(), tone=_TONES.get(run.status))


_TONES = {Run.Status.FILTERED.value: look.Tone.NEUTRAL, Run.Status.CANCELLED.value: look.Tone.NEUTRAL}


def replay_badge(run: Run) -> SafeString:
    """Return the mark of a run that replays an event."""
    return look.badge("replayed", f"Replay {run.replay}")


def relatives(run: Run) -> list[tuple[str, SafeString]]:
    """Return what the page says of the other runs of the same event: its replays, and the run before.

    A replay whose mark names the run that it repeats does not say so twice.
    """
    siblings = Run.objects.filter(workflow=run.workflow_id, delivery=run.delivery_id).exclude(pk=run.pk)
    rows = list(siblings.order_by("-replay")[:RELATIVES])
    earlier = next((row for row in rows if row.replay < run.replay), None)
    later = [row for row in rows if row.replay > run.replay]
    told = []
    if earlier and not Replay.objects.filter(run=run, of__isnull=False).exists():
        told.append(("Replays", _relative(earlier)))
    if later:
        told.append(
            ("Replayed by", format_html_join(" · ", "{}", ((_relative(row),) for row in later[::-1])))
        )
    return told


def _relative(run: Run) -> SafeString:
    name = f"Replay {run.replay}" if run.replay else "The first run"
    return format_html("{} {}", look.link(run.get_absolute_url(), name), run_badge(run))


def test_badge() -> SafeString:
    """Return the mark of a run that tests a draft."""
    return look.badge("info", "Test")


def _marks(run: Run) -> Iterable[SafeString]:
    if run.is_test:
        yield test_badge()
    if run.replay:
        yield replay_badge(run)
        yield from marks_of(run)
    if run.cancel_requested and not run.finished:
        yield look.badge("waiting", "Cancel was asked for")


def _step(row: StepRun, effect: Effect | None, run: Run, gathered: Gathered) -> ShownStep:
    badges = [look.badge(row.status, _status_of(row, run), tone=_step_tone(row, run))]
    if row.reused:
        skipped = row.status == StepRun.Status.SKIPPED
        badges.append(look.badge("info", "Decided in an earlier run" if skipped else "Result reused"))
    if effect is not None and effect.decision:
        badges.append(look.badge("neutral", f"Decided: {effect.get_decision_display()}"))
    told = [duration(row.started_at, row.finished_at)]
    if row.attempts > 1:
        told.append(f"{row.attempts} attempts")
    log = row.log if isinstance(row.log, dict) else {}
    told += [part for part in (str(log.get("branch", "")), usage(log) if row.kind == "ai" else "") if part]
    approval = gathered.approvals.get(row.path)
    waits = row.status == StepRun.Status.WAITING and not run.finished
    return ShownStep(
        path=row.path,
        position=row.position,
        name=row.name,
        what=action_name(row.action) if row.action and row.kind == "action" else kind_name(row.kind),
        badges=tuple(badges),
        told=" · ".join(part for part in told if part),
        started=exact(row.started_at),
        finished=exact(row.finished_at) if row.finished_at else None,
        error=row.error,
        remedy=row.remedy,
        field=row.error_field,
        opened=row.status in _OPEN,
        input=_code(log.get("input"), "Resolved input"),
        output=_code(_output(row, log), "Output"),
        conditions=tuple(_condition(leaf, gathered.cases(row.path)) for leaf in log.get("conditions", ())),
        exchanges=exchanges_in(log),
        effect=effect,
        key=effect.key if effect is not None else "",
        reported=reports.summary(effect) if effect is not None and effect.provider_id else None,
        reported_told=reports.sentence(effect) if effect is not None else "",
        branch=str(log.get("branch", "")),
        note=str(log.get("note", "")),
        code=_code(gathered.code_of(row.path), "Code") if row.kind == "code" else None,
        printed=_code(_printed(log), "Printed text") if row.kind == "code" else None,
        until=exact(row.resume_at) if waits and row.resume_at else None,
        approval=approval,
        approval_told=told_of(approval) if approval else "",
        address=gathered.addresses.get(row.path, "") if waits else "",
    )


def _output(row: StepRun, log: Mapping[str, Any]) -> Any:
    """Return what a step gave; of code without the text that it printed."""
    output = log.get("output")
    if row.kind in ("code", "transform") and isinstance(output, dict):
        return output.get("output")
    return output


def _printed(log: Mapping[str, Any]) -> str:
    output = log.get("output")
    return str(output.get("printed") or "") if isinstance(output, dict) else ""


def _status_of(row: StepRun, run: Run) -> str:
    if row.status == StepRun.Status.FILTERED and in_loop(row.path):
        return "Ended the item"
    return row.get_status_display()


def _unrecorded(effect: Effect, run: Run) -> ShownStep:
    sending = run.status == Run.Status.RUNNING
    label = "Being sent" if sending else "Cut off while it was being sent"
    status = "sending" if sending else "unknown"
    if effect.status != Effect.Status.PENDING:
        status, label = effect.status, effect.get_status_display()
    return ShownStep(
        path=effect.path,
        position=0,
        name=action_name(effect.action),
        what=f"over “{effect.connection}”",
        badges=(look.badge(status, label),),
        told=duration(effect.sent_at, effect.answered_at),
        started=exact(effect.first_sent_at),
        effect=effect,
        key=effect.key,
    )


def _step_tone(row: StepRun, run: Run) -> look.Tone | None:
    if row.status in (StepRun.Status.FILTERED, StepRun.Status.SKIPPED):
        return look.Tone.NEUTRAL
    if run.finished and row.status in (StepRun.Status.WAITING, StepRun.Status.RUNNING):
        return look.Tone.NEUTRAL
    return None


def _code(value: Any, label: str) -> SafeString | None:
    return look.code_block(value, label=label) if value else None


def _condition(leaf: Mapping[str, Any], cases: Mapping[str, str]) -> dict[str, Any]:
    return {
        "case": cases.get(str(leaf.get("case", "")), ""),
        "left": look.pretty(leaf.get("left")),
        "op": str(leaf.get("op", "")).replace("_", " "),
        "right": look.pretty(leaf.get("right")) if leaf.get("right") is not None else "",
        "holds": bool(leaf.get("result")),
        "note": leaf.get("note", ""),
    }


def _question(run: Run, steps: Sequence[ShownStep]) -> Question | None:
    if run.status != Run.Status.NEEDS_DECISION:
        return None
    for step in steps:
        if step.effect is not None and step.effect.status == Effect.Status.UNKNOWN:
            choices = tuple(
                (value, label, EXPLAINED[value], value == Effect.Decision.DO_NOW)
                for value, label in Effect.Decision.choices
            )
            return Question(step.effect, step, choices)
    return None
