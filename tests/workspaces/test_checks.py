"""The system check that keeps the admin scoped."""

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django_q.models import Schedule

from apps.catalog.models import App
from apps.common import look
from apps.connections.models import Connection, SandboxCall
from apps.workspaces.checks import belongs_to_workspace, check_site
from apps.workspaces.scoping import SharedAdmin, WorkspaceAdmin


def complaints(model, admin_class):
    site = AdminSite(name="of the test")
    site.register(model, admin_class)
    return [message.id for message in check_site(site)]


def test_the_products_own_site_has_nothing_to_complain_of():
    assert list(check_site(admin.site)) == []


def test_a_tenants_model_with_a_plain_admin_is_refused():
    assert complaints(Connection, look.ModelAdmin) == ["workspaces.E002"]
    assert complaints(SandboxCall, SharedAdmin) == ["workspaces.E002"]


def test_groups_logs_and_the_queue_are_refused():
    for model in (Group, LogEntry, Schedule):
        assert complaints(model, look.ModelAdmin) == ["workspaces.E001"]


def test_a_shared_model_must_say_who_may_see_it():
    assert complaints(App, look.ModelAdmin) == ["workspaces.E003"]
    assert complaints(App, SharedAdmin) == []


def test_a_path_that_leads_nowhere_is_refused():
    class Lost(WorkspaceAdmin):
        workspace_path = "connection__created_by"

    class Missing(WorkspaceAdmin):
        workspace_path = "nothing"

    class Right(WorkspaceAdmin):
        workspace_path = "connection__workspace"

    assert complaints(SandboxCall, Lost) == ["workspaces.E004"]
    assert complaints(SandboxCall, Missing) == ["workspaces.E004"]
    assert complaints(SandboxCall, Right) == []


def test_a_model_belongs_to_a_workspace_over_any_number_of_keys():
    assert belongs_to_workspace(SandboxCall)
    assert not belongs_to_workspace(App)
