"""A full day's work in a real browser, then the database's own dump of the audit tables."""

import subprocess

import pytest
from django.db import connection
from playwright.sync_api import expect

from dashboard.models import AuditEvent, Staff
from memadmin.memory import embedded
from tests.browser.conftest import Window
from tests.desk.conftest import Person

pytestmark = pytest.mark.browser

MARKER = "zeppelin-marker"


def _dump() -> str:
    """``pg_dump`` of everything that the audit log writes."""
    server = embedded.server()
    database = server.get_uri(connection.settings_dict["NAME"])
    tables = ["--table=dashboard_audit*", "--table=dashboard_flag"]
    command = [str(server.bin_path / "pg_dump"), "--data-only", *tables, database]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_audit_tables_hold_no_memory_text_and_no_user_id(window: Window, petra: Staff, alice: Person) -> None:
    alice.remember(f"Flies a {MARKER}.", "Keeps bees.")
    page = window.sign_in_by_hand(petra).page
    window.find(alice.user_id)
    page.get_by_role("main").get_by_role("link", name=alice.user_id).first.click()
    window.see_matches(MARKER)
    page.get_by_role("link", name=MARKER).first.click()
    page.get_by_role("link", name="Delete this memory").click()
    page.get_by_label("Note").fill(f"{alice.user_id} wrote about the {MARKER}")
    page.get_by_role("button", name="Delete this memory").click()
    expect(page.get_by_role("heading", name="Deleted and verified")).to_be_visible()
    dump = _dump()
    assert AuditEvent.objects.count() >= 6
    assert "memory-deleted" in dump
    assert MARKER not in dump
    assert alice.user_id not in dump
