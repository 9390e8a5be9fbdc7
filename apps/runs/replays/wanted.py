"""What a person asks for when an event is to be run again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.runs.replays.models import VersionChoice


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an event is executed once more.

    `from_step` is the path of the step that it begins with, "" for all of them.
    `trigger` replaces what `{{ trigger.… }}` sees, `inputs` some inputs of
    `from_step`; with `outputs` that step is not run but has given these. `redo` are
    the places (see `apps.runs.reusing.place_of`) of steps that an earlier run did
    and that are done again.
    """

    version: str = VersionChoice.CURRENT
    from_step: str = ""
    trigger: Mapping[str, Any] | None = None
    inputs: Mapping[str, Any] | None = None
    outputs: Mapping[str, Any] | None = None
    redo: frozenset[str] = field(default_factory=frozenset)

    @property
    def skips(self) -> bool:
        """Tell whether the first step is not run."""
        return self.outputs is not None
