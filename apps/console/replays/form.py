"""The form of one replay: what was posted, read into what is wanted, and shown again as it was."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from apps.common.errors import Conflict, ServiceError
from apps.runs.models import Run, StepRun
from apps.runs.replays import editing, taking
from apps.runs.replays.checking import inputs_shown, trigger_data, version_for
from apps.runs.replays.models import VersionChoice
from apps.runs.replays.wanted import Wanted

RUN, EDITED, SKIPPED = "run", "edited", "skipped"
"""What becomes of the step that the replay begins with."""


@dataclass(slots=True)
class Form:
    """What the page's form holds. The texts are what a person sees in the fields of JSON."""

    version: str = VersionChoice.SAME
    from_step: str = ""
    edit_trigger: bool = False
    trigger: str = ""
    first: str = RUN
    inputs: str = ""
    outputs: str = "{}"
    redo: frozenset[str] = field(default_factory=frozenset)

    def wanted(self) -> Wanted:
        """Return what is wanted. Raises `ValidationFailed` naming the field."""
        begins = bool(self.from_step)
        return Wanted(
            version=self.version,
            from_step=self.from_step,
            trigger=editing.read_object(self.trigger, field="trigger") if self.edit_trigger else None,
            inputs=editing.read_object(self.inputs, field="inputs")
            if begins and self.first == EDITED
            else None,
            outputs=editing.read_object(self.outputs or "{}", field="outputs")
            if begins and self.first == SKIPPED
            else None,
            redo=self.redo,
        )

    @property
    def digest(self) -> str:
        """Return what tells whether the form is still the one that was previewed."""
        told: list[Any] = [self.version, self.from_step, self.first, sorted(self.redo)]
        told += [self.trigger if self.edit_trigger else "", self.inputs, self.outputs]
        return hashlib.sha256(json.dumps(told).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def empty_form(run: Run, *, from_step: str | None = None) -> Form:
    """Return the form as the page opens: a run that failed goes on with its failed step."""
    chosen = failed_step(run) if from_step is None else from_step
    form = Form(from_step=chosen)
    fill(form, run)
    return form


def read_form(given: QueryDict) -> Form:
    """Read what was posted."""
    return Form(
        version=given.get("version", VersionChoice.SAME),
        from_step=given.get("from_step", ""),
        edit_trigger=given.get("edit_trigger") == "on",
        trigger=given.get("trigger", ""),
        first=given.get("first", RUN),
        inputs=given.get("inputs", ""),
        outputs=given.get("outputs", "{}"),
        redo=frozenset(given.getlist("redo")),
    )


def fill(form: Form, run: Run) -> None:
    """Put into the fields of JSON what the run had."""
    form.inputs = editing.pretty(inputs_shown(run, form.from_step)) if form.from_step else ""
    try:
        _, program = version_for(run, VersionChoice.SAME)
        form.trigger = editing.pretty(editing.shown_trigger(trigger_data(run, program)))
    except Conflict:
        form.trigger = ""


def failed_step(run: Run) -> str:
    """Return the path of the step that a failed or cancelled run stopped at, "" where there is none."""
    if run.status not in (Run.Status.FAILED, Run.Status.CANCELLED):
        return ""
    rows = [row for row in taking.steps_to_begin_with(run) if row.status not in _GONE_ON]
    return rows[-1].path if rows else ""


def field_errors(error: ServiceError | None) -> dict[str, str]:
    """Return a refusal by the field that it is about; by "" where it is about none."""
    return {error.field or "": error.as_text()} if error is not None else {}


_GONE_ON = (StepRun.Status.SUCCEEDED, StepRun.Status.SKIPPED, StepRun.Status.FILTERED)
