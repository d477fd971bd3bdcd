"""A visit that began before anything was remembered: it looks again, and the row that it leaves names nobody."""

import logging
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import access
from dashboard.audit import tenant_digest
from dashboard.models import AuditEvent, PersonSession, Tenant
from dashboard.your_data import sealed_ids, sessions
from memadmin.memory import InvalidUserId, StoreUnavailable, UserId
from tests.desk.conftest import Person
from tests.privacy.conftest import carry_out
from tests.your_data.conftest import (
    LISBON,
    START,
    VEGETARIAN,
    Approved,
    browser,
    come_in,
    committed,
    in_persons_look,
    visit_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]

NOTHING, LOOKS_AGAIN = "Nothing is remembered about you", "If the agent notes something, you find it here."


def cookie_of(client: Client) -> str:
    return client.cookies[sessions.COOKIE].value


def down(*_: Any) -> None:
    raise StoreUnavailable("It does not answer.")


@pytest.fixture
def early(alices: Client, alice: Person) -> Client:
    """Alice's browser, in a visit that began before anything was remembered about her."""
    assert visit_of(alices).tenant is None
    return alices


# Looking again.


def test_what_is_learned_after_alice_came_in_is_there_when_she_looks_again(early: Client, alice: Person) -> None:
    text = early.get(START).text
    assert (NOTHING in text, LOOKS_AGAIN in text, f'href="{START}"' in text) == (True, True, True)
    alice.remember(VEGETARIAN)
    text = early.get(START).text
    assert (VEGETARIAN in text, NOTHING in text) == (True, False)


def test_whom_staff_have_taken_into_the_directory_meanwhile_is_found_there(early: Client, alice: Person) -> None:
    tenant = alice.tenant
    early.get(START)
    assert visit_of(early).tenant == tenant


def test_what_was_learned_can_be_searched_changed_and_taken_along_at_once(early: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(VEGETARIAN)
    assert VEGETARIAN in early.post(reverse("search-your-data"), {"query": "food"}, follow=True).text
    assert early.post(reverse("forget-memory", args=[memory_id])).status_code == 302
    assert alice.scope.count() == 0


def test_a_copy_that_is_made_after_something_was_learned_holds_it(early: Client, alice: Person) -> None:
    alice.remember(VEGETARIAN)
    early.post(reverse("download-your-data"))
    assert AuditEvent.objects.get(action="memories-exported").counts == {"memories": 1}


def test_bobs_memories_do_not_come_into_alices_visit(early: Client, bob: Person) -> None:
    bob.remember(LISBON)
    assert NOTHING in early.get(START).text
    assert visit_of(early).tenant is None


def test_found_once_whom_to_look_for_is_forgotten(early: Client, alice: Person) -> None:
    assert visit_of(early).sealed_user_id
    alice.remember(VEGETARIAN)
    early.get(START)
    assert (visit_of(early).tenant, visit_of(early).sealed_user_id) == (alice.tenant, "")


def test_a_visit_in_which_something_is_remembered_from_the_start_keeps_no_user_id(hers: Client) -> None:
    assert visit_of(hers).sealed_user_id == ""


def test_a_visit_with_memories_costs_no_query_for_looking_again(hers: Client, alice: Person) -> None:
    hers.get(START)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        hers.get(reverse("list-looks"))
    of_directory = [query for query in asked.captured_queries if 'FROM "dashboard_tenant"' in query["sql"]]
    visits = [query for query in asked.captured_queries if "dashboard_personsession" in query["sql"]]
    assert (len(of_directory), len(visits)) == (0, 1)


# With the store down.


def test_looking_again_with_the_store_down_is_said_in_the_persons_words(
    early: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.remember(VEGETARIAN)
    with monkeypatch.context() as patched:
        patched.setattr(access, "discover", down)
        for address in (START, reverse("list-looks"), reverse("forget-everything")):
            response = early.get(address)
            assert (response.status_code, in_persons_look(response), NOTHING in response.text) == (503, True, False)
    assert VEGETARIAN in early.get(START).text


def test_with_the_store_down_alice_can_leave(early: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "discover", down)
    assert early.post(reverse("leave-your-data")).status_code == 200
    assert not PersonSession.objects.exists()


# Erased.


@committed
def test_a_visit_that_did_not_look_stays_erased_after_an_erasure_too(
    early: Client, alice: Person, approved: Approved
) -> None:
    alice.remember(VEGETARIAN)
    carry_out(approved(alice))
    assert visit_of(early).sealed_user_id == ""
    alice.remember(LISBON)
    assert LISBON not in early.get(START).text
    assert visit_of(early).tenant is None


@committed
def test_a_visit_that_looked_again_stays_erased_after_an_erasure(
    early: Client, alice: Person, approved: Approved
) -> None:
    alice.remember(VEGETARIAN)
    assert VEGETARIAN in early.get(START).text
    carry_out(approved(alice))
    alice.remember(LISBON)
    text = early.get(START).text
    assert ("Everything about you was erased" in text, LISBON in text, LOOKS_AGAIN in text) == (True, False, False)
    assert "Certificate of the erasure" in text
    assert (visit_of(early).tenant, visit_of(early).sealed_user_id) == (None, "")
    assert not Tenant.objects.filter(user_id=alice.user_id).exists()


@committed
def test_a_visit_that_began_with_memories_stays_erased_after_an_erasure(
    hers: Client, alice: Person, approved: Approved
) -> None:
    carry_out(approved(alice))
    alice.remember(LISBON)
    text = hers.get(START).text
    assert ("Everything about you was erased" in text, LISBON in text) == (True, False)
    assert "To see whether the agent has noted anything since, open these pages from the app." in text


@committed
def test_a_visit_that_began_after_the_erasure_shows_what_is_learned_in_it(alice: Person, approved: Approved) -> None:
    alice.remember(VEGETARIAN)
    carry_out(approved(alice))
    client = come_in(browser(), alice)
    text = client.get(START).text
    assert ("Everything about you was erased" in text, LOOKS_AGAIN in text) == (True, True)
    alice.remember(LISBON)
    text = client.get(START).text
    assert (LISBON in text, "Certificate of the erasure" in text) == (True, True)


# What the row tells.


def test_the_row_alone_names_nobody(early: Client, alice: Person) -> None:
    row = PersonSession.objects.values().get()
    assert alice.user_id not in str(row)
    for guess in (row["key"], row["tenant_digest"], "", tenant_digest(alice.user_id)):
        with pytest.raises(InvalidTag):
            sealed_ids.unseal(row["sealed_user_id"], guess)
    assert sealed_ids.unseal(row["sealed_user_id"], cookie_of(early)) == alice.user_id


def test_bobs_cookie_does_not_read_what_alices_visit_keeps(early: Client, bobs: Client) -> None:
    with pytest.raises(InvalidTag):
        sealed_ids.unseal(visit_of(early).sealed_user_id, cookie_of(bobs))


def test_what_was_altered_in_the_row_opens_nothing(early: Client, bobs: Client, bob: Person) -> None:
    bob.remember(LISBON)
    PersonSession.objects.filter(pk=visit_of(early).pk).update(sealed_user_id=visit_of(bobs).sealed_user_id)
    response = early.get(START)
    assert (response.status_code, in_persons_look(response), LISBON in response.text) == (500, True, False)


@given(st.text(min_size=1, max_size=255), st.text(min_size=1, max_size=60))
@settings(max_examples=50, deadline=None, database=None, derandomize=True)
def test_every_user_id_is_read_again_and_all_look_equally_long(text: str, cookie: str) -> None:
    try:
        user_id, cookie = UserId(text), cookie.encode(errors="replace").decode()
    except InvalidUserId:
        return
    sealed = sealed_ids.seal(user_id, cookie)
    assert sealed_ids.unseal(sealed, cookie) == user_id
    assert len(sealed) == len(sealed_ids.seal(UserId("u"), cookie))


def test_no_log_event_page_or_name_of_the_visit_tells_whom_it_looks_for(
    early: Client, alice: Person, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    pages = [early.get(START).text, early.get(reverse("list-looks")).text]
    with monkeypatch.context() as patched:
        patched.setattr(access, "discover", down)
        pages.append(early.get(START).text)
    visit = visit_of(early)
    told = [*pages, *(str(event) for event in AuditEvent.objects.values()), str(visit), repr(visit)]
    told += [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert not [text for text in told if alice.user_id in text or visit.sealed_user_id in text]
