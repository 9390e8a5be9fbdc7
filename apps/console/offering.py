"""What a person can choose from: triggers and actions by app, and each app's connections."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.catalog import registry
from apps.catalog.pairings.ranking import is_destructive
from apps.catalog.spec import Action, App, Effect
from apps.connections.models import Connection
from apps.workspaces.models import Workspace

DESTROYS = " (destructive)"


@dataclass(frozen=True, slots=True)
class Offer:
    """One trigger or action to choose."""

    ref: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Group:
    """What one app offers under a heading of its own."""

    label: str
    app: App
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Accounts:
    """The connections that a workspace has to an app."""

    app: App
    connections: tuple[Connection, ...]


def trigger_groups(catalog: registry.Within, off: frozenset[str]) -> list[Group]:
    """Return the triggers that are not switched off, by app."""
    groups = []
    for app in catalog.apps:
        refs = ((registry.trigger_ref(app, each), each) for each in app.triggers)
        offers = tuple(Offer(ref, each.name, each.description) for ref, each in refs if ref not in off)
        groups += [Group(app.name, app, offers)] if offers else []
    return groups


def action_groups(catalog: registry.Within, off: frozenset[str]) -> list[Group]:
    """Return the actions that are not switched off, by app: what reads by itself, what destroys last."""
    return [group for app in catalog.apps for group in _of_app(app, off)]


def accounts_of(workspace: Workspace, catalog: registry.Within) -> list[Accounts]:
    """List each app's connections; a broken one can be chosen, since it can be mended before publishing."""
    rows = list(workspace.connections.usable().order_by("name"))
    return [
        Accounts(app, tuple(row for row in rows if row.app == app.key))
        for app in catalog.apps
        if app.needs_account
    ]


def _of_app(app: App, off: frozenset[str]) -> Iterator[Group]:
    offered = [action for action in app.actions if not action.hidden]
    doing = [action for action in offered if action.effect is not Effect.READ]
    reading = [action for action in offered if action.effect is Effect.READ]
    for label, actions in ((app.name, doing), (f"{app.name}: look up", reading)):
        offers = [_offer(app, action) for action in actions if registry.action_ref(app, action) not in off]
        if offers:
            # A stable sort: the destructive ones last, the others as the app has them.
            yield Group(label, app, tuple(sorted(offers, key=lambda offer: offer.name.endswith(DESTROYS))))


def _offer(app: App, action: Action) -> Offer:
    ref = registry.action_ref(app, action)
    name = f"{action.name}{DESTROYS}" if is_destructive(ref, action) else action.name
    return Offer(ref, name, f"{action.description} {action.danger or ''}".strip())
