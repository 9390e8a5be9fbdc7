"""Makes Tandem's site the default one, so that every room registers with plain `@admin.register`."""

from django.contrib.admin.apps import AdminConfig


class TandemAdminConfig(AdminConfig):
    default_site = "apps.console.site.TandemAdminSite"
