"""What goes wrong in the middle of a page: an expired session, a store that is down, a role that lacks the right."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Route, expect

from dashboard.models import Grant, Staff
from tests.browser.conftest import Window
from tests.desk.conftest import Person
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def break_store(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")


def test_an_expired_session_in_a_refresh_leads_to_the_sign_in_page(window: Window, sam: Staff, alice: Person) -> None:
    window.sign_in(sam).browse(alice)
    window.page.get_by_role("region", name="Overview").get_by_text("Remembered").wait_for()  # else it is what expires
    Session.objects.all().delete()
    window.search("food preferences")
    window.page.wait_for_url("**/accounts/login/**")
    expect(window.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_correction_that_is_sent_after_the_session_is_there_again_after_sign_in(
    either_window: Window, petra: Staff, alice: Person
) -> None:
    (memory_id,) = alice.remember("Lives in Porto.")
    either_window.sign_in(petra).open(f"/tenants/{alice.tenant.reference}/memories/{memory_id}/rectify/")
    page = either_window.page
    page.get_by_label("Wording").fill("Lives in Lisbon.")
    page.get_by_role("button", name="Check").click()
    page.get_by_label("Reason").fill("She moved.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    page.get_by_label("Username").fill("petra")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status").filter(has_text="What you typed is here again")).to_be_visible()
    expect(page.get_by_label("Wording")).to_have_value("Lives in Lisbon.")
    assert alice.scope.get(memory_id)["memory"] == "Lives in Porto."
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_label("Reason")).to_have_value("She moved.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Corrected")).to_be_visible()
    assert alice.scope.get(memory_id)["memory"] == "Lives in Lisbon."


def test_signing_in_again_in_another_tab_loses_nothing_that_was_typed(
    either_window: Window, petra: Staff, alice: Person
) -> None:
    (memory_id,) = alice.remember("Lives in Porto.")
    path = f"/tenants/{alice.tenant.reference}/memories/{memory_id}/rectify/"
    either_window.sign_in_by_hand(petra).open(path)
    page = either_window.page
    page.get_by_label("Wording").fill("Lives in Lisbon.")
    Session.objects.all().delete()
    other = Window(page.context.new_page(), either_window.address)
    other.sign_in_by_hand(petra)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("status").filter(has_text="What you typed is here again")).to_be_visible()
    expect(page.get_by_label("Wording")).to_have_value("Lives in Lisbon.")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()


@pytest.mark.purpose
def test_a_grant_that_ends_while_the_overview_comes_leads_back_to_the_whole_page(
    window: Window, sam: Staff, alice: Person
) -> None:
    alice.remember("Alice is vegetarian.")
    grant = Grant.objects.create(
        staff=sam, tenant=alice.tenant, category="support-case", ticket="T-1", expires_at=timezone.now() + HALF_AN_HOUR
    )
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    window.sign_in(sam).page.route("**/overview/", hold, times=1)
    window.browse(alice)
    window.page.wait_for_load_state()
    Grant.objects.filter(pk=grant.pk).update(expires_at=timezone.now())
    held[0].continue_()
    window.page.get_by_label("Ticket").fill("T-2")
    window.page.get_by_role("button", name="Open", exact=True).click()
    expect(window.page.get_by_role("link", name="Alice is vegetarian.")).to_be_visible()
    expect(window.page.get_by_role("region", name="Overview").get_by_text("Remembered")).to_be_visible()


def test_a_store_that_is_down_has_a_page_inside_the_desk(
    window: Window, sam: Staff, alice: Person, break_store: Callable[[], None]
) -> None:
    window.sign_in(sam)
    path = f"/tenants/{alice.tenant.reference}/"
    break_store()
    assert window.open(path).status == 503
    expect(window.page.get_by_role("heading", name="does not answer")).to_be_visible()
    expect(window.page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_store_that_fails_in_a_refresh_replaces_the_page_not_the_list(
    window: Window, sam: Staff, alice: Person, break_store: Callable[[], None]
) -> None:
    window.sign_in(sam).browse(alice)
    window.page.get_by_role("region", name="Overview").get_by_text("Remembered").wait_for()  # else it is what fails
    break_store()
    window.search("food preferences")
    expect(window.page.get_by_role("main")).to_have_count(1)
    expect(window.page.get_by_role("main").get_by_role("heading", name="does not answer")).to_be_visible()
    expect(window.page.get_by_role("banner")).to_have_count(1)


def test_a_desk_that_cannot_be_reached_leaves_the_page_as_it_is(window: Window, sam: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    window.sign_in(sam).browse(alice)
    window.page.route("**/search/", lambda route: route.abort())
    window.search("food preferences")
    expect(window.page.get_by_role("alert").filter(has_text="did not answer")).to_be_visible()
    expect(window.page.get_by_text("Alice is vegetarian.")).to_be_visible()
    window.problems.clear()


def test_aude_sees_the_audit_log_and_no_memories(window: Window, aude: Staff, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    window.sign_in(aude).open("/")
    expect(window.page.get_by_role("heading", name="Audit log")).to_be_visible()
    window.browse(alice)
    expect(window.page.get_by_role("heading", name="Not with your role")).to_be_visible()


def test_ada_is_told_what_her_role_includes(window: Window, ada: Staff) -> None:
    window.sign_in(ada).open("/")
    expect(window.page.get_by_text("Manage accounts")).to_be_visible()
