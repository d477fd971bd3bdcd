"""What every page of the desk knows."""

from typing import Any

from django.http import HttpRequest

from dashboard import access, roles
from dashboard.roles import Right


def desk(request: HttpRequest) -> dict[str, Any]:
    """``may``: the signed-in person's rights by name, e.g. ``{% if may.ERASE %}``; ``store_label``: for staff only."""
    user = getattr(request, "user", None)
    granted = roles.rights_of(user) if user is not None else frozenset()
    return {
        "may": {right.name: right in granted for right in Right},
        "store_label": access.store_label() if granted else "",
    }
