"""``manage.py reapply_erasures``: after a restored backup, erase again whom it has brought back."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.management import erasures
from dashboard.management.erasures import UNCHECKED
from dashboard.management.progress import ProgressBar
from dashboard.privacy import reapplying
from dashboard.privacy.reapplying import Reapplied
from memadmin.memory import MemoryScopeError


class Command(BaseCommand):
    help = (
        "Erase again whom a restored backup has brought back: people with memories from before their erasure. "
        "Exit 1 on residue or where one was not carried out, 2 if one failed or not all could be checked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--everybody", action="store_true", help="also whom an agent has learned again since")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *, everybody: bool, json: bool, **_: Any) -> None:
        bar = ProgressBar("memories")
        try:
            done = reapplying.reapply(bar, everybody=everybody)
        except MemoryScopeError as error:
            raise CommandError(str(error), returncode=UNCHECKED) from error
        except Exception as error:  # a script must never read a crash as an answer
            raise CommandError(f"It broke off: {type(error).__name__}.", returncode=UNCHECKED) from error
        finally:
            bar.close()
        self.stdout.write(_json(done) if json else _table(done))
        if code := max((_code(each) for each in done), default=0):
            sys.exit(code)


def _code(one: Reapplied) -> int:
    return erasures.exit_code(one.asked) if one.asked else UNCHECKED


def _json(done: list[Reapplied]) -> str:
    return json.dumps({"erased_again": len(done), "people": [_as_dict(one) for one in done]}, indent=2)


def _as_dict(one: Reapplied) -> dict[str, Any]:
    told = erasures.as_dict(one.asked) if one.asked else {"state": "", "verdict": ""}
    return {"digest": one.tombstone.digest, **told, "trouble": one.trouble}


def _table(done: list[Reapplied]) -> str:
    if not done:
        return "Nobody has to be erased again."
    lines = [f"{len(done)} people who were erased before were in the store again."]
    for one in done:
        lines += [erasures.in_words(one.asked)] if one.asked else [f"{one.tombstone.digest[:8]}: not erased."]
        lines += [one.trouble] if one.trouble else []
    return "\n".join(lines)
