"""Where the next look for new tenants begins."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0007_names")]

    operations = [
        migrations.CreateModel(
            name="DirectoryMark",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("mark", models.CharField(max_length=255)),
                ("walked_at", models.DateTimeField()),
            ],
        ),
    ]
