"""What a deployment must set before it may start (system checks memadmin.E001 to E006, W001, W002)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from dashboard.audit import delivery
from dashboard.your_data import branding, keys
from dashboard.your_data.branding import UnusableBrand
from dashboard.your_data.tokens import UnusableKeys

SHORTEST_SECRET = 50  # characters, as Django's own check --deploy asks


@register("memadmin")
def deployment(**_: Any) -> list[CheckMessage]:
    """Report every missing setting at once."""
    if settings.MEMADMIN_DEBUG:
        return []
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY_FROM_ENVIRONMENT) < SHORTEST_SECRET:
        found.append(
            Error(
                "No usable secret key.",
                hint=f"Set MEMADMIN_SECRET_KEY to at least {SHORTEST_SECRET} random characters.",
                id="memadmin.E001",
            )
        )
    if not settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "No host names are allowed.",
                hint="Set MEMADMIN_ALLOWED_HOSTS to the desk's host names, separated by commas.",
                id="memadmin.E002",
            )
        )
    if not settings.DATABASE_URL:
        found.append(
            Error(
                "No database is configured.",
                hint="Set DATABASE_URL to postgresql://user:password@host/name; the embedded one is for trying only.",
                id="memadmin.E003",
            )
        )
    if len(settings.AUDIT_KEY_FROM_ENVIRONMENT) < SHORTEST_SECRET:
        found.append(
            Error(
                "No usable audit key.",
                hint=f"Set MEMADMIN_AUDIT_KEY to at least {SHORTEST_SECRET} random characters, and keep a copy: "
                "without it, events can no longer be found by user_id and notes no longer be read.",
                id="memadmin.E004",
            )
        )
    return found


@register("memadmin")
def signed_checkpoints(**_: Any) -> list[CheckMessage]:
    """Say that nobody could tell a rewritten audit log from the true one."""
    if settings.MEMADMIN_SIGNING_KEY or settings.MEMADMIN_SIGNING_KEY_FILE or settings.MEMADMIN_TRUSTED_KEYS:
        return []
    return [
        CheckWarning(
            "The audit log is not signed, so that whoever owns the database could rewrite it unnoticed.",
            hint="Set MEMADMIN_SIGNING_KEY_FILE for the job worker, MEMADMIN_TRUSTED_KEYS elsewhere.",
            id="memadmin.W001",
        )
    ]


@register("memadmin")
def delivered_checkpoints(**_: Any) -> list[CheckMessage]:
    """Say that whoever owns the database and the signing key could sign a rewritten log anew."""
    if settings.MEMADMIN_DEBUG or delivery.configured():
        return []
    return [
        CheckWarning(
            "Checkpoints of the audit log stay in the database: its owner could rewrite it with the signing key.",
            hint="Set MEMADMIN_CHECKPOINT_FILE (on a disk of another owner), MEMADMIN_CHECKPOINT_EMAIL or "
            "MEMADMIN_CHECKPOINT_WEBHOOK.",
            id="memadmin.W002",
        )
    ]


@register("memadmin")
def your_data_pages(**_: Any) -> list[CheckMessage]:
    """Report keys, colours or a logo that cannot be used, instead of showing it to the first person who comes."""
    found: list[CheckMessage] = []
    try:
        keys.configured()
    except UnusableKeys as error:
        found.append(Error("Nobody could come to the “your data” pages.", hint=str(error), id="memadmin.E005"))
    try:
        branding.check()
    except UnusableBrand as error:
        found.append(Error("The controller's look cannot be shown.", hint=str(error), id="memadmin.E006"))
    return found


def refuse_unfit_configuration() -> None:
    """Stop the web server unless the checks above pass. Raises ImproperlyConfigured."""
    if found := [*deployment(), *your_data_pages()]:
        raise ImproperlyConfigured("; ".join(f"{message.msg} {message.hint}" for message in found))
