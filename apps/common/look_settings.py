"""The admin's look as settings: `UNFOLD` for config/settings.py.

Imported while settings load, so nothing here imports models.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, resolve, reverse

from apps.common.version import VERSION


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sidebar: the admin's list page of a model, or another page by its route."""

    title: str
    icon: str  # A name of Material Symbols.
    route: str
    superuser_only: bool = False


ACCOUNT_LINKS = (
    ("Switch workspace", "admin:workspaces_switch"),
    ("Change password", "admin:password_change"),
)

SIDEBAR: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", (Entry("Dashboard", "space_dashboard", "admin:index"),)),
    (
        "Automate",
        (
            Entry("Workflows", "account_tree", "admin:workflows_workflow_changelist"),
            Entry("Runs", "play_circle", "admin:runs_run_changelist"),
            Entry("Approvals", "how_to_reg", "admin:runs_approval_changelist"),
        ),
    ),
    (
        "Needs attention",
        (
            Entry("Alerts", "notifications", "admin:alerts_alert_changelist"),
            Entry("Dead letters", "report", "admin:runs_cause_changelist"),
            Entry("Quarantine", "shield_question", "admin:webhooks_quarantined_changelist"),
            Entry("Refused requests", "block", "admin:webhooks_refusal_changelist"),
            Entry("Alert channels", "campaign", "admin:alerts_channel_changelist"),
        ),
    ),
    (
        "Follow the data",
        (
            Entry("Deliveries", "move_to_inbox", "admin:webhooks_delivery_changelist"),
            Entry("Effects", "bolt", "admin:runs_effect_changelist"),
            Entry("Lineage", "schema", "admin:lineage"),
            Entry("Searchable fields", "manage_search", "admin:runs_searchpath_changelist"),
        ),
    ),
    (
        "Catch up",
        (
            Entry("Reconciliation", "rule", "admin:webhooks_reconciliation_changelist"),
            Entry("Backfills", "history_toggle_off", "admin:webhooks_backfill_changelist"),
            Entry("Bulk replays", "replay", "admin:runs_replayjob_changelist"),
        ),
    ),
    (
        "Connect",
        (
            Entry("Connections", "cable", "admin:connections_connection_changelist"),
            Entry(
                "OAuth clients",
                "passkey",
                "admin:connections_oauthclient_changelist",
                superuser_only=True,
            ),
            Entry("Sandbox calls", "science", "admin:connections_sandboxcall_changelist"),
        ),
    ),
    (
        "Catalog",
        (
            Entry("Apps", "apps", "admin:catalog_app_changelist"),
            Entry("Triggers", "sensors", "admin:catalog_trigger_changelist"),
            Entry("Actions", "send", "admin:catalog_action_changelist"),
            Entry("Apps of your own", "extension", "admin:catalog_customapp_changelist"),
        ),
    ),
    (
        "Workspace and people",
        (
            Entry("Workspaces", "workspaces", "admin:workspaces_workspace_changelist"),
            Entry("Members", "group", "admin:workspaces_membership_changelist"),
            Entry("Audit trail", "history", "admin:workspaces_auditentry_changelist"),
            Entry("Forgotten people", "person_off", "admin:webhooks_erasure_changelist"),
            Entry("Database", "database", "admin:sizes", superuser_only=True),
            Entry("Users", "person", "admin:auth_user_changelist", superuser_only=True),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar of the person who asks: only pages that exist and that they may see."""
    groups = []
    for title, entries in SIDEBAR:
        items = [item for entry in entries if (item := _item(request, entry))]
        if items:
            groups.append({"title": title, "separator": bool(title), "items": items})
    return groups


def _item(request: HttpRequest, entry: Entry) -> dict[str, Any] | None:
    if entry.superuser_only and not getattr(request.user, "is_superuser", False):
        return None
    try:
        address = reverse(entry.route)
    except NoReverseMatch:
        return None
    # Django hangs the ModelAdmin on its views, whichever site they belong to.
    model_admin = getattr(resolve(address).func, "model_admin", None)
    if model_admin is not None and not model_admin.has_view_or_change_permission(request):
        return None
    return {"title": entry.title, "icon": entry.icon, "link": address}


def stylesheet(request: HttpRequest) -> str:
    """Return the address of our own styles; asked at each page, since the file's name has a hash."""
    return static("common/tandem.css")


def favicon(request: HttpRequest) -> str:
    """Return the address of the site's icon."""
    return static("common/favicon.svg")


def environment(request: HttpRequest) -> list[str] | None:
    """Return the mark beside the title outside production: its text and its colour."""
    from django.conf import settings

    name = str(getattr(settings, "ENVIRONMENT", "production"))
    return None if name == "production" else [name.capitalize(), "info"]


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the links under the person's name: to another workspace, and to a new password."""
    links = []
    for title, route in ACCOUNT_LINKS:
        with suppress(NoReverseMatch):
            links.append({"title": title, "link": reverse(route)})
    return links


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Tandem",
    "SITE_HEADER": "Tandem",
    # The current workspace, which the rooms above know.
    "SITE_SUBHEADER": "apps.workspaces.scope.site_subheader",
    "SITE_SYMBOL": "sync_alt",
    "SITE_VERSION": VERSION,
    "SITE_URL": None,
    # The audit trail takes the place of Django's history.
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "apps.common.look_settings.environment",
    "STYLES": [stylesheet],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.7)",
            "100": "oklch(95.3% .051 180.8)",
            "200": "oklch(91% .096 180.4)",
            "300": "oklch(85.5% .138 181.1)",
            "400": "oklch(77.7% .152 181.9)",
            "500": "oklch(60% .118 184.7)",
            "600": "oklch(51.1% .096 186.4)",
            "700": "oklch(43.7% .078 188.2)",
            "800": "oklch(38.6% .063 188.4)",
            "900": "oklch(32.6% .055 187.6)",
            "950": "oklch(27.7% .046 192.5)",
        },
    },
    "ACCOUNT": {"navigation": account_links},
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": navigation,
    },
}
