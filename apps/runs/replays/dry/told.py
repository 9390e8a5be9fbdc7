"""What a dry replay tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class DryStep:
    """What a step would do. `how` its call was answered: "reused", "recorded", "example" or "".

    `log` has the shape of the run log. `kind` is what its call would do there.
    """

    path: str
    position: int
    name: str
    kind: str
    status: str
    action: str = ""
    effect: str = ""
    how: str = ""
    log: Mapping[str, Any] = field(default_factory=dict)
    requests: tuple[Mapping[str, Any], ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()

    @property
    def reused(self) -> bool:
        """Tell whether its call would not be made, since an earlier run made it."""
        return self.how == "reused"


@dataclass(frozen=True, slots=True)
class DryRun:
    """How a dry replay ended, and its steps by path in the order in which they ended."""

    steps: Mapping[str, DryStep]
    outcome: str
    reason: str = ""

    @property
    def sends(self) -> list[DryStep]:
        """Return the steps that would change something at a provider."""
        return [step for step in self.steps.values() if step.effect not in ("", "read") and not step.reused]

    @property
    def reuses(self) -> list[DryStep]:
        """Return the steps whose recorded result would be reused."""
        return [step for step in self.steps.values() if step.effect not in ("", "read") and step.reused]
