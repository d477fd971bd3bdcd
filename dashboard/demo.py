"""A desk to try: sample tenants through mem0, staff accounts with fresh passwords, and the proof that it holds."""

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group

from dashboard import directory
from dashboard.models import Staff, Tenant
from dashboard.roles import Role
from memadmin.memory import connect
from memadmin.memory.proof import Proof, prove
from memadmin.memory.sample import tenants
from memadmin.memory.sample_loading import load

Progress = Callable[[int, int], None]

PEOPLE = (
    ("sam", "Sam", "Okafor", Role.SUPPORT),
    ("petra", "Petra", "Lindqvist", Role.PRIVACY_OFFICER),
    ("aude", "Aude", "Moreau", Role.AUDITOR),
    ("ada", "Ada", "Novak", Role.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account, with the password that was made for it on this machine."""

    username: str
    password: str
    role: Role


@dataclass(frozen=True, slots=True)
class Demo:
    """What was set up."""

    accounts: tuple[Account, ...]
    tenants: int
    proof: Proof

    def as_dict(self) -> dict[str, Any]:
        return {
            "accounts": [
                {"username": account.username, "password": account.password, "role": account.role.value}
                for account in self.accounts
            ],
            "tenants": self.tenants,
            "store": self.proof.store,
            "isolation_proof": self.proof.as_dict(),
        }


def set_up(progress: Progress) -> Demo:
    """Do all but serve; on the second run nothing changes.

    Raises:
        MemoryScopeError: the store cannot be used.
    """
    load_sample(progress)
    directory.sync(full=True)  # the sample has old dates
    name_people()
    proof = prove(connect())
    return Demo(make_accounts(), Tenant.objects.count(), proof)


def load_sample(progress: Progress) -> int:
    """Load the sample into an empty store; returns the number of tenants loaded.

    A store that holds anybody is left alone, unless an earlier loading was interrupted.
    """
    marker, this_store = settings.VAR_DIR / "sample-is-loading", _store_digest()
    interrupted = marker.exists() and marker.read_text(encoding="ascii") == this_store
    if not interrupted and connect().user_ids(limit=1):
        return 0
    marker.write_text(this_store, encoding="ascii")
    loaded = load(connect(), tenants(datetime.now(UTC).date()), progress=progress)
    marker.unlink()
    return loaded


def name_people() -> None:
    """Names, e-mail addresses and customer numbers of the sample's people who are in the directory."""
    sample = {person.user_id: person for person in tenants(datetime.now(UTC).date())}
    for number, tenant in enumerate(
        Tenant.objects.filter(user_id__in=sample, email="").order_by("user_id"), start=1001
    ):
        person = sample[tenant.user_id]
        tenant.email, tenant.display_name = person.email, person.display_name
        tenant.save()
        tenant.external_references.get_or_create(value=f"C-{number}")


def _store_digest() -> str:
    """Which store is configured: what was begun in one must not be repeated in another."""
    names = ("MEM0_API_KEY", "MEM0_HOST", "MEM0_CONFIG", "DATABASE_URL")
    return hashlib.sha256("\0".join(os.environ.get(name, "") for name in names).encode()).hexdigest()


def make_accounts() -> tuple[Account, ...]:
    """One account per role. The passwords are kept beside the embedded database, readable by this user only."""
    file = settings.VAR_DIR / "demo-accounts.json"
    kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    accounts = tuple(
        Account(username, kept.get(username) or secrets.token_urlsafe(12), role) for username, _, _, role in PEOPLE
    )
    _write_private(file, json.dumps({account.username: account.password for account in accounts}))
    for (username, first_name, last_name, role), account in zip(PEOPLE, accounts, strict=True):
        staff, made = Staff.objects.get_or_create(
            username=username, defaults={"first_name": first_name, "last_name": last_name}
        )
        if made or username not in kept:
            staff.set_password(account.password)
            staff.save()
        staff.groups.set([Group.objects.get(name=role.value)])
    return accounts


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
