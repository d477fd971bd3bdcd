"""How far the directory of tenants has followed the store."""

from django.db import models


class DirectoryMark(models.Model):
    """Where the next look for new tenants begins. One row at most; none: with a walk through everybody."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    mark = models.CharField(max_length=255)  # the store's own words: which one it is, and when it was asked
    walked_at = models.DateTimeField()  # when the last walk through everybody began

    def __str__(self) -> str:
        return f"everybody was walked through at {self.walked_at:%Y-%m-%d %H:%M}"
