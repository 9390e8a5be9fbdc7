"""Rows of the hot tables as a turn makes them: the model's columns without the model's cost.

A worker makes a handful of them for every run, and `apps.runs.statements` writes
them. Their attributes are named as the models' are, so that a row which an
earlier turn left, read as a model, serves in their place.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.runs.models import Effect, SearchKey, StepRun


@dataclass(slots=True, eq=False)
class NewStep:
    """A `StepRun` that is not written yet."""

    run_id: int
    path: str
    position: int
    kind: str
    name: str
    action: str
    started_at: datetime
    status: str = StepRun.Status.RUNNING.value
    attempts: int = 0
    finished_at: datetime | None = None
    resume_at: datetime | None = None
    log: dict[str, Any] = field(default_factory=dict)
    working: bytes = b""
    error_code: str = ""
    error: str = ""
    remedy: str = ""
    error_field: str = ""
    reused: bool = False
    reused_effect: int | None = None


@dataclass(slots=True, eq=False)
class NewEffect:
    """An `Effect` that is not written yet."""

    workspace_id: int
    run_id: int
    path: str
    connection_id: int
    action: str
    effect: str
    idempotency: str
    key: str
    first_sent_at: datetime
    sent_at: datetime
    status: str = Effect.Status.NOT_DONE.value
    generation: int = 0
    attempts: int = 0
    answered_at: datetime | None = None
    provider_id: str = ""
    digest: bytes = b""
    decision: str = ""
    decided_by_id: int | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A `SearchKey` that is not written yet."""

    workspace_id: int
    kind: str
    value_hash: bytes
    run_id: int


StepRow = StepRun | NewStep
EffectRow = Effect | NewEffect
KeyRow = SearchKey | NewKey
