"""What the engine needs of the catalog: specs by reference.

The engine takes any `Catalog`; the registry of built-in apps is the default.
"""

from typing import Protocol

from apps.catalog import registry
from apps.catalog.spec import Action, App, Field, FieldType, Trigger


class Catalog(Protocol):
    """Finds declarations; both methods raise `registry.UnknownKeyError`."""

    def get_trigger(self, ref: str, /) -> tuple[App, Trigger]:
        """Return what `<app>.trigger-<slug>` names."""

    def get_action(self, ref: str, /) -> tuple[App, Action]:
        """Return what `<app>.<slug>` names."""


BUILT_IN: Catalog = registry

RAW = "raw"
"""The part of `trigger` that holds the untouched payload; its paths are not declared."""

RUN_FIELDS: tuple[Field, ...] = (
    Field(key="code", label="Run code", help_text="The run's id here."),
    Field(key="workflow", label="Workflow code", help_text="The workflow's id here."),
    Field(key="event_id", label="Event id", help_text="The provider's id of the event."),
    Field(
        key="replay",
        label="Replay",
        type=FieldType.INTEGER,
        help_text="0 for the first run of an event, then 1, 2 …",
    ),
)
"""What `{{ run.… }}` offers."""
