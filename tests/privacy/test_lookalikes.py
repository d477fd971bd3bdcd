"""Other ids that may be the same person."""

import pytest

from dashboard.models import Tenant
from dashboard.privacy import lookalikes
from tests.factories import TenantFactory


def _user_ids(tenants: list[Tenant]) -> list[str]:
    return [tenant.user_id for tenant in tenants]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("alice", "Alice"),
        ("alice", "\N{FULLWIDTH LATIN SMALL LETTER A}lice"),
        ("alice@example.org", "alice+work@example.org"),
    ],
)
def test_ids_that_may_mean_one_person_are_found_from_either_side(one: str, another: str) -> None:
    first, second = TenantFactory(user_id=one), TenantFactory(user_id=another)
    assert (lookalikes.of(first), lookalikes.of(second)) == ([second], [first])


@pytest.mark.django_db
def test_bob_is_not_like_alice() -> None:
    TenantFactory(user_id="bob"), TenantFactory(user_id="alice2")
    assert lookalikes.of(TenantFactory(user_id="alice")) == []


@pytest.mark.django_db
def test_at_most_twenty_are_shown() -> None:
    for number in range(25):
        TenantFactory(user_id=f"alice+{number:02}@example.org")
    assert len(lookalikes.of(TenantFactory(user_id="alice@example.org"))) == 20
