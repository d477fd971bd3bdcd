"""The person's pages: nobody is named in an address, nobody else is seen; for everybody's eyes, phones and browsers."""

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.urls import Resolver404, URLPattern, resolve
from playwright.sync_api import Page, Request, expect

from dashboard import urls
from dashboard.access import Visit
from dashboard.audit import tenant_digest
from dashboard.models import PrivacyRequest, Staff
from tests.browser import host_app as host_apps
from tests.browser import inspecting
from tests.browser.conftest import OpenWindow, Window
from tests.browser.host_app import HostApp
from tests.browser.worker import worker
from tests.browser.your_data_tour import remember, tour
from tests.desk.conftest import Person

pytestmark = pytest.mark.browser

NARROW = {"viewport": {"width": 320, "height": 640}}
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9" fill="teal"/></svg>'


@pytest.fixture(autouse=True)
def _as_the_controller_wants_it(settings: Any, tmp_path: Path) -> None:
    """With everything that can be on these pages."""
    logo = tmp_path / "logo.svg"
    logo.write_text(LOGO)
    settings.MEMADMIN_SIGNING_KEY_FILE = str(tmp_path / "signing-key.pem")
    settings.MEMADMIN_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")
    settings.MEMADMIN_EXPORT_DIR = str(tmp_path / "exports")
    settings.MEMADMIN_YOUR_DATA_FORGET_EVERYTHING = "at-once"
    settings.MEMADMIN_CONTROLLER = "Example GmbH"
    settings.MEMADMIN_CONTACT = "privacy@example.com"
    settings.MEMADMIN_YOUR_DATA_RETURN = "https://app.example.com/"
    settings.MEMADMIN_BRAND_LOGO = str(logo)
    settings.MEMADMIN_BRAND_COLOUR, settings.MEMADMIN_BRAND_COLOUR_DARK = "#0b6e4f", "#7fd8b4"


def test_a_crawl_names_nobody_in_an_address_and_shows_nothing_of_bobs(
    open_window: OpenWindow, host_app: HostApp, alice: Person, bob: Person
) -> None:
    remember(alice, bob)
    of_alice, of_bob = _identifiers(alice), [*_identifiers(bob), "Bartholomew", "iguana", "Zebedee"]
    crawl = Crawl(open_window(), host_app)
    crawl.take()
    unread = [*crawl.addresses, *crawl.sent, *crawl.markup]
    assert [sent for sent in unread if _mentions(sent, of_alice)] == []
    assert [name for name, body in crawl.bodies.items() if _mentions(body, of_bob)] == []
    assert _names_of_all_pages() - crawl.names() == set()


LINKS = """[...document.querySelectorAll("a[href], [hx-get], form[method=get]")].map((element) => new URL(
    element.getAttribute("hx-get") ?? element.getAttribute("href") ?? element.getAttribute("action"),
    document.baseURI).href.split("#")[0])"""
MARKUP = """[...document.querySelectorAll("*")].flatMap((element) => [...element.attributes].map(({value}) => value))
    .concat([...document.scripts].map(({text}) => text))"""


class Crawl:
    """The tour, every link on the way, and what the browser asked for and was answered."""

    def __init__(self, window: Window, app: HostApp) -> None:
        self.window, self.app = window, app
        self.addresses: set[str] = set()
        self.sent: list[str] = []  # bodies of POSTs
        self.markup: set[str] = set()  # attributes of elements, and scripts: all of a page that nobody reads
        self.bodies: dict[str, str] = {}
        window.page.on("request", self._note)

    def take(self) -> None:
        for name in tour(self.window, self.app):
            self.bodies[name] = self.window.page.content()
            self.markup |= set(self.window.page.evaluate(MARKUP))
            for address in self._links():
                answer = self.window.page.request.get(address)
                self.addresses.add(address)
                self.bodies[f"{name}: {address}"] = answer.body().decode("utf-8", "replace")

    def names(self) -> set[str]:
        """The pages that were visited."""
        return {name for address in self.addresses if (name := _name(address))}

    def _links(self) -> list[str]:
        """What this page leads to: its links and whatever htmx and forms would GET; not what was followed before."""
        found = self.window.page.evaluate(LINKS)
        return [one for one in dict.fromkeys(found) if _is_a_page(one) and one not in self.addresses]

    def _note(self, request: Request) -> None:
        self.addresses.add(request.url)
        if request.post_data and not request.url.endswith("/enter"):  # there the application names whom it signed in
            self.sent.append(request.post_data)


def _is_a_page(address: str) -> bool:
    return urlsplit(address).path.startswith("/your-data/")


def _identifiers(person: Person) -> list[str]:
    tenant = person.tenant
    return [person.user_id, tenant.email, tenant.display_name, tenant.reference, tenant_digest(person.user_id)]


def _mentions(text: str, words: list[str]) -> bool:
    """Also quoted, or in Base64 as a cursor is."""
    read = "\n".join([text, unquote(text), *_decoded(text)]).casefold()
    return any(word.casefold() in read for word in words if word)


def _decoded(text: str) -> Iterator[str]:
    if not text.startswith("http"):
        return
    for part in re.findall(r"[\w+/-]{8,}", unquote(text)):
        try:
            yield base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue


def _names_of_all_pages() -> set[str]:
    """What belongs to a visit; asking without an account has pages and tests of its own."""
    patterns = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)]
    needs = {str(pattern.name): getattr(pattern.callback, "for_person", None) for pattern in patterns}
    return {name for name, visit in needs.items() if visit not in {None, Visit.WITHOUT_ACCOUNT}}


def _name(address: str) -> str:
    try:
        return str(resolve(urlsplit(address).path).url_name)
    except Resolver404:
        return ""


def test_every_page_is_accessible_by_day_and_by_night_fits_on_a_phone_and_weighs_under_100_kb_when_gzipped(
    open_window: OpenWindow, host_app: HostApp, alice: Person, bob: Person
) -> None:
    remember(alice, bob)
    window = open_window(bypass_csp=True)
    found, weights = {}, {}
    for name in tour(window, host_app):
        weights[name] = inspecting.weights(window.page)
        found[name] = inspecting.problems(window.page, inspecting.SMALLEST)
    assert {name: problems for name, problems in found.items() if problems} == {}
    assert max(len(parts) for parts in weights.values()) > 4
    assert {name: parts for name, parts in weights.items() if sum(parts) >= 100_000} == {}


def test_where_no_controller_is_named_a_phone_still_shows_where_one_is(
    open_window: OpenWindow, host_app: HostApp, alice: Person, settings: Any
) -> None:
    alice.remember("Alice is vegetarian.")
    settings.MEMADMIN_CONTROLLER = settings.MEMADMIN_BRAND_LOGO = settings.MEMADMIN_BRAND_COLOUR = ""
    window = open_window(**NARROW, bypass_csp=True).arrive(host_app)
    expect(window.page.get_by_role("banner").get_by_role("link", name="Your data")).to_be_visible()
    assert inspecting.problems(window.page) == []


def test_no_page_scrolls_sideways_at_320_pixels_in_german(
    open_window: OpenWindow, host_app: HostApp, alice: Person, bob: Person
) -> None:
    remember(alice, bob)
    window, widths = open_window(**NARROW, locale="de-DE"), {}
    for name in tour(window, host_app):
        assert window.page.locator("html").get_attribute("lang") == "de"
        widths[name] = window.page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in widths.items() if width > 320} == {}


def test_without_javascript_alice_can_do_it_all(
    open_window: OpenWindow, host_app: HostApp, alice: Person, settings: Any
) -> None:
    settings.MEMADMIN_YOUR_DATA_FORGET_EVERYTHING = "at-once"
    alice.remember("Alice lives in Porto.", "Alice drives a red car.", "Alice has two cats.")
    page = open_window(java_script_enabled=False).arrive(host_app, by_button=True).page
    _search_for(page, "Porto")
    page.get_by_role("link", name="This is wrong").click()
    page.get_by_label("What is right").fill("Alice lives in Lisbon.")
    page.get_by_role("button", name="Look at the difference").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This memory is corrected.")).to_be_visible()
    page.get_by_role("link", name="Back to your data").click()
    _search_for(page, "red car")
    page.get_by_role("link", name="Forget this").click()
    page.get_by_role("button", name="Forget this memory").click()
    expect(page.get_by_text("This memory is forgotten.")).to_be_visible()
    assert sorted(memory.text for memory in alice.scope.get_all()) == ["Alice has two cats.", "Alice lives in Lisbon."]
    _have_everything_forgotten(page)


def _search_for(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("listitem").filter(has_text=text).get_by_role("link").click()


def _have_everything_forgotten(page: Page) -> None:
    page.get_by_role("link", name="What is remembered").first.click()
    page.get_by_role("link", name="Forget everything").click()
    page.get_by_label("Yes, forget everything about me").check()
    page.get_by_role("button", name="Forget everything").click()
    expect(page.get_by_text("Nothing has been erased yet.")).to_be_visible()
    with worker(PrivacyRequest.objects.get()):
        pass
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("Nothing more has to be done about this.")).to_be_visible()
    page.get_by_role("link", name="Read the certificate").click()
    expect(page.get_by_role("heading", name="Erased, and verified")).to_be_visible()


def test_back_and_a_reload_bring_what_was_found_again(window: Window, host_app: HostApp, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    window.arrive(host_app)
    page = window.page
    _search_for(page, "vegetarian")
    page.go_back()
    expect(page.get_by_text("Nearest in meaning first.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("vegetarian")
    assert "vegetarian" not in page.url


def test_a_language_chosen_after_a_search_keeps_what_was_found(
    window: Window, host_app: HostApp, alice: Person
) -> None:
    alice.remember("Alice is vegetarian.")
    page = window.arrive(host_app).page
    page.get_by_role("searchbox").fill("food")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("searchbox")).to_have_value("food")


def test_staff_and_person_are_apart_in_one_browser(
    window: Window, host_app: HostApp, petra: Staff, alice: Person, bob: Person
) -> None:
    alice.remember("Alice is vegetarian.")
    bob.remember("Bob is a baker.")
    window.sign_in(petra).arrive(host_app)
    expect(window.page.get_by_text("Alice is vegetarian.", exact=True)).to_be_visible()
    window.browse(bob)
    expect(window.page.get_by_role("link", name="Bob is a baker.")).to_be_visible()
    window.open("/accounts/logout/")
    window.page.get_by_role("main").get_by_role("button", name="Sign out").click()
    window.browse(bob)
    expect(window.page.get_by_label("Password")).to_be_visible()
    window.open("/your-data/")
    expect(window.page.get_by_text("Alice is vegetarian.", exact=True)).to_be_visible()


def test_leaving_signs_no_member_of_staff_out(window: Window, host_app: HostApp, petra: Staff) -> None:
    window.sign_in(petra).arrive(host_app)
    window.page.get_by_role("button", name="Leave").click()
    expect(window.page.get_by_role("heading", name="You have left")).to_be_visible()
    window.open("/find/")
    expect(window.page.get_by_role("button", name="Sign out")).to_be_visible()


def test_whoever_comes_next_in_the_same_browser_sees_nothing_of_who_came_before(
    window: Window, host_app: HostApp, alice: Person, bob: Person
) -> None:
    [memory_id] = alice.remember("Alice is vegetarian.")
    bob.remember("Bob is a baker.")
    page = window.arrive(host_app).page
    window.open(f"/your-data/memories/{memory_id}/")
    host_app.user_id = bob.user_id
    window.arrive(host_app)
    expect(page.get_by_text("Bob is a baker.", exact=True)).to_be_visible()
    assert "vegetarian" not in page.content()
    assert window.open(f"/your-data/memories/{memory_id}/").status == 404
    for _ in range(6):  # back through everything that Alice looked at
        page.go_back()
        assert "vegetarian" not in page.content()


def test_an_application_that_is_configured_shows_the_pages_in_a_frame(
    window: Window, host_app: HostApp, alice: Person, settings: Any
) -> None:
    alice.remember("Alice is vegetarian.", "Alice drives a red car.")
    settings.MEMADMIN_YOUR_DATA_FRAMES = [host_app.address]
    frame = _framed(window, host_app).frame_locator("iframe")
    expect(frame.get_by_text("Alice is vegetarian.", exact=True)).to_be_visible()
    frame.get_by_role("searchbox").fill("red car")
    frame.get_by_role("button", name="Search").click()
    expect(frame.get_by_text("Nearest in meaning first.")).to_be_visible()


@pytest.mark.parametrize("configured", ["another", "none"])
def test_any_other_application_gets_no_frame(
    window: Window, host_app: HostApp, alice: Person, settings: Any, configured: str
) -> None:
    alice.remember("Alice is vegetarian.")
    settings.MEMADMIN_YOUR_DATA_FRAMES = {"another": [host_app.address], "none": []}[configured]
    other = HostApp(desk=host_app.desk, secret=host_app.secret, user_id=alice.user_id)
    with host_apps.running(other):
        page = _framed(window, other)
        page.wait_for_load_state("networkidle")
        assert all("frame-ancestors" in problem for problem in window.problems)
        assert len(window.problems) == 1
        window.problems.clear()
        expect(page.frame_locator("iframe").get_by_text("Alice is vegetarian.", exact=True)).to_have_count(0)


def _framed(window: Window, app: HostApp) -> Page:
    window.hosts = (window.address, app.address)
    window.page.goto(app.address)
    window.page.get_by_role("link", name="Your data on this page").click()
    return window.page
