"""The address table: the public pages, the admin, the doors of machines, and the links that decide."""

from django.urls import include, path

from apps.console.health.metrics import metrics
from apps.console.site import site

urlpatterns = [
    path("", include("apps.catalog.public.urls")),
    path("admin/", site.urls),
    path("v1/webhooks/", include("apps.webhooks.urls")),
    path("v1/waits/", include("apps.runs.waits.urls")),
    path("approvals/", include("apps.runs.approvals.urls")),
    path("oauth/", include("apps.connections.oauth.urls")),
    path("metrics", metrics, name="metrics"),
]
handler404 = "apps.catalog.public.errors.not_found"
handler500 = "apps.catalog.public.errors.failed"
