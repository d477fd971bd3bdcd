"""Whom a visit looks for again that began before anything was remembered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0008_directory_mark")]

    operations = [
        migrations.AddField(
            model_name="personsession",
            name="sealed_user_id",
            field=models.TextField(blank=True),
        ),
    ]
