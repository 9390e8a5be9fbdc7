"""What each role may do: one table."""

from enum import StrEnum

from django.db.models import TextChoices


class Role(TextChoices):
    """What a member is in a workspace."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class Permission(StrEnum):
    """One thing that a role may do in its workspace."""

    VIEW = "view"  # Everything but secrets.
    EDIT_WORKFLOWS = "edit_workflows"  # Drafts.
    PUBLISH = "publish"  # Publish, pause, resume, unpublish.
    PUBLISH_PRIVILEGED = "publish_privileged"  # Publish actions that say they need an admin.
    OPERATE_RUNS = "operate_runs"  # Retry, cancel, run again, send a sample event.
    EXPORT = "export"  # Take lists away as a file.
    DECIDE = "decide"  # The four decisions on an uncertain effect.
    REPEAT_COSTLY = "repeat_costly"  # Do a delete or a payment again in a replay.
    MANAGE_CONNECTIONS = "manage_connections"  # Create, reconnect, disconnect, repair.
    TEST_CONNECTIONS = "test_connections"
    MANAGE_APPS = "manage_apps"  # Declare apps of the workspace's own, try their actions.
    VIEW_AUDIT = "view_audit"
    FORGET = "forget"  # Remove all that is kept about a person.
    MANAGE_MEMBERS = "manage_members"
    MANAGE_WORKSPACE = "manage_workspace"  # Rename, owners.


_VIEWER = frozenset({Permission.VIEW})
_EDITOR = _VIEWER | {
    Permission.EDIT_WORKFLOWS,
    Permission.PUBLISH,
    Permission.OPERATE_RUNS,
    Permission.EXPORT,
    Permission.DECIDE,
    Permission.TEST_CONNECTIONS,
}
_ADMIN = _EDITOR | {
    Permission.PUBLISH_PRIVILEGED,
    Permission.REPEAT_COSTLY,
    Permission.MANAGE_CONNECTIONS,
    Permission.MANAGE_APPS,
    Permission.VIEW_AUDIT,
    Permission.FORGET,
    Permission.MANAGE_MEMBERS,
}
_OWNER = _ADMIN | {Permission.MANAGE_WORKSPACE}

ROLE_TABLE: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(_OWNER),
    Role.ADMIN: frozenset(_ADMIN),
    Role.EDITOR: frozenset(_EDITOR),
    Role.VIEWER: _VIEWER,
}
