"""The admins that need more than one room."""

from apps.console.custom_app_admin import CustomAppAdmin
from apps.console.replays.admin import ReplayJobAdmin
from apps.console.workflow_admin import WorkflowAdmin

__all__ = ("CustomAppAdmin", "ReplayJobAdmin", "WorkflowAdmin")
