"""What can be wrong: every kind of alert, with what it means and how it ends."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices


class Severity(TextChoices):
    """How bad it is; the order is that of `RANK`."""

    INFO = "info", "Information"
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


class Kind(StrEnum):
    """The kinds of alerts; `subject` tells which thing of that kind."""

    RUN_FAILED = "run_failed"
    WORKFLOW_PAUSED = "workflow_paused"
    CONNECTION = "connection"
    DECISION = "decision"
    APPROVAL = "approval"
    SILENT = "silent"
    WORKER = "worker"
    BACKLOG = "backlog"
    RECONCILIATION = "reconciliation"
    QUARANTINE = "quarantine"


CLOSED_BY_HAND = frozenset({Kind.RUN_FAILED, Kind.SILENT})
"""Kinds that people may close: the others tell of a state, which would raise the next alert at once."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A kind in words. `ends` says when an alert of it closes by itself."""

    label: str
    about: str
    ends: str


MEANINGS: dict[Kind, Meaning] = {
    Kind.RUN_FAILED: Meaning(
        "Run failed",
        "A run of a workflow ended with an error. One alert per workflow.",
        "when a later run of the workflow succeeds and none has failed for fifteen minutes",
    ),
    Kind.WORKFLOW_PAUSED: Meaning(
        "Workflow paused by itself",
        "A workflow failed so often in a row that it was paused. Its events are kept.",
        "when the workflow is resumed or unpublished",
    ),
    Kind.CONNECTION: Meaning(
        "Connection needs attention",
        "The provider refuses a connection's credentials, or a permission is missing.",
        "when the connection works again or is disconnected",
    ),
    Kind.DECISION: Meaning(
        "Runs need a decision",
        "Nobody knows whether a call happened, so a person has to say.",
        "when no run needs a decision",
    ),
    Kind.APPROVAL: Meaning(
        "Approvals wait long",
        "A question to people has waited for a day, or for half of its time where that is shorter.",
        "when no approval has waited that long",
    ),
    Kind.SILENT: Meaning(
        "Trigger is silent",
        "A workflow that usually has events at this time of the week has had none.",
        "when the next event comes, or the workflow is paused",
    ),
    Kind.WORKER: Meaning(
        "Worker not running",
        "Events are received, but nothing is executed.",
        "when a worker runs again",
    ),
    Kind.BACKLOG: Meaning(
        "Backlog is old",
        "Runs have been due for ten minutes, and no worker has taken them.",
        "when the oldest run that is due is younger",
    ),
    Kind.RECONCILIATION: Meaning(
        "Events were missing",
        "The provider lists events that never arrived here.",
        "when the next reconciliation finds no gap",
    ),
    Kind.QUARANTINE: Meaning(
        "Quarantine grows",
        "Signed requests arrive that can't be used, and wait for a person.",
        "when the quarantine is emptied",
    ),
}


def label_of(kind: str) -> str:
    """Return the name of a kind, also of one that this version does not know."""
    try:
        return MEANINGS[Kind(kind)].label
    except ValueError:
        return kind.replace("_", " ").capitalize()
