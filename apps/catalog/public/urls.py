"""The addresses of the public pages; they never change."""

from django.urls import path

from apps.catalog.public import machines, views

app_name = "public"

urlpatterns = [
    path("", views.home, name="home"),
    path("integrations/", views.integrations, name="integrations"),
    path("integrations/<slug:app>/", views.app, name="app"),
    path("integrations/<slug:app>/triggers/<slug:slug>/", views.trigger, name="trigger"),
    path("integrations/<slug:app>/actions/<slug:slug>/", views.action, name="action"),
    path("integrations/<slug:source>/with/<slug:target>/", views.pair, name="pair"),
    path("robots.txt", machines.robots, name="robots"),
    path("sitemap.xml", machines.sitemap, name="sitemap"),
    path("favicon.ico", machines.icon, name="icon"),
    path("site.webmanifest", machines.manifest, name="manifest"),
]
