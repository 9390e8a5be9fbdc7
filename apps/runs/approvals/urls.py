"""Where the links of approvals lead."""

from django.urls import path

from apps.runs.approvals import pages

urlpatterns = [path("<str:token>/", pages.link_page, name="approval")]
