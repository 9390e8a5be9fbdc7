"""The address table: the public pages, the admin, and the webhook doors."""

from django.urls import include, path

from apps.console.site import site

urlpatterns = [
    path("", include("apps.catalog.public.urls")),
    path("admin/", site.urls),
    path("v1/webhooks/", include("apps.webhooks.urls")),
    path("oauth/", include("apps.connections.oauth.urls")),
]
handler404 = "apps.catalog.public.errors.not_found"
handler500 = "apps.catalog.public.errors.failed"
