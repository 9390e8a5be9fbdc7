"""How messages name a step, a field and a template."""

from apps.workflows.engine.definition import Step

_LONGEST = 100


def step_name(step: Step) -> str:
    """Return “Step “Tell Customer.io”” as a message's beginning."""
    return f"Step “{step.name}”"


def field_name(key: str, inner: tuple[str, ...] = ()) -> str:
    """Return “field “data.amount””; `inner` are the keys inside an object."""
    return f"field “{'.'.join((key, *inner))}”"


def shown(source: str) -> str:
    """Return a template as a message shows it: on one line, cut when long."""
    line = " ".join(source.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
