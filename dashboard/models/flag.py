"""Unusual behaviour of a member of staff that the privacy officer should look at."""

import uuid

from django.db import models

from dashboard.models.staff import Staff


class Flag(models.Model):
    """A rule was exceeded within its window. See ``audit/watch.py``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(max_length=40)
    actor_label = models.CharField(max_length=255)
    since = models.DateTimeField()
    until = models.DateTimeField()
    count = models.PositiveIntegerField()
    threshold = models.PositiveIntegerField()
    raised_at = models.DateTimeField(auto_now_add=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ("-since", "rule", "actor_label")
        constraints = (models.UniqueConstraint("rule", "actor_label", "since", name="one_flag_a_window"),)

    def __str__(self) -> str:
        return f"{self.rule}: {self.actor_label}"
