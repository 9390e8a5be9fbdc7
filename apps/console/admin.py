"""The admins that need more than one room."""

from apps.console.workflow_admin import WorkflowAdmin

__all__ = ("WorkflowAdmin",)
