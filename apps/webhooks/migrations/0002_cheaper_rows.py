import uuid

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Q, Subquery


def name_deliveries(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    seen, delivery = (apps.get_model("webhooks", name) for name in ("Seen", "Delivery"))
    code = delivery.objects.filter(pk=OuterRef("delivery_id")).values("code")
    seen.objects.filter(delivery__isnull=False).update(delivery_code=Subquery(code))


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0001_initial"),
        ("webhooks", "0001_initial"),
        ("workspaces", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="seen",
            name="delivery_code",
            field=models.UUIDField(default=uuid.uuid4),
            preserve_default=False,
        ),
        migrations.RunPython(name_deliveries, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="seen", name="delivery"),
        migrations.AlterField(
            model_name="seen",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="connections.connection",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="connection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="connections.connection",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="workspaces.workspace",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["connection", "-id"], name="webhooks_delivery_of_conn"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=Q(("status__in", ("ignored", "quarantined"))),
                fields=["workspace", "status", "-id"],
                name="webhooks_delivery_unusual",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("status", "accepted"),
                    Q(("status__in", ("ignored", "quarantined")), Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="webhooks_delivery_reason_unless_accepted",
            ),
        ),
        migrations.AlterModelOptions(
            name="refusal",
            options={
                "ordering": ("-last_at",),
                "verbose_name": "refused requests",
                "verbose_name_plural": "refused requests",
            },
        ),
        migrations.RemoveConstraint(model_name="refusal", name="webhooks_refusal_once_per_reason"),
        migrations.AlterField(
            model_name="refusal",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="refusals",
                to="connections.endpoint",
            ),
        ),
        migrations.AddConstraint(
            model_name="refusal",
            constraint=models.UniqueConstraint(
                fields=("endpoint", "reason"), name="webhooks_refusal_once_per_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="refusal",
            constraint=models.UniqueConstraint(
                condition=Q(("endpoint__isnull", True)),
                fields=("reason",),
                name="webhooks_refusal_once_without_endpoint",
            ),
        ),
    ]
