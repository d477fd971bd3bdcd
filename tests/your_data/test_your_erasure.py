"""Alice has everything forgotten, and comes back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import access
from dashboard.models import Certificate, ErasureRun, PrivacyRequest
from dashboard.privacy import approving, claims, finishing, previewing, running
from dashboard.privacy.actors import Actor
from dashboard.privacy.claims import Standing
from dashboard.your_data.acts import Act
from memadmin.memory import StoreUnavailable
from tests.desk.conftest import Person
from tests.privacy.conftest import JOB, carry_out
from tests.your_data.conftest import (
    FORGET_EVERYTHING,
    LISBON,
    START,
    VEGETARIAN,
    Approved,
    ask_for_everything,
    asked_of,
    browser,
    come_in,
    committed,
    hold,
    in_persons_look,
    page_of,
    visit_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


# Forgetting everything.


def test_everything_is_asked_for_and_nothing_goes_before_somebody_approves(hers: Client, alice: Person) -> None:
    assert "1 memory" in hers.get(FORGET_EVERYTHING).text
    response = ask_for_everything(hers, narrative="Goodbye.")
    asked = asked_of(alice)
    assert (asked.kind, asked.state, asked.ground, asked.narrative) == (
        "erasure", "awaiting-approval", "17-1-b", "Goodbye.",
    )  # fmt: skip
    assert (asked.approved_label, alice.scope.count()) == ("", 1)
    assert "Nothing has been erased yet" in response.text
    assert "being checked" in hers.get(START).text


def test_at_once_the_controllers_standing_decision_approves(hers: Client, alice: Person, set_way: Any) -> None:
    set_way(Act.FORGET_EVERYTHING, "at-once")
    response = ask_for_everything(hers)
    asked = asked_of(alice)
    assert (asked.state, asked.approved_by) == ("scheduled", None)
    assert asked.approved_label == "job: MEMADMIN_YOUR_DATA_FORGET_EVERYTHING=at-once"
    assert "Nothing has been erased yet" in response.text
    assert alice.scope.count() == 1


def test_a_cooling_off_is_kept_also_at_once(hers: Client, alice: Person, set_way: Any, settings: Any) -> None:
    set_way(Act.FORGET_EVERYTHING, "at-once")
    settings.MEMADMIN_COOLING_OFF_HOURS = 24
    assert "It starts after 24 hours; until then you can withdraw it." in hers.get(FORGET_EVERYTHING).text
    text = ask_for_everything(hers).text
    assert asked_of(alice).scheduled_for > timezone.now() + timedelta(hours=23)
    assert ("It starts on " in text, "Until then you can withdraw it." in text) == (True, True)


@pytest.mark.parametrize("way", ["ask", "at-once"])
def test_a_hold_blocks_it_either_way_and_says_so(
    hers: Client, alice: Person, officer: Actor, way: str, set_way: Any
) -> None:
    set_way(Act.FORGET_EVERYTHING, way)
    hold(alice, officer)
    response = ask_for_everything(hers)
    assert (asked_of(alice).state, alice.scope.count()) == ("blocked", 1)
    assert "The law requires us to keep something" in response.text
    assert "Court of Alice" not in response.text


@pytest.mark.parametrize("way", ["ask", "at-once"])
def test_asking_twice_for_everything_is_one_request(hers: Client, alice: Person, way: str, set_way: Any) -> None:
    set_way(Act.FORGET_EVERYTHING, way)
    first, second = (ask_for_everything(hers) for _ in range(2))
    assert first.redirect_chain == second.redirect_chain
    assert PrivacyRequest.objects.count() == 1
    text = hers.get(FORGET_EVERYTHING).text
    assert ("You have asked for this already" in text, 'name="sure"' in text) == (True, False)


@pytest.mark.parametrize("changed", [{"sure": ""}, {"ground": ""}, {"ground": "17-3-b"}, {"narrative": "x" * 5_001}])
def test_whoever_is_not_sure_asks_for_nothing(hers: Client, changed: dict[str, str]) -> None:
    response = ask_for_everything(hers, **changed)
    assert (response.status_code, in_persons_look(response)) == (400, True)
    assert not PrivacyRequest.objects.exists()


@pytest.mark.parametrize("way", ["ask", "at-once"])
def test_with_the_store_down_the_request_is_taken_and_shown_as_it_is(
    hers: Client, alice: Person, way: str, set_way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_tenant: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    set_way(Act.FORGET_EVERYTHING, way)
    monkeypatch.setattr(access, "open_scope_for_erasure", down)
    response = ask_for_everything(hers)
    assert (response.status_code, asked_of(alice).state) == (200, "received")
    assert "We have received this" in response.text
    assert "nothing was done" not in response.text


@pytest.mark.parametrize(("way", "state"), [("ask", "awaiting-approval"), ("at-once", "scheduled")])
def test_what_the_store_was_down_for_goes_on_once_it_answers(
    hers: Client, alice: Person, way: str, state: str, set_way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_tenant: Any) -> None:
        raise StoreUnavailable("It does not answer.")

    set_way(Act.FORGET_EVERYTHING, way)
    with monkeypatch.context() as patched:
        patched.setattr(access, "open_scope_for_erasure", down)
        text = ask_for_everything(hers).text
        try_again = reverse("try-request-again", args=[asked_of(alice).pk])
        still_down = hers.post(try_again)
    assert try_again in text
    assert (still_down.status_code, "so nothing has changed" in still_down.text) == (503, True)
    assert (hers.post(try_again).status_code, asked_of(alice).state) == (302, state)


def test_what_staff_have_received_is_not_submitted_by_the_person(hers: Client, alice: Person, ask: Any) -> None:
    try_again = reverse("try-request-again", args=[ask(alice).pk])
    assert try_again not in hers.get(reverse("show-your-request", args=[asked_of(alice).pk])).text
    assert (hers.post(try_again).status_code, asked_of(alice).state) == (409, "received")


@committed
def test_a_preview_that_was_taken_at_once_is_what_the_worker_erases(hers: Client, alice: Person, set_way: Any) -> None:
    set_way(Act.FORGET_EVERYTHING, "at-once")
    ask_for_everything(hers)
    asked = asked_of(alice)
    assert asked.approved_digest == asked.pinned_digest == previewing.digest_of([m.id for m in alice.scope.get_all()])
    assert carry_out(asked).state == "completed"
    assert "Everything about you was erased" in hers.get(START).text


# Erased meanwhile.


@committed
def test_a_person_who_was_erased_meanwhile_is_told_and_gets_the_certificate(
    hers: Client, alice: Person, memory_id: str, approved: Approved
) -> None:
    carry_out(approved(alice))
    assert visit_of(hers).tenant is None
    text = hers.get(START).text
    certificate = Certificate.objects.get()
    page, file = (
        reverse(name, args=[certificate.pk]) for name in ("show-your-certificate", "download-your-certificate")
    )
    assert ("Everything about you was erased" in text, page in text) == (True, True)
    assert "Erased" in hers.get(page).text
    assert f"certificate-{certificate.pk}.json" in hers.get(file).headers["Content-Disposition"]
    assert f'href="{reverse("verify-certificate")}" target="_blank" rel="noopener"' in hers.get(page).text
    for name in ("search-your-data", "forget-everything"):
        assert hers.post(reverse(name), {"query": "x"}).headers["Location"] == START
    assert hers.get(page_of("show-your-memory", memory_id)).headers["Location"] == START


@committed
def test_where_not_every_place_could_be_searched_nobody_says_that_everything_is_gone(
    hers: Client, alice: Person, approved: Approved
) -> None:
    asked = carry_out(approved(alice))
    steps = "Every place searched" in hers.get(reverse("show-your-request", args=[asked.pk])).text
    unchecked = asked.run.verdict | {"places": [{"place": "history", "status": "unchecked", "count": 0}]}
    ErasureRun.objects.update(verdict=unchecked)
    start, request = (hers.get(page).text for page in (START, reverse("show-your-request", args=[asked.pk])))
    assert ("What was found about you was erased" in start, "Everything about you was erased" in start) == (True, False)
    assert "Not every place could be checked afterwards." in start
    assert (steps, "Every place searched" in request) == (True, False)
    assert "Searched, but not every place" in request


@committed
def test_where_something_was_found_afterwards_the_start_page_says_so(
    hers: Client, alice: Person, approved: Approved, settings: Any
) -> None:
    settings.MEMADMIN_CONTACT = "privacy@example.org"
    carry_out(approved(alice))
    left = {"outcome": "residue", "places": [{"place": "history", "status": "residue", "count": 1}]}
    ErasureRun.objects.update(verdict=left)
    PrivacyRequest.objects.update(state="completed-with-residue")
    start = hers.get(START).text
    assert ("Not everything is gone" in start, "was erased" in start) == (True, False)
    assert ("ask for it" in start, start.count("mailto:privacy@example.org")) == (False, 2)  # here and in the footer
    assert "open these pages from the app" in start
    assert "They are in the download" not in start


@committed
@pytest.mark.parametrize(
    ("learned_again", "way", "can_ask"), [(False, "ask", False), (True, "ask", True), (True, "off", False)]
)
def test_a_certificate_of_what_was_left_offers_what_the_person_can_do(
    alice: Person,
    approved: Approved,
    monkeypatch: pytest.MonkeyPatch,
    set_way: Any,
    *,
    learned_again: bool,
    way: str,
    can_ask: bool,
) -> None:
    set_way(Act.FORGET_EVERYTHING, way)
    alice.remember(VEGETARIAN)
    carry_out(approved(alice))
    if learned_again:
        alice.remember(LISBON)
    monkeypatch.setattr(claims, "standing", lambda _verdict: Standing.RESIDUE)
    hers = come_in(browser(), alice)
    text = hers.get(reverse("show-your-certificate", args=[Certificate.objects.get().pk])).text
    assert ("Write to us, or ask" in text, "Write to us, and we see to it" in text) == (can_ask, not can_ask)


@committed
def test_until_it_is_certified_an_erasure_is_said_to_be_under_way(
    hers: Client, alice: Person, approved: Approved
) -> None:
    running.run(approved(alice), JOB)
    text = hers.get(START).text
    assert (visit_of(hers).tenant, "An erasure of your data is under way" in text) == (None, True)
    finishing.finish(JOB)
    assert "Everything about you was erased" in hers.get(START).text


@committed
def test_a_person_who_comes_after_the_erasure_is_told_too(alice: Person, approved: Approved) -> None:
    alice.remember(VEGETARIAN)
    carry_out(approved(alice))
    text = come_in(browser(), alice).get(START).text
    assert ("Everything about you was erased" in text, "Certificate of the erasure" in text) == (True, True)


@committed
def test_a_refreshing_part_leads_to_the_start_page_after_the_erasure(
    hers: Client, alice: Person, approved: Approved
) -> None:
    carry_out(approved(alice))
    response = hers.get(FORGET_EVERYTHING, headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == START


@committed
def test_alices_request_is_done_by_the_worker_and_she_follows_it(hers: Client, alice: Person, officer: Actor) -> None:
    ask_for_everything(hers)
    asked = asked_of(alice)
    approving.approve(asked, officer, digest=asked.pinned_digest, reference=asked.reference)
    carry_out(asked)
    text = hers.get(reverse("show-your-request", args=[asked.pk])).text
    assert "Nothing more has to be done about this." in text
    assert reverse("show-your-certificate", args=[Certificate.objects.get().pk]) in text


@committed
def test_somebody_who_is_learned_again_reads_that_and_the_certificate(
    alice: Person, bob: Person, approved: Approved
) -> None:
    alice.remember(VEGETARIAN)
    carry_out(approved(alice))
    alice.remember(LISBON)
    text = come_in(browser(), alice).get(START).text
    assert (LISBON in text, "Certificate of the erasure" in text) == (True, True)
    assert "Certificate" not in come_in(browser(), bob).get(START).text
