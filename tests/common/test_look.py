"""The admin's look: widgets, and a sidebar that shows what its reader may see."""

import importlib
import sys
from types import SimpleNamespace

import pytest
from django.contrib.admin.sites import all_sites
from django.contrib.auth.models import AnonymousUser, Group, User
from django.test import RequestFactory, override_settings
from django.urls import path

from apps.common import look, look_settings

site = look.AdminSite(name="admin")
site.register(User, look.ModelAdmin)


class ShutAdmin(look.ModelAdmin):
    """Nobody sees this."""

    def has_view_or_change_permission(self, request, obj=None):
        """Say no."""
        return False


site.register(Group, ShutAdmin)
all_sites.discard(site)  # The product's checks look at every site there is.
urlpatterns = [path("admin/", site.urls)]


def asked_by(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def titles(user):
    return [item["title"] for group in look_settings.navigation(asked_by(user)) for item in group["items"]]


@override_settings(ROOT_URLCONF=__name__)
def test_the_sidebar_leaves_out_pages_that_do_not_exist():
    assert titles(User(is_superuser=True, is_active=True)) == ["Dashboard", "Users"]


@override_settings(ROOT_URLCONF=__name__)
def test_users_are_for_superusers():
    assert titles(AnonymousUser()) == ["Dashboard"]
    assert titles(SimpleNamespace(is_superuser=False, has_perm=lambda name: True)) == ["Dashboard"]


@override_settings(ROOT_URLCONF=__name__)
def test_the_sidebar_asks_each_page_who_may_see_it(monkeypatch):
    entries = (look_settings.Entry("Groups", "group", "admin:auth_group_changelist"),)
    monkeypatch.setattr(look_settings, "SIDEBAR", (("People", entries),))

    assert look_settings.navigation(asked_by(User(is_superuser=True, is_active=True))) == []


@override_settings(ROOT_URLCONF=__name__)
def test_the_sidebar_reaches_the_page_as_django_unfold_wants_it():
    items = site.each_context(asked_by(User(is_superuser=True, is_active=True, is_staff=True)))[
        "sidebar_navigation"
    ]

    assert [item["link"] for group in items for item in group["items"]] == ["/admin/", "/admin/auth/user/"]
    assert all(item["has_permission"] for group in items for item in group["items"])


def test_every_icon_and_title_is_given():
    entries = [entry for _, group in look_settings.SIDEBAR for entry in group]

    assert all(entry.title and entry.icon and entry.route.startswith("admin:") for entry in entries)
    assert len({entry.route for entry in entries}) == len(entries)


def test_the_settings_of_the_look_load_before_models(monkeypatch):
    monkeypatch.delitem(sys.modules, "apps.common.look_settings")
    before = set(sys.modules)

    importlib.import_module("apps.common.look_settings")

    assert not [name for name in set(sys.modules) - before if name.endswith("models")]


@pytest.mark.parametrize(("environment", "mark"), [("production", None), ("local", ["Local", "info"])])
def test_other_environments_than_production_are_marked(settings, environment, mark):
    settings.ENVIRONMENT = environment

    assert look_settings.environment(asked_by(AnonymousUser())) == mark


def test_a_secret_is_never_filled_in_again():
    html = look.PasswordInput().render("secret", "canary")

    assert "canary" not in html
    assert 'autocomplete="new-password"' in html
    assert 'type="password"' in html


def test_code_is_written_in_a_fixed_width_face():
    html = look.CodeTextarea({"rows": 7, "class": "mine"}).render("template", "{{ <b> }}")

    assert 'rows="7"' in html
    assert "td-mono" in html
    assert "mine" in html
    assert 'spellcheck="false"' in html
    assert "{{ &lt;b&gt; }}" in html


@pytest.mark.parametrize(
    "widget",
    [
        look.TextInput,
        look.Textarea,
        look.URLInput,
        look.EmailInput,
        look.NumberInput,
        look.Select,
        look.SwitchInput,
    ],
)
def test_every_widget_renders_in_the_look(widget):
    assert 'class="' in widget().render("field", "1")


def test_a_column_keeps_what_is_declared():
    @look.display(description="Status", ordering="status")
    def status(obj):
        return obj

    assert vars(status) == {"short_description": "Status", "admin_order_field": "status"}


def test_a_list_counts_no_more_than_it_must():
    assert look.ModelAdmin.show_full_result_count is False
