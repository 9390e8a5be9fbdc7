"""Every call of the editor's API."""

from apps.console.editor.api import (
    catalog,
    choices,
    code,
    connections,
    drafts,
    events,
    previewing,
    publishing,
    versions,
)
from apps.console.editor.calling import Route
from apps.console.editor.testing import routes as testing

ROUTES: tuple[Route, ...] = (
    *drafts.ROUTES,
    *catalog.ROUTES,
    *choices.ROUTES,
    *code.ROUTES,
    *previewing.ROUTES,
    *events.ROUTES,
    *connections.ROUTES,
    *publishing.ROUTES,
    *versions.ROUTES,
    *testing.ROUTES,
)
