"""The whole story: Sam asks, Petra approves in a window of her own, progress is live, the certificate is checked."""

import threading
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboard.models import Certificate, PrivacyRequest, Staff
from dashboard.privacy import certificate_files, ledger
from tests.browser import inspecting
from tests.browser.conftest import OpenWindow, Window
from tests.browser.worker import SMALL_BATCH, worker
from tests.desk.conftest import Person

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _keys_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.MEMADMIN_SIGNING_KEY_FILE = str(tmp_path / "signing-key.pem")
    settings.MEMADMIN_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")


def _ask(window: Window, person: Person) -> PrivacyRequest:
    """Sam takes it in and has it previewed."""
    page = window.page
    window.browse(person)
    page.get_by_role("link", name="Erase everything").click()
    page.get_by_label("Ground").select_option("17-1-b")
    page.get_by_label("Ticket").fill("T-4711")
    page.get_by_role("button", name="Take the request in").click()
    page.get_by_role("button", name="Preview and ask for approval").click()
    expect(page.get_by_role("heading", name="Awaiting approval")).to_be_visible()
    return PrivacyRequest.objects.get(reference=person.tenant.reference)


def _approve(window: Window, asked: PrivacyRequest, reference: str = "") -> None:
    """Petra finds it in the queue and approves it."""
    window.open("/requests/")
    window.page.get_by_role("link", name=asked.reference).click()
    window.page.get_by_label("Type the reference").fill(reference or asked.reference)
    window.page.get_by_role("button", name="Approve the erasure").click()


def test_an_erasure_from_request_to_a_certificate_that_anybody_can_check(
    open_window: OpenWindow, sam: Staff, petra: Staff, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "BATCH", SMALL_BATCH)
    alice.remember(*(f"Alice bought item {number}." for number in range(6)))
    asked = _ask(open_window().sign_in(sam), alice)
    window = open_window().sign_in(petra)
    _approve(window, asked)
    page, seen = window.page, threading.Event()
    expect(page.get_by_role("heading", name="Waiting for the worker")).to_be_visible()

    def wait_for_the_reader(done: int, total: int) -> None:
        if done == SMALL_BATCH:
            seen.wait(timeout=30)

    with worker(asked, wait_for_the_reader):
        expect(page.get_by_role("heading", name="2 of 6 memories removed")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "2")
        seen.set()
    expect(page.get_by_role("heading", name="Completed", exact=True)).to_be_visible(timeout=30_000)
    verdict = page.get_by_role("table", name="What another process found")
    expect(verdict.get_by_role("row", name="Memories the facts")).to_contain_text("clean")
    assert alice.scope.residue().clean
    page.get_by_role("link", name="Certificate of erasure").click()
    expect(page.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
    _check_the_certificate(open_window(), certificate_files.as_text(Certificate.objects.get(request=asked)))


def _check_the_certificate(window: Window, text: str) -> None:
    """Anybody, not signed in: valid; with one changed byte: not."""
    for brought, verdict in ((text, "Valid"), (text.replace("Backups", "Backupz", 1), "Not valid")):
        assert verdict == "Valid" or brought != text
        window.open("/verify/")
        window.page.get_by_label("Or its text").fill(brought)
        window.page.get_by_role("button", name="Check").click()
        expect(window.page.get_by_role("heading", name=verdict, exact=True)).to_be_visible()


def test_without_javascript_it_is_the_same_story(
    open_window: OpenWindow, sam: Staff, petra: Staff, alice: Person
) -> None:
    alice.remember("Alice is vegetarian.")
    asked = _ask(open_window(java_script_enabled=False).sign_in(sam), alice)
    window = open_window(java_script_enabled=False).sign_in(petra)
    _approve(window, asked)
    with worker(asked):
        pass
    window.page.get_by_role("link", name="Look again").click()
    expect(window.page.get_by_role("heading", name="Completed", exact=True)).to_be_visible()


def test_a_wrong_reference_approves_nothing(open_window: OpenWindow, sam: Staff, petra: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    asked = _ask(open_window().sign_in(sam), alice)
    window = open_window().sign_in(petra)
    _approve(window, asked, "AAAA-AAAA-AA")
    expect(window.page.get_by_text("Nothing was approved.")).to_be_visible()
    assert PrivacyRequest.objects.get(pk=asked.pk).state == "awaiting-approval"


def test_who_asked_is_told_that_somebody_else_decides(window: Window, petra: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    _ask(window.sign_in(petra), alice)
    expect(window.page.get_by_text("You asked for this yourself")).to_be_visible()
    expect(window.page.get_by_role("button", name="Approve the erasure")).to_have_count(0)


def test_the_pages_of_a_request_are_accessible_by_day_and_by_night_and_fit_on_a_phone(
    open_window: OpenWindow, sam: Staff, petra: Staff, alice: Person
) -> None:
    alice.remember("Alice is vegetarian.")
    asked = _ask(open_window().sign_in(sam), alice)
    window = open_window(bypass_csp=True).sign_in(petra)
    window.open("/requests/")
    found = {"queue": inspecting.problems(window.page, inspecting.PHONE)}
    window.open(f"/requests/{asked.pk}/")
    found["as it is opened"] = inspecting.sideways(window.page, inspecting.PHONE)
    for folded in reversed(window.page.locator("details:not([open]) > summary").all()):
        folded.click()
    found["awaiting approval"] = inspecting.problems(window.page)
    _approve(window, asked)
    window.page.get_by_role("heading", name="Waiting for the worker").wait_for()
    found["scheduled"] = inspecting.problems(window.page)
    with worker(asked):
        expect(window.page.get_by_role("heading", name="Completed", exact=True)).to_be_visible(timeout=30_000)
    found["completed"] = inspecting.problems(window.page)
    assert {name: problems for name, problems in found.items() if problems} == {}
