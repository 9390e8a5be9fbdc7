"""What is wrong with a definition, named by step and field."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend before publishing.

    `path` locates it in the JSON form (`steps.lookup.inputs.customer_id`);
    `step` and `field` name it for people. `step_id` is the step's id, "trigger"
    for the trigger, and "" for the workflow.
    """

    path: str
    code: str
    message: str
    step: str = ""
    field: str = ""
    step_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as JSON has it."""
        return asdict(self)


class InvalidDefinitionError(Exception):
    """A definition that can't be used, with every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)
