"""``manage.py demo``: a desk to try, from nothing to serving."""

import json
import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from dashboard import demo, serving
from memadmin.memory import MemoryScopeError


class Command(BaseCommand):
    help = "Migrate, load sample tenants through mem0, prove isolation, make staff accounts, and serve."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="set everything up, then exit")
        parser.add_argument("--json", action="store_true", help="print accounts and proof as JSON; with --no-serve")
        parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default 8000)")

    def handle(self, *, no_serve: bool, json: bool, port: int, **_: Any) -> None:
        if not settings.MEMADMIN_DEBUG:
            raise CommandError("The demo makes accounts whose passwords it prints; it does not run in production.")
        if json and not no_serve:
            raise CommandError("--json goes with --no-serve.")
        if not no_serve and not 1 <= port <= 65_535:
            raise CommandError("A port is a number from 1 to 65535.")
        if not no_serve and not serving.port_is_free(port):
            raise CommandError(f"Port {port} is in use. Stop what listens there, or choose another: --port 8001")
        try:
            with serving.alone() if not no_serve else nullcontext():
                serving.stop_on_signals()
                sys.exit(self._run(no_serve=no_serve, as_json=json, port=port))
        except serving.Stopped:
            if not no_serve:
                serving.stop_database()
            raise CommandError("Stopped before everything was set up; the next run goes on.") from None

    def _run(self, *, no_serve: bool, as_json: bool, port: int) -> int:
        call_command("migrate", verbosity=0)
        try:
            done = demo.set_up(self._progress)
        except MemoryScopeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_json(done.as_dict(), port) if as_json else _text(done, port))
        if not done.proof.held:
            raise CommandError("The isolation proof failed; see manage.py isolation_proof.")
        if no_serve:
            return 0
        self.stdout.write("Ctrl-C stops the desk, its worker and its database.")
        self.stdout.flush()
        return serving.serve(port)

    def _progress(self, done: int, total: int) -> None:
        if self.stderr.isatty() or done == total:
            self.stderr.write(f"\rLoading sample tenants through mem0: {done} of {total}", ending="")
            self.stderr.write("" if done < total else "\n", ending="")


def _text(done: demo.Demo, port: int) -> str:
    accounts = "\n".join(
        f"  {account.username:<6} {account.password:<18} {account.role.value}" for account in done.accounts
    )
    steps = len(done.proof.steps)
    held = sum(step.held for step in done.proof.steps)
    return (
        f"\n{done.tenants} tenants in {done.proof.store}; isolation proof: {held} of {steps} claims hold.\n\n"
        f"Desk: http://{serving.HOST}:{port}\n\nAccounts (name, password, role):\n{accounts}\n"
    )


def _json(value: dict[str, Any], port: int) -> str:
    return json.dumps({"url": f"http://{serving.HOST}:{port}", **value}, indent=2)
