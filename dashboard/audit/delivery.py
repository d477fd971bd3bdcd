"""Taking checkpoints out of the database's reach: to a file, a mailbox, another service; only where configured."""

import logging
import os
import urllib.request
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail
from procrastinate.contrib.django import app

from dashboard.audit import marks
from dashboard.audit.actions import Action
from dashboard.audit.marks import Mark, NotACheckpoint
from dashboard.audit.recording import record
from dashboard.models import AuditCheckpoint, AuditEvent

_PATIENCE = 10  # seconds for a webhook to answer
_LONGEST_LINE = 4096  # bytes; a checkpoint has some 450


_logger = logging.getLogger(__name__)


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
    """The configured file; None if there is none, if nothing went to it yet, or if it is another log's.

    Raises:
        CopiesVanished: it is not there, and was.
    """
    if not settings.MEMADMIN_CHECKPOINT_FILE:
        return None
    path = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    if path.exists():
        return None if is_of_another_log() else path
    if was_begun():
        raise CopiesVanished(path)
    return None


def is_awaited() -> bool:
    """Whether a file is configured to which nothing went yet."""
    return bool(settings.MEMADMIN_CHECKPOINT_FILE) and not was_begun()


def was_begun(*, after: int = 0) -> bool:
    """Whether the desk has written to the file; the log itself says so, in an event after this one."""
    return AuditEvent.objects.filter(action=Action.CHECKPOINT_FILE_BEGUN, seq__gt=after).exists()


def note_begun() -> None:
    """Say in the log that there is a file, so that it is missed if it vanishes. Raises AuditUnavailable."""
    record(Action.CHECKPOINT_FILE_BEGUN, actor="job: deliver_checkpoint")


def is_of_another_log() -> bool:
    """Whether the file was left by a log that is gone: on a laptop, where only the database was deleted.

    In production the same is an alarm: the log was emptied.
    """
    if not settings.MEMADMIN_DEBUG or was_begun() or AuditCheckpoint.objects.exists():
        return False
    try:
        newest = newest_in_file()
    except (NotACheckpoint, OSError):
        return False
    return newest is not None and not AuditEvent.objects.filter(seq=newest.seq, hash=newest.hash).exists()


def set_aside() -> None:
    """Rename another log's file, so that this log can begin its own."""
    path = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    kept = path.with_name(f"{path.stem}-until-{datetime.now():%Y-%m-%dT%H-%M-%S}{path.suffix}")  # noqa: DTZ005 - a name
    path.rename(kept)
    _logger.warning("%s has checkpoints of a log that is not in this database; it is now %s.", path, kept.name)


def newest_in_file() -> Mark | None:
    """The last whole checkpoint in the configured file, if there is one. Raises NotACheckpoint, OSError."""
    path = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    if not settings.MEMADMIN_CHECKPOINT_FILE or not path.exists():
        return None
    with path.open("rb") as content:
        content.seek(max(path.stat().st_size - _LONGEST_LINE, 0))
        lines = content.read().decode(errors="replace").split("\n")
    kept = [line for line in lines if marks.is_whole(line)]
    return marks.parse(kept[-1]) if kept else None


def queue(mark: Mark) -> None:
    """Have a checkpoint delivered by jobs, once the caller's transaction is committed."""
    # By name: the jobs stand above the audit log. E-mail goes out once a day, with the newest checkpoint.
    job = app.configure_task("dashboard.tasks.deliver_checkpoint")
    for channel in configured():
        if channel is not Channel.EMAIL:
            job.defer(seq=mark.seq, channel=channel.value)


def deliver(mark: Mark, channel: Channel) -> None:
    """Hand a checkpoint over. Raises OSError (which HTTP and mail errors are) if it did not arrive."""
    {Channel.FILE: _to_file, Channel.WEBHOOK: _to_webhook, Channel.EMAIL: _to_mailbox}[channel](mark)


def _to_file(mark: Mark) -> None:
    path = Path(settings.MEMADMIN_CHECKPOINT_FILE)
    begun = was_begun()
    if begun and not path.exists():
        raise CopiesVanished(path)  # a new one in its place would hide that the old one is gone
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.write(_completing(file) + mark.as_line().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if not begun:
        note_begun()


def _completing(file: BinaryIO) -> bytes:
    """A line feed where the last line was cut off by a loss of power."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


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
