"""Makes Tandem's site the default one, so that every room registers with plain `@admin.register`."""

from django.contrib.admin.apps import AdminConfig


class TandemAdminConfig(AdminConfig):
    """The admin app with our site."""

    default_site = "apps.console.site.TandemAdminSite"
