"""Names are looked up by keys, and the directory has one index where it had two or three for the same question."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import dashboard.models.tenant
from dashboard.models.names import name_keys
from dashboard.models.tenant import likeness

BATCH = 10_000

# Runs when the deleting transaction has got the tenant's row, so it sees what whoever held the row before has written.
TAKE_KEYS_ALONG = """
    CREATE FUNCTION forget_name_keys() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM dashboard_namekey WHERE tenant_id = OLD.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER forget_name_keys AFTER DELETE ON dashboard_tenant
        FOR EACH ROW EXECUTE FUNCTION forget_name_keys();
"""
LEAVE_KEYS = """
    DROP TRIGGER forget_name_keys ON dashboard_tenant;
    DROP FUNCTION forget_name_keys();
"""


def fill(apps, schema_editor):
    """Keys of the names that are in the directory."""
    tenants = apps.get_model("dashboard", "Tenant").objects.exclude(display_name="").order_by("pk")
    last = 0
    while batch := list(tenants.filter(pk__gt=last).values_list("pk", "display_name")[:BATCH]):
        last = batch[-1][0]
        with (
            schema_editor.connection.cursor() as cursor,
            cursor.copy("COPY dashboard_namekey (tenant_id, key) FROM STDIN") as copy,
        ):
            for tenant, name in batch:
                for key in name_keys(name):
                    copy.write_row((tenant, key))


def refill_likeness(apps, _schema_editor):
    """Since now a ``+tag`` is left out of ids without ``@``, too."""
    model = apps.get_model("dashboard", "Tenant")
    tenants = model.objects.filter(user_id__contains="+").order_by("pk")
    last = 0
    while batch := list(tenants.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        for tenant in batch:
            tenant.likeness = likeness(tenant.user_id)
        model.objects.bulk_update(batch, ["likeness"], batch_size=1_000)


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0006_your_data")]

    operations = [
        migrations.CreateModel(
            name="NameKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="name_keys",
                        to="dashboard.tenant",
                    ),
                ),
                ("key", models.CharField(db_collation="C", max_length=255)),
            ],
            options={"indexes": [models.Index(models.F("key"), name="name_key_prefix")]},
        ),
        migrations.RunSQL(TAKE_KEYS_ALONG, LEAVE_KEYS),
        migrations.RemoveIndex(model_name="tenant", name="tenant_user_id_prefix"),
        migrations.RemoveIndex(model_name="tenant", name="tenant_name_prefix"),
        migrations.AlterField("tenant", "likeness", models.CharField(editable=False, max_length=64)),
        migrations.AlterField(
            "tenant",
            "reference",
            models.CharField(
                db_collation="C", default=dashboard.models.tenant.new_reference, editable=False, max_length=12
            ),
        ),
        migrations.AlterField(
            "tenant",
            "user_id",
            models.CharField(db_collation="C", help_text="what mem0 calls the person", max_length=255),
        ),
        migrations.AddIndex(
            "tenant",
            django.contrib.postgres.indexes.HashIndex(models.F("likeness"), name="tenant_likeness"),
        ),
        migrations.AddConstraint(
            "tenant", models.UniqueConstraint(fields=("reference",), name="one_tenant_a_reference")
        ),
        migrations.AddConstraint(
            "tenant", models.UniqueConstraint(fields=("user_id",), name="one_tenant_a_user_id")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(refill_likeness, migrations.RunPython.noop),
    ]
