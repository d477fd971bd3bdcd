"""What one test leaves behind is gone for the next, and what migrations made is there (``tests/flushing.py``)."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from dashboard import audit
from dashboard.models import AuditEvent, AuditHead, Staff
from dashboard.roles import Role
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


def _flush() -> None:
    call_command("flush", verbosity=0, interactive=False)


def test_every_table_is_emptied_the_audit_log_too() -> None:
    for _ in range(2):  # the first time may have been the whole way
        StaffFactory(username="sam", role=Role.SUPPORT)
        audit.record(audit.Action.SIGNED_IN, actor="Sam")
        _flush()
        assert not Staff.objects.exists()
        assert not AuditEvent.objects.exists()
        assert AuditHead.objects.get().seq == 0


def test_roles_that_a_test_took_away_or_changed_are_made_anew() -> None:
    _flush()
    made = set(Group.objects.values_list("name", flat=True))
    Group.objects.filter(name=Role.AUDITOR.value).delete()
    Group.objects.create(name="left behind")
    _flush()
    assert set(Group.objects.values_list("name", flat=True)) == made == {role.value for role in Role}
