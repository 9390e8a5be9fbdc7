from django.urls import path

from apps.webhooks import views

urlpatterns = [
    path("<path:path>", views.receive, name="receive"),
]
