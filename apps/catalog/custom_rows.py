"""Operators' own apps as the registry finds them: read from rows, kept in the process, made anew if changed.

A process looks at most every two seconds whether anything changed, with one
query that reads no declaration. Built-in apps never come here.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db.models import Count, Max, Sum

from apps.catalog import custom
from apps.catalog.models import CustomApp
from apps.catalog.spec import App

LOOK_EVERY = 2.0
"""Seconds for which another process's change may go unnoticed."""

log = structlog.get_logger(__name__)

type Viewer = Callable[[], int | None]

_viewer: ContextVar[Viewer | None] = ContextVar("custom_apps_viewer", default=None)


@dataclass(slots=True)
class _Known:
    pk: int
    workspace_id: int
    revision: int
    enabled: bool
    app: App | None = None
    is_built: bool = field(default=False)


class CustomApps:
    """The registry's source of operators' own apps."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._known: dict[str, _Known] = {}
        self._state: Any = None
        self._looked_at: float | None = None

    def find(self, key: str) -> App | None:
        """Return the app, None where whoever asks must not know it or there is none."""
        with self._lock:
            known = self._current().get(key)
            if known is None or not _may_see(known.workspace_id):
                return None
            return self._built(key, known)

    def apps_of(self, workspace_id: int) -> tuple[App, ...]:
        """Return a workspace's apps by name, switched-off ones too."""
        with self._lock:
            mine = [
                (key, known) for key, known in self._current().items() if known.workspace_id == workspace_id
            ]
            built = (self._built(key, known) for key, known in mine)
            return tuple(sorted((app for app in built if app), key=lambda app: app.name.lower()))

    def stamp(self, key: str) -> object:
        """Return what changes with the declaration."""
        with self._lock:
            known = self._current().get(key)
            return None if known is None else (known.pk, known.revision)

    def switched_off(self) -> tuple[App, ...]:
        """Return the apps that are offered for nothing new, of all workspaces."""
        with self._lock:
            off = [(key, known) for key, known in self._current().items() if not known.enabled]
            return tuple(app for key, known in off if (app := self._built(key, known)))

    def forget(self) -> None:
        """Read everything anew at the next question."""
        with self._lock:
            self._known, self._state, self._looked_at = {}, None, None

    def look_again(self) -> None:
        """Look for changes at the next question, whenever the last look was."""
        with self._lock:
            self._looked_at = None

    def _current(self) -> dict[str, _Known]:
        now = time.monotonic()
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            state = CustomApp.objects.order_by().aggregate(
                rows=Count("pk"), revisions=Sum("revision"), newest=Max("pk")
            )
            # Ids are never given twice and revisions only grow: the same three mean the same rows.
            if state != self._state:
                self._read(state)
            self._looked_at = now
        return self._known

    def _read(self, state: Any) -> None:
        if not state["rows"]:
            self._known, self._state = {}, state
            return
        before, self._known = self._known, {}
        rows = CustomApp.objects.order_by().values_list("key", "pk", "workspace_id", "revision", "enabled")
        for key, pk, workspace_id, revision, enabled in rows:
            known = _Known(pk, workspace_id, revision, enabled)
            former = before.get(key)
            if former is not None and (former.pk, former.revision) == (pk, revision):
                known.app, known.is_built = former.app, former.is_built
            self._known[key] = known
        self._state = state

    def _built(self, key: str, known: _Known) -> App | None:
        if not known.is_built:
            declared = CustomApp.objects.filter(pk=known.pk).values_list("declaration", flat=True).first()
            known.app, known.is_built = _build(key, declared), True
        return known.app


SOURCE = CustomApps()


@contextmanager
def seen_by(viewer: Viewer | None) -> Iterator[None]:
    """Let only the apps of the workspace that `viewer` tells be found inside; it is asked when needed.

    None lets every app be found, as in the worker.
    """
    token = _viewer.set(viewer)
    try:
        yield
    finally:
        _viewer.reset(token)


def _may_see(workspace_id: int) -> bool:
    viewer = _viewer.get()
    return viewer is None or viewer() == workspace_id


def _build(key: str, declared: Any) -> App | None:
    if declared is None:
        return None
    try:
        return custom.build(custom.parse(declared))
    except Exception:  # What is stored passed its checks once: a stricter release must not stop a page.
        log.exception("custom_app.unusable", app=key)
        return None
