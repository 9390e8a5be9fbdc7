"""What makes runs findable beyond e-mails and ids, and the filters of the run list that people keep."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.workspaces.models import Workspace


class SearchPath(models.Model):
    """A payload field by which the runs of one trigger can be searched, from `created_at` on.

    `path` is what `{{ trigger.… }}` would name: a declared field, or `raw.` and keys behind it.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="search_paths", db_index=False
    )
    trigger = models.CharField(max_length=100)
    path = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("trigger", "path")
        verbose_name = "searchable field"
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "trigger", "path"), name="runs_searchpath_once_per_trigger"
            ),
        )

    def __str__(self) -> str:
        return f"{self.trigger}: {self.path}"


class SavedFilter(models.Model):
    """A filter of the run list under a name; `query` is its query string.

    The owner's alone, or `shared` with the workspace. The owner's `default` is
    what the list opens with for them.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="saved_filters", db_index=False
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1_000, blank=True)
    shared = models.BooleanField(default=False)
    default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "owner", "name"), name="runs_savedfilter_name_once_per_owner"
            ),
            models.UniqueConstraint(
                fields=("workspace", "owner"),
                condition=Q(default=True),
                name="runs_savedfilter_one_default_per_owner",
            ),
        )

    def __str__(self) -> str:
        return self.name
