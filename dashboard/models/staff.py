"""A member of staff."""

from django.contrib.auth.models import AbstractUser


class Staff(AbstractUser):
    """Signs in to the desk; what they may do comes from their groups, see ``roles.py``."""

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"

    @property
    def label(self) -> str:
        """Name for the audit log, which must outlive the account."""
        full_name = self.get_full_name()
        return f"{full_name} ({self.username})" if full_name else self.username
