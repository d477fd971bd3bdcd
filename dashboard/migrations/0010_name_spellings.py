"""Names with ä, ö, ü, ø or å are found with ae, oe, ue and aa in their place, too."""

from django.db import migrations

from dashboard.models.names import name_keys

BATCH = 10_000
LETTERS = "[äöüøåÄÖÜØÅ\u0308\u030a\u212b]"  # also as an accent behind its letter, and the sign for ångström
ADD = "INSERT INTO dashboard_namekey (tenant_id, key) VALUES (%s, %s) ON CONFLICT DO NOTHING"


def fill(apps, schema_editor):
    """Further keys of the names that are in the directory; their rows are held, so that no key outlives its name."""
    tenants = apps.get_model("dashboard", "Tenant").objects.filter(display_name__regex=LETTERS).order_by("pk")
    last = 0
    while batch := list(tenants.select_for_update().filter(pk__gt=last).values_list("pk", "display_name")[:BATCH]):
        last = batch[-1][0]
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(ADD, [(tenant, key) for tenant, name in batch for key in name_keys(name)])


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0009_visit_user_id")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
