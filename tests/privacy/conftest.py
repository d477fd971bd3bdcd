"""Privacy requests over a real store. Sam asks, Petra and Paul are privacy officers, Alice and Bob are tenants."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import roles
from dashboard.audit import ActorKind
from dashboard.models import PrivacyRequest, Staff
from dashboard.privacy import approving, finishing, opening, previewing, running, verification
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import Kind
from dashboard.privacy.opening import Asked
from dashboard.roles import Role
from tests.desk.conftest import *  # noqa: F403 - the same people
from tests.desk.conftest import Person
from tests.factories import StaffFactory

JOB = Actor.job("test")


@pytest.fixture(autouse=True)
def _keys_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.MEMADMIN_SIGNING_KEY_FILE = str(tmp_path / "signing-key.pem")
    settings.MEMADMIN_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")


@pytest.fixture(autouse=True)
def _verified_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look takes place in this process, which saves seconds; ``another_process`` has it as in production."""
    if "another_process" not in request.keywords:
        monkeypatch.setattr(verification, "ask_another_process", verification.look)


def actor(staff: Staff) -> Actor:
    """A member of staff as the privacy functions see them, without a web request."""
    return Actor(
        label=staff.label,
        kind=ActorKind.STAFF,
        rights=roles.rights_of(staff),
        role=", ".join(group.name for group in staff.groups.all()),
        staff=staff,
    )


@pytest.fixture
def support(db: None) -> Actor:
    """Sam, who asks."""
    return actor(StaffFactory(username="sam-asks", role=Role.SUPPORT))


@pytest.fixture
def officer(db: None) -> Actor:
    """Petra, who approves."""
    return actor(StaffFactory(username="petra-approves", role=Role.PRIVACY_OFFICER))


@pytest.fixture
def second_officer(db: None) -> Actor:
    """Paul, another privacy officer."""
    return actor(StaffFactory(username="paul-approves", role=Role.PRIVACY_OFFICER))


@pytest.fixture
def ask(support: Actor) -> Callable[..., PrivacyRequest]:
    """``ask(alice)``: a request of that person, as Sam takes it in."""

    def open_it(person: Person, kind: Kind = Kind.ERASURE, **fields: Any) -> PrivacyRequest:
        asked = Asked(kind=kind, ground="17-1-b", ticket="T-4711", narrative="Please forget me.", **fields)
        return opening.open_request(person.tenant, support, asked)

    return open_it


@pytest.fixture
def approved(ask: Callable[..., PrivacyRequest], support: Actor, officer: Actor) -> Callable[[Person], PrivacyRequest]:
    """``approved(alice)``: an erasure that Sam asked for and Petra approved; the worker has not begun."""

    def approve(person: Person) -> PrivacyRequest:
        asked = previewing.submit(ask(person), support)
        return approving.approve(asked, officer, digest=asked.pinned_digest, reference=asked.reference)

    return approve


def carry_out(asked: PrivacyRequest) -> PrivacyRequest:
    """What the worker does."""
    running.run(asked, JOB)
    finishing.finish(JOB)
    return PrivacyRequest.objects.get(pk=asked.pk)
