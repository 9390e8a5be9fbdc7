"""Snapshots for tests of a draft, and the test cases that are kept with a workflow."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkflowCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("body", models.BinaryField(default=bytes)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.AddField(
            model_name="workflowversion",
            name="test_of_revision",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="workflowversion",
            name="number",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="workflowversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("number__isnull", False), ("test_of_revision__isnull", True)),
                    models.Q(("number__isnull", True), ("test_of_revision__isnull", False)),
                    _connector="OR",
                ),
                name="workflows_version_numbered_or_test",
            ),
        ),
        migrations.AddField(
            model_name="workflowcase",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="workflowcase",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="cases", to="workflows.workflow"
            ),
        ),
        migrations.AddConstraint(
            model_name="workflowcase",
            constraint=models.UniqueConstraint(fields=("workflow", "name"), name="workflows_case_name_once"),
        ),
    ]
