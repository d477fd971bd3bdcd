"""Who may do what: groups over one enum of rights."""

from dashboard.roles import RIGHTS, Right, Role, rights_of, rights_of_groups
from tests.factories import StaffFactory

CONTENT = {Right.BROWSE, Right.SEARCH, Right.RECTIFY, Right.ERASE}


def test_auditors_and_administrators_see_no_memory_content() -> None:
    assert not CONTENT & (RIGHTS[Role.AUDITOR] | RIGHTS[Role.ADMINISTRATOR])


def test_support_cannot_erase_or_approve() -> None:
    assert not {Right.ERASE, Right.APPROVE, Right.HOLD} & RIGHTS[Role.SUPPORT]


def test_every_right_is_granted_to_somebody() -> None:
    assert frozenset(Right) == frozenset().union(*RIGHTS.values())


def test_an_unknown_group_grants_nothing() -> None:
    assert rights_of_groups({"owners", "staff"}) == frozenset()


def test_a_superuser_gets_nothing_extra(db: None) -> None:
    assert rights_of(StaffFactory(is_superuser=True, is_staff=True)) == frozenset()


def test_a_deactivated_account_has_no_rights(db: None) -> None:
    assert rights_of(StaffFactory(role=Role.PRIVACY_OFFICER, is_active=False)) == frozenset()
