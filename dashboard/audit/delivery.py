"""Taking checkpoints out of the database's reach: to a file, a mailbox, another service; only where configured."""

import os
import urllib.request
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail

from dashboard.audit import marks
from dashboard.audit.marks import Mark
from dashboard.models import AuditCheckpoint

_PATIENCE = 10  # seconds for a webhook to answer
_LONGEST_LINE = 4096  # bytes; a checkpoint has some 450


class Channel(StrEnum):
    """A way out of the database."""

    FILE = "file"
    WEBHOOK = "webhook"
    EMAIL = "email"


class CopiesVanished(FileNotFoundError):
    """The file that MEMADMIN_CHECKPOINT_FILE names is not there any more."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}, where MEMADMIN_CHECKPOINT_FILE keeps checkpoints outside the database, is not there. "
            "Put it back. Only if it never was there, make an empty one: the next checkpoint goes to it."
        )


def configured() -> list[Channel]:
    """The channels that the operator set up."""
    settings_of = {
        Channel.FILE: settings.MEMADMIN_CHECKPOINT_FILE,
        Channel.WEBHOOK: settings.MEMADMIN_CHECKPOINT_WEBHOOK,
        Channel.EMAIL: settings.MEMADMIN_CHECKPOINT_EMAIL,
    }
    return [channel for channel, value in settings_of.items() if value]


def file() -> Path | None:
    """The configured file; None if there is none, or nothing that could be in it.

    Raises:
        CopiesVanished: it is not there, and checkpoints are.
    """
    if not settings.MEMADMIN_CHECKPOINT_FILE:
        return None
    path = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    if path.exists():
        return path
    if AuditCheckpoint.objects.exists():
        raise CopiesVanished(path)
    return None


def newest_in_file() -> Mark | None:
    """The last checkpoint in the configured file, if there is one. Raises NotACheckpoint, OSError."""
    path = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    if not settings.MEMADMIN_CHECKPOINT_FILE or not path.exists():
        return None
    with path.open("rb") as content:
        content.seek(max(path.stat().st_size - _LONGEST_LINE, 0))
        lines = content.read().decode(errors="replace").split("\n")
    kept = [line for line in lines if line.strip()]
    return marks.parse(kept[-1]) if kept else None


def deliver(mark: Mark, channel: Channel) -> None:
    """Hand a checkpoint over. Raises OSError (which HTTP and mail errors are) if it did not arrive."""
    {Channel.FILE: _to_file, Channel.WEBHOOK: _to_webhook, Channel.EMAIL: _to_mailbox}[channel](mark)


def _to_file(mark: Mark) -> None:
    path = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    if not path.exists() and AuditCheckpoint.objects.filter(seq__lt=mark.seq).exists():
        raise CopiesVanished(path)  # a new one in its place would hide that the old one is gone
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(mark.as_line() + "\n")
        file.flush()
        os.fsync(file.fileno())


def _to_webhook(mark: Mark) -> None:
    url = settings.MEMADMIN_CHECKPOINT_WEBHOOK
    if urlsplit(url).scheme not in {"http", "https"}:
        raise OSError(f"MEMADMIN_CHECKPOINT_WEBHOOK is no web address: {url}")
    request = urllib.request.Request(  # noqa: S310 - the scheme was just checked
        url, data=mark.as_line().encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE):  # noqa: S310
        pass


def _to_mailbox(mark: Mark) -> None:
    send_mail(
        subject=f"Audit log checkpoint {mark.seq}",
        message=f"Keep this message. It shows later whether the audit log was rewritten.\n\n{mark.as_line()}\n",
        from_email=None,
        recipient_list=settings.MEMADMIN_CHECKPOINT_EMAIL,
    )
