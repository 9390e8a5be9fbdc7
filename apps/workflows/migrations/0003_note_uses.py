"""Note for what is live already which triggers and actions it uses."""

from typing import Any

from django.db import migrations


def note_uses(apps: Any, schema_editor: Any) -> None:
    """Write what publishing writes from now on."""
    Use = apps.get_model("catalog", "Use")
    Workflow = apps.get_model("workflows", "Workflow")
    rows = Workflow.objects.filter(status__in=("published", "paused"), live_version__isnull=False)
    for workflow in rows.select_related("live_version").iterator():
        definition = workflow.live_version.definition
        # Every version that is older than this migration is a flat list of steps.
        refs = {definition["trigger"]["trigger"], *(step.get("action", "") for step in definition["steps"])}
        Use.objects.bulk_create(
            [
                Use(
                    workspace_id=workflow.workspace_id,
                    ref=ref,
                    user_kind="workflow",
                    user_code=workflow.code,
                    label=workflow.name,
                    url=f"/admin/workflows/workflow/{workflow.pk}/change/",
                )
                for ref in sorted(refs - {""})
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_uses"), ("workflows", "0002_test_versions_and_cases")]

    operations = [migrations.RunPython(note_uses, migrations.RunPython.noop, elidable=True)]
