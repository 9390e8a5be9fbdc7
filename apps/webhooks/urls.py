"""Where providers post; the path is read by the service."""

from django.urls import path

from apps.webhooks import views

urlpatterns = [
    path("<path:path>", views.receive, name="receive"),
]
