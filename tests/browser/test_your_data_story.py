"""The person's story: from the host application to a certificate that anybody can check."""

import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import PrivacyRequest, Staff
from dashboard.privacy import ledger
from tests.browser.conftest import OpenWindow, Window
from tests.browser.host_app import HostApp
from tests.browser.worker import SMALL_BATCH, worker
from tests.desk.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.purpose]

TEXTS = (
    "Alice lives in Porto.",
    "Alice drives a red car.",
    "Alice is allergic to peanuts.",
    "Alice plays the cello.",
    "Alice has two cats.",
)


@pytest.fixture(autouse=True)
def _as_the_controller_wants_it(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEMADMIN_SIGNING_KEY_FILE = str(tmp_path / "signing-key.pem")
    settings.MEMADMIN_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")
    settings.MEMADMIN_YOUR_DATA_FORGET_EVERYTHING = "at-once"
    monkeypatch.setattr(ledger, "BATCH", SMALL_BATCH)


def test_alice_comes_from_the_app_corrects_forgets_downloads_and_has_everything_forgotten(
    open_window: OpenWindow, host_app: HostApp, sam: Staff, alice: Person
) -> None:
    alice.remember(*TEXTS)
    _sam_looks(open_window().sign_in(sam), alice)
    window = open_window().arrive(host_app)
    _search_and_correct(window)
    _forget(window)
    _download(window)
    expect(_list_of_looks(window)).to_contain_text("Support: Looked at 5 memories.")
    expect(_list_of_looks(window)).to_contain_text("ticket T-4711")
    _forget_everything_and_watch(window, alice)
    _check_the_certificate(window, open_window())


def _sam_looks(window: Window, person: Person) -> None:
    """Support looks first, under a ticket."""
    window.browse(person)
    window.page.get_by_label("What is it about?").select_option("support-case")
    window.page.get_by_label("Ticket").fill("T-4711")
    window.page.get_by_role("button", name="Open", exact=True).click()
    expect(window.page.get_by_role("link", name="Porto")).to_be_visible()


def _search_and_correct(window: Window) -> None:
    page = window.page
    expect(page.get_by_text("5 memories.")).to_be_visible()
    _open_by_search(page, "in which city does she live", "Porto")
    page.get_by_role("link", name="This is wrong").click()
    page.get_by_label("What is right").fill("Alice lives in Lisbon.")
    page.get_by_role("button", name="Look at the difference").click()
    expect(page.get_by_role("region", name="What would change")).to_contain_text("removed: Porto")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This memory is corrected. We searched for the old wording")).to_be_visible()


def _forget(window: Window) -> None:
    page = window.page
    page.get_by_role("link", name="Back to your data").click()
    _open_by_search(page, "red car", "red car")
    page.get_by_role("link", name="Forget this").click()
    page.get_by_role("button", name="Forget this memory").click()
    expect(page.get_by_text("This memory is forgotten. We searched every place")).to_be_visible()


def _open_by_search(page: Page, query: str, text: str) -> None:
    page.get_by_role("searchbox").fill(query)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("listitem").filter(has_text=text).get_by_role("link").click()


def _download(window: Window) -> None:
    """One zip: to read, for a spreadsheet, for programs; as it is now."""
    window.page.get_by_role("navigation", name="Main").get_by_role("link", name="Download").click()
    with window.page.expect_download() as download:
        window.page.get_by_role("button", name="Download everything").click()
    files = _unzipped(Path(download.value.path()).read_bytes())
    texts = [memory["memory"] for memory in json.loads(files["memories.json"])["memories"]]
    assert sorted(texts) == sorted(["Alice lives in Lisbon.", *TEXTS[2:]])
    for name in ("index.html", "memories.csv"):
        assert "Lisbon" in files[name]
    assert "T-4711" in files["who-looked.json"]
    assert [name for name, text in files.items() if "Porto" in text or "red car" in text] == []


def _unzipped(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def _list_of_looks(window: Window) -> Any:
    window.page.get_by_role("link", name="Who looked").click()
    return window.page.get_by_role("main")


def _forget_everything_and_watch(window: Window, person: Person) -> None:
    page, seen = window.page, threading.Event()
    page.get_by_role("link", name="What is remembered").click()
    page.get_by_role("link", name="Forget everything").click()
    page.get_by_label("Yes, forget everything about me").check()
    page.get_by_role("button", name="Forget everything").click()
    expect(page.get_by_text("Nothing has been erased yet.")).to_be_visible()

    def wait_for_the_reader(done: int, _total: int) -> None:
        if done == SMALL_BATCH:
            seen.wait(timeout=30)

    with worker(PrivacyRequest.objects.get(), wait_for_the_reader):
        expect(page.get_by_text("2 of 4 memories removed")).to_be_visible()
        expect(page.get_by_text("Your memories are being erased now.")).to_be_visible()
        seen.set()
    expect(page.get_by_text("Nothing more has to be done about this.")).to_be_visible(timeout=30_000)
    assert person.scope.residue().clean


def _check_the_certificate(window: Window, of_anybody: Window) -> None:
    """Downloaded by her, genuine to somebody who is nobody here, and not any more with one word changed."""
    page = window.page
    page.get_by_role("link", name="Read the certificate").click()
    expect(page.get_by_role("heading", name="Erased, and verified")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the certificate").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    for brought, verdict in ((text, "Valid"), (text.replace("Backups", "Backupz", 1), "Not valid")):
        of_anybody.open("/verify/")
        of_anybody.page.get_by_label("Or its text").fill(brought)
        of_anybody.page.get_by_role("button", name="Check").click()
        expect(of_anybody.page.get_by_role("heading", name=verdict, exact=True)).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Check a certificate").click()
    expect(opened.value.get_by_role("button", name="Check")).to_be_visible()
    window.open("/your-data/")
    expect(page.get_by_role("heading", name="Everything about you was erased")).to_be_visible()
