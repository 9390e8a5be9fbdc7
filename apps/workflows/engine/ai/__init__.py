"""AI steps: what is asked, whether the answer fits, and asking once more where it does not. Pure.

    performed = yield from perform(step, scope, performer)

`step` is the compiled AI step, `scope` what its templates read, and `performer`
makes a `Performer` of the provider's hidden action `generate`, for this step at
this path, from what is known of it. The result's outputs are the step's own:
`text`, `label` or the schema's properties, and `model`, `input_tokens`,
`output_tokens`, `cost`.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from apps.workflows.engine.ai.answers import Wrong, check
from apps.workflows.engine.ai.requests import MAX_PROMPT, asked_again, inputs_of
from apps.workflows.engine.effects import Answer, Effect, Progress, StepError
from apps.workflows.engine.filling import fill
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.performing import NEVER_CALLED, Performed, Performer
from apps.workflows.engine.program import CompiledAI

__all__ = ["perform"]

_SHOWN: Final = 1_000
_COUNTED: Final = ("input_tokens", "output_tokens", "cost")

Performing = Generator[Effect, Answer, Performed]


def perform(
    step: CompiledAI,
    scope: Mapping[str, Any],
    performer: Callable[[Progress], Performer],
    *,
    known: Progress = NEVER_CALLED,
) -> Performing:
    """Ask the model, and once more where its answer does not fit; return the step's outputs or error.

    Ends the turn where a call must wait or a person is needed; the step is
    asked anew then. Raises `StepFailure` when it fails before the call. The
    tokens and cost of a second question are added to the first's.
    """
    inputs = _inputs(step, scope)
    first = performer(known)
    performed = yield from first.perform(lambda: inputs)
    if performed.error is not None or performed.outputs is None:
        return performed
    given = check(step.step, _text(performed.outputs))
    if isinstance(given, Wrong):
        failed = _unfit_for_more(step, performed.outputs)
        if failed is not None:
            return Performed(inputs, error=failed)
        again = asked_again(inputs, answer=_text(performed.outputs), faults=given.faults)
        # Where it has to wait, the next turn pays for both again: each counts as an attempt.
        second = performer(replace(NEVER_CALLED, attempts=known.attempts + 1))
        second.now = first.now
        repeated = yield from second.perform(lambda: again)
        if repeated.error is not None or repeated.outputs is None:
            return Performed(inputs, error=repeated.error)
        spent = _added(performed.outputs, repeated.outputs)
        given = check(step.step, _text(repeated.outputs))
        if isinstance(given, Wrong):
            failed = _unfit_for_more(step, repeated.outputs)
            return Performed(inputs, error=failed or _wrong(step, given.faults, _text(repeated.outputs)))
        return Performed(inputs, {**given, **spent}, reused=repeated.reused)
    cut = _cut(step, performed.outputs)
    if cut is not None and "text" in given:
        return Performed(inputs, error=cut)
    return Performed(inputs, {**given, **_usage(performed.outputs)}, reused=performed.reused)


def _inputs(step: CompiledAI, scope: Mapping[str, Any]) -> dict[str, Any]:
    system = None if step.system is None else fill(step, "system", step.system, scope)
    prompt = None if step.prompt is None else fill(step, "prompt", step.prompt, scope)
    inputs = inputs_of(step.step, system=system, prompt=prompt)
    if not str(inputs.get("prompt", "")).strip():
        raise _failure(
            step, "empty_input", "the prompt is empty.", "Add the fields that the model is to read."
        )
    length = len(inputs["system"]) + len(inputs["prompt"])
    if length > MAX_PROMPT:
        what = f"the prompt has {length:,} characters; {MAX_PROMPT:,} are allowed."
        raise _failure(step, "prompt_too_long", what, "Choose fewer fields, or cut them with “truncate”.")
    return inputs


def _failure(step: CompiledAI, code: str, what: str, remedy: str) -> StepFailure:
    message = f"{step_name(step.step)}: {what}"
    return StepFailure(StepError(code=code, message=message, remedy=remedy, field="prompt"))


def _text(outputs: Mapping[str, Any]) -> str:
    text = outputs.get("text")
    return text if isinstance(text, str) else ""


def _usage(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: outputs.get(key) for key in ("model", *_COUNTED)}


def _added(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the usage of both questions; what one of them does not tell is not known."""
    total = _usage(second)
    for key in _COUNTED:
        one, other = first.get(key), second.get(key)
        known = isinstance(one, int | float) and isinstance(other, int | float)
        total[key] = round(one + other, 6) if known and one is not None and other is not None else None
    return total


def _unfit_for_more(step: CompiledAI, outputs: Mapping[str, Any]) -> StepError | None:
    """Return the error of an answer that would be no better if it were asked for again."""
    if outputs.get("stop_reason") == "refusal":
        return StepError(
            code="ai_refused",
            message=f"{step_name(step.step)}: the model refused to answer. "
            f"It said: “{_short(_text(outputs))}”",
            remedy="Word the prompt in another way, or choose another model.",
        )
    return _cut(step, outputs)


def _cut(step: CompiledAI, outputs: Mapping[str, Any]) -> StepError | None:
    if outputs.get("stop_reason") != "length":
        return None
    return StepError(
        code="ai_answer_cut",
        message=f"{step_name(step.step)}: the answer was cut at {step.step.max_tokens:,} tokens.",
        remedy="Raise the step's token limit, or ask for a shorter answer.",
        field="max_tokens",
    )


def _wrong(step: CompiledAI, faults: Sequence[str], answer: str) -> StepError:
    return StepError(
        code="ai_answer_wrong",
        message=f"{step_name(step.step)}: the model's answer can't be used, asked twice. {' '.join(faults)} "
        f"It answered: “{_short(answer)}”",
        remedy="Make the prompt clearer, choose another model, or allow this answer. "
        "An error branch can go on without it.",
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 1]}…"
