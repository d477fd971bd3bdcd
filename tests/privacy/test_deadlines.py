"""The clock of one request, over the desk's own rows."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import PrivacyRequest
from dashboard.privacy import deadlines
from dashboard.privacy.actors import Actor
from dashboard.privacy.codes import IdentityCheck
from dashboard.privacy.states import NotNow

Ask = Callable[..., PrivacyRequest]


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """``today(20)``: it is the 20th of November 2026."""

    def it_is(day: int) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: date(2026, 11, day))

    return it_is


def test_a_second_doubt_keeps_the_first_pause(
    ask: Ask, alice: Any, officer: Actor, today: Callable[[int], None]
) -> None:
    today(2)
    asked = deadlines.doubt_identity(ask(alice), officer, reason="Another address.")
    assert asked.due_on is None
    today(12)
    asked = deadlines.confirm_identity(asked, officer, method=IdentityCheck.CONTACT)
    first = asked.due_on
    asked = deadlines.doubt_identity(asked, officer, reason="A third address.")
    asked = deadlines.confirm_identity(asked, officer, method=IdentityCheck.CONTACT)
    assert first is not None
    assert asked.due_on == first > date(2026, 12, 2)
    assert asked.identity_at is not None


def test_an_extension_is_once_and_in_time(ask: Ask, alice: Any, officer: Actor, today: Callable[[int], None]) -> None:
    today(2)
    asked = deadlines.extend(ask(alice), officer, units=2, reason="Many requests.")
    assert asked.due_on == date(2027, 2, 2)
    with pytest.raises(NotNow, match="one extension"):
        deadlines.extend(asked, officer, units=1, reason="Again.")
