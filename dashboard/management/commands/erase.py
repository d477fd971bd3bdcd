"""``manage.py erase USER_ID``: a whole erasure in the foreground."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from dashboard.audit import AuditUnavailable
from dashboard.grounds import GROUNDS
from dashboard.management import erasures
from dashboard.management.erasures import NOT_DONE, UNCHECKED
from dashboard.management.progress import ProgressBar
from dashboard.models import PrivacyRequest
from dashboard.privacy import foreground
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Channel, Kind
from dashboard.privacy.opening import Asked
from dashboard.privacy.running import Stopped
from dashboard.privacy.states import NotNow
from dashboard.privacy.verification import VerificationFailed
from memadmin.memory import InvalidUserId, MemoryScopeError


class Command(BaseCommand):
    help = (
        "Erase one person from every place, verify and certify it; an erasure that is under way is gone on with. "
        "Exit 1 on residue or where it was not carried out, 2 if it failed or not all could be checked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id")
        parser.add_argument("--reason", required=True, choices=[code for code, _ in GROUNDS], help="Art. 17(1) GDPR")
        parser.add_argument("--actor", required=True, metavar="NAME", help="who asks for it, for the audit log")
        parser.add_argument("--approved-by", metavar="NAME", help="who has approved it, if not the same person")
        parser.add_argument("--ticket", default="", help="where the request is kept")
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and change nothing")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, user_id: str, json: bool, dry_run: bool, **given: Any) -> None:
        asks = Actor.operator(given["actor"])
        approves = Actor.operator(given["approved_by"] or given["actor"])
        wanted = Asked(kind=Kind.ERASURE, channel=Channel.API, ground=given["reason"], ticket=given["ticket"][:64])
        with _exit_codes():
            if dry_run:
                self._foresee(user_id, asks, as_json=json)
                return
            asked = self._erase(user_id, wanted, asks, approves)
        self.stdout.write(_json(erasures.as_dict(asked)) if json else erasures.in_words(asked))
        if code := erasures.exit_code(asked):
            sys.exit(code)

    def _foresee(self, user_id: str, by: Actor, *, as_json: bool) -> None:
        seen = foreground.foresee(user_id, by)
        self.stdout.write(_json(seen) if as_json else _foreseen(seen))

    def _erase(self, user_id: str, wanted: Asked, asks: Actor, approves: Actor) -> PrivacyRequest:
        bar = ProgressBar("memories")
        try:
            return foreground.erase(user_id, wanted, asks=asks, approves=approves, progress=bar)
        finally:
            bar.close()


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except PermissionDenied as error:
        raise CommandError(f"{error} Name them with --approved-by.", returncode=NOT_DONE) from error
    except (NotNow, Stopped) as error:
        raise CommandError(str(error), returncode=NOT_DONE) from error
    except ImproperlyConfigured as error:
        raise CommandError(f"Not certified: {error}", returncode=UNCHECKED) from error
    except InvalidUserId as error:
        raise CommandError(str(error), returncode=UNCHECKED) from error
    except (MemoryScopeError, AuditUnavailable, VerificationFailed) as error:
        raise CommandError(f"{error} Run the same command again: it goes on.", returncode=UNCHECKED) from error
    except Exception as error:  # a script must never read a crash as an answer
        raise CommandError(f"It broke off: {type(error).__name__}.", returncode=UNCHECKED) from error


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, default=str)


def _foreseen(seen: dict[str, Any]) -> str:
    lines = [f"{place:<9} {count:>9,}" for place, count in seen["places"].items()]
    if seen["memories"]:
        lines += [f"oldest    {seen['oldest']}", f"newest    {seen['newest']}"]
    if seen["agents"]:
        lines.append(f"agents    {', '.join(seen['agents'])}")
    if seen["lookalikes"]:
        lines.append(f"Similar user_ids, perhaps the same person: {', '.join(seen['lookalikes'])}")
    for hold in seen["holds"]:
        until = f" until {hold['expires_on']}" if hold["expires_on"] else ""
        lines.append(f"A hold blocks it{until} ({hold['code']}); ask {hold['owner']}.")
    return "\n".join([*lines, "Nothing was changed."])
