"""Where runs wait for requests from outside."""

from django.urls import path

from apps.runs.waits import views

urlpatterns = [path("<str:token>", views.receive, name="wait")]
