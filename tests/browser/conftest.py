"""The desk in a real Chromium. An error in the console or a request to another host fails any test.

Sam supports, Petra is the privacy officer, Aude audits, Ada administers; Alice is the tenant.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright
from pytest_django.live_server_helper import LiveServer

from dashboard.models import Staff
from dashboard.roles import Role
from tests.browser import host_app as host_apps
from tests.browser.chromium import SWITCHES, find_chromium
from tests.browser.host_app import HostApp
from tests.desk.conftest import Person, purpose_stated  # noqa: F401 - an autouse fixture
from tests.factories import PASSWORD, StaffFactory

STATUS_IN_CONSOLE = re.compile(
    r"the server responded with a status of \d+|Response Status Error Code \d+|htmx:(afterRequest|sendAbort), "
)
"""Chromium and htmx report every 4xx and 5xx; the tests look at those pages themselves.

htmx also reports what it gives up for something newer (sendAbort); a request that failed says sendError besides.
"""


class Window:
    """A browser window on the desk, and what staff do in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.hosts = (address,)
        self.problems: list[str] = []
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("response", self._note_response)

    def open(self, path: str) -> Response:
        response = self.page.goto(self.address + path) or self.page.reload()  # a busy browser tells of no response
        assert response is not None
        return response

    def sign_in(self, staff: Staff) -> "Window":
        """Be signed in, without the form and with no page opened: most tests are about what comes after."""
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.address, "httpOnly": True}]
        )
        return self

    def sign_in_by_hand(self, staff: Staff) -> "Window":
        """Sign in as staff do, which leads to the page they start on."""
        self.open("/accounts/login/")
        self.page.get_by_label("Username").fill(staff.username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()
        return self

    def find(self, typed: str) -> None:
        self.open("/find/")
        self.page.get_by_label("user_id, e-mail address").fill(typed)
        self.page.get_by_role("button", name="Find").click()

    def browse(self, person: Person) -> None:
        self.open(f"/tenants/{person.tenant.reference}/")

    def search(self, query: str) -> None:
        self.page.get_by_label("Search this person").fill(query)
        self.page.get_by_role("button", name="Search").click()

    def see_matches(self, query: str) -> None:
        """Search, and wait for the answer: until it comes, the list from before is still there to be clicked on."""
        self.search(query)
        self.page.get_by_role("table").get_by_text(re.compile(r"\bmatch(es)?\b")).first.wait_for()

    def arrive(self, app: HostApp, *, by_button: bool = False) -> "Window":
        """Come to the person's own pages as whoever is signed in to the host application."""
        self.hosts = (self.address, app.address)
        self.page.goto(app.address)
        self.page.get_by_role("link", name="Your data", exact=True).click()
        if by_button:
            self.page.get_by_role("button", name="Continue").click()
        self.page.wait_for_url(f"{self.address}/your-data/")
        return self

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not STATUS_IN_CONSOLE.search(message.text):
            self.problems.append(f"console: {message.text}")

    def _note_response(self, response: Response) -> None:
        if not response.url.startswith((*self.hosts, "data:")):
            self.problems.append(f"another host: {response.url}")
        elif "/static/" in response.url and response.status >= 400:
            self.problems.append(f"missing: {response.url}")


OpenWindow = Callable[..., Window]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        missing = "No Chromium found. Install one to run the browser tests: apt install chromium-headless-shell"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop running in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(path), args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def store(live_server: LiveServer, store_in_test_database: None) -> None:
    """The embedded default, kept in this worker's test database."""


@pytest.fixture
def open_window(chromium: Browser, live_server: LiveServer, store: None) -> Iterator[OpenWindow]:
    """Opens windows: ``open_window(java_script_enabled=False, color_scheme="dark")``."""
    windows: list[Window] = []

    def open_one(**options: object) -> Window:
        page = chromium.new_context(**options).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(30_000)
        windows.append(Window(page, live_server.url))
        return windows[-1]

    yield open_one
    for window in windows:
        window.page.context.close()
    assert [problem for window in windows for problem in window.problems] == []


@pytest.fixture
def window(open_window: OpenWindow) -> Window:
    return open_window()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def either_window(request: pytest.FixtureRequest, open_window: OpenWindow) -> Window:
    return open_window(java_script_enabled=request.param)


@pytest.fixture
def sam(live_server: LiveServer) -> Staff:
    return StaffFactory(username="sam", first_name="Sam", role=Role.SUPPORT)


@pytest.fixture
def petra(live_server: LiveServer) -> Staff:
    return StaffFactory(username="petra", first_name="Petra", role=Role.PRIVACY_OFFICER)


@pytest.fixture
def aude(live_server: LiveServer) -> Staff:
    return StaffFactory(username="aude", first_name="Aude", role=Role.AUDITOR)


@pytest.fixture
def ada(live_server: LiveServer) -> Staff:
    return StaffFactory(username="ada", first_name="Ada", role=Role.ADMINISTRATOR)


@pytest.fixture
def alice(store: None) -> Person:
    return Person("u_alice")


@pytest.fixture
def bob(store: None) -> Person:
    return Person("u_bob")


@pytest.fixture
def host_app(live_server: LiveServer, settings: Any, alice: Person) -> Iterator[HostApp]:
    """The application that hands people over to the desk; Alice is signed in to it."""
    settings.MEMADMIN_YOUR_DATA_SECRET = "a secret of the tests, longer than 32 bytes"
    app = HostApp(desk=live_server.url, secret=settings.MEMADMIN_YOUR_DATA_SECRET, user_id=alice.user_id)
    with host_apps.running(app):
        yield app
