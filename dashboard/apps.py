"""The desk as a Django app."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate

from memadmin.memory import cursors


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "Privacy desk"

    def ready(self) -> None:
        from dashboard import checks, roles, signals  # noqa: F401, PLC0415 - after the apps are loaded

        cursors.use_key(settings.SECRET_KEY)
        post_migrate.connect(roles.ensure_groups, sender=self)
