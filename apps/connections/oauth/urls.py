"""Where providers send people back to."""

from django.urls import path

from apps.connections.oauth import pages

urlpatterns = [path("callback/<slug:app>/", pages.callback, name="oauth-callback")]
