"""The address table: the admin, the webhook doors, and a way in."""

from django.urls import include, path
from django.views.generic import RedirectView

from apps.console.site import site

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", site.urls),
    path("v1/webhooks/", include("apps.webhooks.urls")),
]
