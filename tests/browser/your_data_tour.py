"""Every page of "your data" as Alice comes by it, one after the other; by addresses, not words, in any language."""

from collections.abc import Iterator

from playwright.sync_api import Locator, Page, expect

from dashboard import exporting
from dashboard.models import Export, PrivacyRequest
from tests.browser.conftest import Window
from tests.browser.host_app import HostApp
from tests.browser.worker import worker
from tests.desk.conftest import Person

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikantenverbandssekretariat"
MORE_THAN_A_PAGE = 28


def remember(alice: Person, bob: Person) -> None:
    """More than a page of Alice's, one of it hard to set; and of Bob what must not be seen."""
    alice.remember(*(f"Alice ordered item number {number}." for number in range(MORE_THAN_A_PAGE - 2)))
    alice.remember(f"Alice works for the {LONG_WORD}.", "Alice lives in Porto.")
    bob.remember("Bob keeps an iguana called Zebedee.")
    for person, name in ((alice, "Alice Arbuthnot"), (bob, "Bob Bartholomew")):
        tenant = person.tenant
        tenant.email, tenant.display_name = f"{person.user_id}@example.org", name
        tenant.save()


def tour(window: Window, app: HostApp) -> Iterator[str]:
    """Go from page to page; gives the name of each while it is shown."""
    for part in (_coming, _correcting, _asking, _stopping, _forgetting, _taking_along, _erasing, _leaving):
        yield from part(window, app)


def _coming(window: Window, app: HostApp) -> Iterator[str]:
    page = window.page
    window.open("/your-data/")
    yield "no visit"
    window.open("/your-data/enter")
    yield "no token"
    window.arrive(app)
    page.locator("main details > summary").click()
    yield "start"
    page.locator("a[rel=next]").click()
    yield "second page"
    page.locator(".languages [aria-current]").click()
    yield "second page, language chosen"
    window.open("/your-data/nowhere/")
    yield "not found"
    window.open("/your-data/")
    _search(page, "Porto")
    yield "search"


def _correcting(window: Window, _app: HostApp) -> Iterator[str]:
    page = window.page
    _hit(page, "Porto").click()
    yield "memory"
    page.locator("main a[href$='/correct/']").click()
    yield "correct"
    page.locator("textarea").fill("Alice lives in Lisbon.")
    _press(page, "form[action$='/correct/'] [type=submit]")
    yield "what would change"
    _press(page, "[formaction$='/save/']")
    yield "corrected"
    _search(page, "Lisbon")
    _hit(page, "Lisbon").click()
    yield "memory with a history"


def _asking(window: Window, _app: HostApp) -> Iterator[str]:
    page = window.page
    page.locator("main a[href$='/correct/']").click()
    page.locator("main a[href$='/ask/']").click()
    yield "ask"
    page.locator("textarea").fill("Ask my sister, she knows.")
    _press(page, "main form [type=submit]")
    yield "request"
    window.open("/your-data/")
    yield "start with a request"
    page.locator("main a[href*='/requests/']").first.click()
    _press(page, "form[action$='/withdraw/'] button")
    yield "request withdrawn"


def _stopping(window: Window, _app: HostApp) -> Iterator[str]:
    page = window.page
    _search(page, LONG_WORD)
    yield "search with a long word"
    _hit(page, LONG_WORD).click()
    _press(page, "form[action$='/stop-using/'] button")
    yield "memory not used"
    _press(page, "form[action$='/use-again/'] button")
    yield "memory used again"


def _forgetting(window: Window, _app: HostApp) -> Iterator[str]:
    page = window.page
    page.locator("main a[href$='/forget/']").click()
    yield "forget"
    _press(page, "main form [type=submit]")
    yield "forgotten"
    window.open("/your-data/who-looked/")
    yield "who looked"
    page.locator(".tabs a").last.click()
    yield "who looked, also oneself"


def _taking_along(window: Window, _app: HostApp) -> Iterator[str]:
    """What is small comes at once; for what is large a copy is made."""
    page = window.page
    window.open("/your-data/download/")
    yield "download"
    with page.expect_download():
        page.locator("main form [type=submit]").click()
    at_once, exporting.AT_ONCE = exporting.AT_ONCE, 0
    try:
        _press(page, "main form [type=submit]")
    finally:
        exporting.AT_ONCE = at_once
    expect(page.locator("#export")).to_be_visible()
    yield "copy under way"
    exporting.make(Export.objects.get())
    expect(page.locator("form[action$='/file/']")).to_be_visible()
    yield "copy ready"
    with page.expect_download():
        page.locator("form[action$='/file/'] button").click()
    window.open("/your-data/download/")
    yield "copy fetched"


def _erasing(window: Window, _app: HostApp) -> Iterator[str]:
    """Approved by the controller's standing decision; stopped once on the way."""
    page = window.page
    window.open("/your-data/forget-everything/")
    yield "forget everything"
    page.locator("[type=checkbox]").check()
    _press(page, "main form [type=submit]")
    yield "erasure approved"
    asked = PrivacyRequest.objects.get(kind="erasure")
    window.open("/your-data/forget-everything/")
    yield "forget everything twice"
    yield from _stopped_once(window, asked)
    with worker(asked):
        pass
    window.open(f"/your-data/requests/{asked.pk}/")
    yield "erasure done"
    page.locator("main a[href*='/certificates/']").click()
    yield "certificate"
    with page.expect_download():
        page.locator("main a[href$='/download/']").click()
    window.open("/your-data/")
    yield "nothing left"


def _stopped_once(window: Window, asked: PrivacyRequest) -> Iterator[str]:
    PrivacyRequest.objects.filter(pk=asked.pk).update(state="failed")
    window.open(f"/your-data/requests/{asked.pk}/")
    yield "erasure stopped"
    _press(window.page, "form[action$='/try-again/'] button")
    yield "erasure goes on"


def _leaving(window: Window, _app: HostApp) -> Iterator[str]:
    _press(window.page, ".leave button")
    yield "left"


def _search(page: Page, query: str) -> None:
    if page.locator("[type=search]").count() == 0:
        page.locator(".top nav a").first.click()
    page.locator("[type=search]").fill(query)
    _press(page, ".search button")


def _hit(page: Page, text: str) -> Locator:
    return page.locator(".cards li").filter(has_text=text).first.get_by_role("link")


def _press(page: Page, selector: str) -> None:
    """Press what leads to another page, and wait for it."""
    with page.expect_navigation():
        page.locator(selector).first.click()
