"""Sensitive text in memories: veiled on pages, revealed one part at a time, on record."""

import re
import uuid
from dataclasses import replace
from urllib.parse import quote

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from dashboard.models import AuditEvent
from dashboard.templatetags.memories import differences, linked, unlinked, veil
from dashboard.views import one_memory
from memadmin.memory import ScopedMemory
from tests.desk.conftest import Person

CARD, EMAIL = "4242 4242 4242 4242", "maria@example.com"


def _show(client: Client, person: Person, memory_id: str) -> str:
    return client.get(reverse("show-memory", args=[person.tenant.reference, memory_id])).text


def _reveal(client: Client, person: Person, memory_id: str, part: int, seen: str = "", **headers: str):
    page = client.get(reverse("show-memory", args=[person.tenant.reference, memory_id]))
    url = reverse("reveal-part", args=[person.tenant.reference, memory_id, part])
    return client.post(url, {"seen": seen or page.context["parts"].seen}, headers=headers)


def test_a_veil_names_what_it_hides() -> None:
    assert veil(f"Pays with {CARD}.") == 'Pays with <span class="veil" title="card number">•••• 4242</span>.'


def test_veiled_text_is_escaped() -> None:
    assert Template("{% load memories %}{{ text|veil }}").render(Context({"text": "<b>"})) == "&lt;b&gt;"


def test_a_long_text_is_cut() -> None:
    assert veil("tea " * 200, 10) == "tea tea te…"


def test_what_is_sensitive_is_veiled_even_where_a_text_is_cut_through_it() -> None:
    assert veil(f"Pays {CARD} and more", 12) == 'Pays <span class="veil" title="card number">•••• 4242</span>…'


def test_a_number_of_the_configured_region_is_veiled(settings) -> None:
    settings.MEMADMIN_PHONE_REGION = "DE"
    assert "901820" not in veil("Ring 030 901820 at noon")


def test_a_difference_between_two_card_numbers_shows_neither() -> None:
    shown = differences(f"Pays with {CARD}", "Pays with 5555 5555 5555 4444")
    assert "<del>" in shown
    assert "4242 4242" not in shown
    assert "5555 5555" not in shown


def test_a_difference_that_is_veiled_is_said_to_be_there() -> None:
    assert "only what is veiled differs" in differences("SSN: 123456789", "SSN: 123456780")


def test_a_difference_that_is_veiled_is_marked_beside_others() -> None:
    shown = differences(f"Old tea, {CARD}.", "New tea, 4000 0502 5566 4242.")
    assert shown.count("<del>") == shown.count("<ins>") == 2
    assert "5566" not in shown


def test_a_text_with_characters_for_private_use_is_shown_as_it_is() -> None:
    assert differences(f"\U000f0000 {CARD}", f"\U000f0000 {CARD}") == "\U000f0000 •••• 4242"


def test_a_long_history_is_cut_and_shown_in_whole_where_that_is_asked(
    sam: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_memory, "MOST_CHANGES", 2)
    (memory_id,) = alice.remember(f"First, {CARD}.")
    for text in ("Second.", "Third.", f"Fourth, {EMAIL}."):
        alice.scope.update(memory_id, text)
    page, url = _show(sam, alice, memory_id), reverse("show-memory", args=[alice.tenant.reference, memory_id])
    assert "The newest 2 changes; 2 are older." in page
    assert "First" not in page
    whole = sam.get(f"{url}?all=yes")
    assert "First" in whole.text
    parts = [one for entry in whole.context["parts"].history for one in entry.veiled]
    card = next(one.number for one in parts if one.part.text == CARD)
    reveal = f"{reverse('reveal-part', args=[alice.tenant.reference, memory_id, card])}?all=yes"
    assert f'formaction="{reveal}"' in whole.text
    assert CARD in sam.post(reveal, {"seen": whole.context["parts"].seen}).text


def test_the_way_to_a_correction_says_that_it_unveils(petra: Client, alice: Person) -> None:
    plain, veiled = alice.remember("Likes tea.", f"Pays with {CARD}.")
    assert "(shows what is veiled)" in _show(petra, alice, veiled)
    assert "(shows what is veiled)" not in _show(petra, alice, plain)


def test_links_that_are_no_ids_are_left_out() -> None:
    memory_id = str(uuid.uuid4())
    metadata = {"linked_memory_ids": [memory_id, "../audit/", "one", EMAIL, 2, None, ""]}
    assert linked(metadata) == [memory_id]
    assert unlinked(metadata) == {"linked_memory_ids": ["../audit/", "one", EMAIL, 2, None, ""]}
    assert linked({"linked_memory_ids": memory_id}) == []


def test_a_link_that_is_no_id_is_text_on_the_page(sam: Client, alice: Person) -> None:
    memory_id = alice.scope.add("Likes tea.", metadata={"linked_memory_ids": ["a/b", EMAIL]}).ids[0]
    page = _show(sam, alice, memory_id)
    assert "a/b" in page
    assert EMAIL not in page


def test_names_that_are_sensitive_are_veiled_in_every_list(sam: Client, alice: Person) -> None:
    message = {"role": "user", "content": "Likes tea.", "name": EMAIL}
    names = {"agent_id": EMAIL, "run_id": "+12125550123", "metadata": {"category": EMAIL}}
    memory_id = alice.scope.add([message], **names).ids[0]
    sam.post(reverse("choose-columns", args=[alice.tenant.reference]), {"columns": ["agent", "run", "category"]})
    urls = [reverse(name, args=[alice.tenant.reference]) for name in ("browse-memories", "show-overview")]
    found = sam.post(reverse("search-memories", args=[alice.tenant.reference]), {"query": "tea"}, follow=True).text
    for page in (*(sam.get(url).text for url in urls), found, _show(sam, alice, memory_id)):
        assert "m•••@•••.com" in page
        assert not [secret for secret in (EMAIL, quote(EMAIL), "2125550123") if secret in page]


def test_the_page_of_a_memory_shows_nothing_sensitive(sam: Client, alice: Person) -> None:
    memory_id = alice.scope.add(f"Pays with {CARD}.", metadata={"contact": EMAIL}).ids[0]
    alice.scope.update(memory_id, f"Pays with {CARD}, mails {EMAIL}.")
    page = _show(sam, alice, memory_id)
    assert CARD not in page
    assert EMAIL not in page


def test_the_page_of_deleting_a_memory_shows_nothing_sensitive(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(f"Pays with {CARD}.")
    assert CARD not in petra.get(reverse("delete-memory", args=[alice.tenant.reference, memory_id])).text


def test_revealing_shows_that_part_and_no_other(sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(f"Pays with {CARD}, mails {EMAIL}.")
    page = _reveal(sam, alice, memory_id, 1).text
    assert CARD in page
    assert EMAIL not in page


def test_htmx_gets_the_part_alone(sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(f"Pays with {CARD}.")
    part = _reveal(sam, alice, memory_id, 1, HX_Request="true").text
    assert part.strip().startswith("<mark")
    assert CARD in part


def test_a_reveal_is_recorded_by_kind_and_without_the_text(sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(f"Pays with {CARD}.")
    _reveal(sam, alice, memory_id, 1)
    event = AuditEvent.objects.get(action="memory-revealed")
    assert event.counts == {"card number": 1}
    assert event.purpose


@pytest.mark.parametrize("part", [0, 7], ids=["harmless", "not there"])
def test_there_is_nothing_to_reveal_in_other_parts(sam: Client, alice: Person, part: int) -> None:
    (memory_id,) = alice.remember(f"Pays with {CARD}.")
    assert _reveal(sam, alice, memory_id, part).status_code == 404
    assert not AuditEvent.objects.filter(action="memory-revealed").exists()


def test_nothing_is_revealed_of_a_memory_that_changed_meanwhile(sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(f"Pays with {CARD}.")
    assert _reveal(sam, alice, memory_id, 1, seen="a" * 64).status_code == 302
    assert AuditEvent.objects.get(action="memory-revealed").outcome == "refused"


def test_htmx_reloads_the_page_of_a_memory_that_changed_meanwhile(sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(f"Pays with {CARD}.")
    response = _reveal(sam, alice, memory_id, 1, seen="a" * 64, HX_Request="true")
    assert response.headers["HX-Refresh"] == "true"
    assert CARD not in response.text


def _number(client: Client, person: Person, memory_id: str, veiled: str) -> int:
    """Which part a text is, by what the page has in its place."""
    page = _show(client, person, memory_id)
    return int(re.search(r"reveal/(\d+)/", page[page.index(veiled) :])[1])


@pytest.mark.parametrize("where", ["value", "list", "name"])
def test_what_is_veiled_in_metadata_is_revealed_by_itself(sam: Client, alice: Person, where: str) -> None:
    metadata = {"value": {"contact": EMAIL}, "list": {"contacts": ["x", EMAIL]}, "name": {EMAIL: "friend"}}[where]
    memory_id = alice.scope.add(f"Pays with {CARD}.", metadata=metadata).ids[0]
    page = _reveal(sam, alice, memory_id, _number(sam, alice, memory_id, "m•••@•••.com")).text
    assert EMAIL in page
    assert CARD not in page
    assert AuditEvent.objects.get(action="memory-revealed").counts == {"e-mail address": 1}


def test_what_is_veiled_in_the_history_is_revealed_by_itself(sam: Client, alice: Person) -> None:
    (memory_id,) = alice.remember(f"Pays with {CARD}.")
    alice.scope.update(memory_id, f"Pays cash, mails {EMAIL}.")
    part = _number(sam, alice, memory_id, "Veiled here")
    page = _reveal(sam, alice, memory_id, part, HX_Request="true").text
    assert page.startswith("<mark")
    assert CARD in page
    assert AuditEvent.objects.get(action="memory-revealed").counts == {"card number": 1}


@pytest.mark.parametrize("change", ["metadata", "history"])
def test_nothing_is_revealed_where_metadata_or_history_changed_meanwhile(
    sam: Client, alice: Person, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    memory_id = alice.scope.add("Likes tea.", metadata={"contact": EMAIL}).ids[0]
    seen = sam.get(reverse("show-memory", args=[alice.tenant.reference, memory_id])).context["parts"].seen
    memory, history = alice.scope.get(memory_id), alice.scope.history(memory_id)
    if change == "metadata":
        other = replace(memory, metadata={"contact": "other@example.com"})
        monkeypatch.setattr(ScopedMemory, "get", lambda *_: other)
    else:
        monkeypatch.setattr(ScopedMemory, "history", lambda *_: [replace(history[0], new_text=f"Mails {EMAIL}.")])
    response = _reveal(sam, alice, memory_id, 2, seen=seen)
    assert response.status_code == 302
    assert AuditEvent.objects.get(action="memory-revealed").outcome == "refused"


def test_every_number_on_the_page_reveals_what_stands_there(sam: Client, alice: Person) -> None:
    memory_id = alice.scope.add(f"Pays with {CARD}.", metadata={"a": EMAIL, "b": "5555 5555 5555 4444"}).ids[0]
    alice.scope.update(memory_id, f"Pays with {CARD} or 4000 0566 5566 5556.")
    numbers = [int(number) for number in re.findall(r'formaction="[^"]*reveal/(\d+)/', _show(sam, alice, memory_id))]
    shown = [_reveal(sam, alice, memory_id, number, HX_Request="true").text for number in numbers]
    wanted = [CARD, "4000 0566 5566 5556", CARD, CARD, "4000 0566 5566 5556", EMAIL, "5555 5555 5555 4444"]
    assert [re.search(">(.*)</mark>", part)[1] for part in shown] == wanted


def test_bobs_memory_is_not_revealed_under_alice(sam: Client, alice: Person, bob: Person) -> None:
    (memory_id,) = bob.remember(f"Pays with {CARD}.")
    url = reverse("reveal-part", args=[alice.tenant.reference, memory_id, 1])
    assert sam.post(url).status_code == 404


def test_a_memory_links_to_those_it_goes_on_from(sam: Client, alice: Person) -> None:
    (first,) = alice.remember("Lives in Porto.")
    second = alice.scope.add("Lives in Lisbon.", metadata={"linked_memory_ids": [first]}).ids[0]
    assert reverse("show-memory", args=[alice.tenant.reference, first]) in _show(sam, alice, second)


def test_a_memory_links_to_those_that_go_on_from_it(sam: Client, alice: Person, bob: Person) -> None:
    first, other = alice.remember("Lives in Porto.", "Has a cat.")
    second = alice.scope.add("Lives in Lisbon, ask maria@example.com.", metadata={"linked_memory_ids": [first]}).ids[0]
    bob.scope.add("Bob lives there too.", metadata={"linked_memory_ids": [first]})
    page = _show(sam, alice, first)
    assert "Superseded by" in page
    assert reverse("show-memory", args=[alice.tenant.reference, second]) in page
    assert EMAIL not in page
    assert "Bob lives" not in page
    assert "Superseded by" not in _show(sam, alice, other)


def test_more_than_are_listed_is_said(sam: Client, alice: Person) -> None:
    (first,) = alice.remember("Lives in Porto.")
    for number in range(one_memory.MOST_LATER + 1):
        alice.scope.add(f"Fact {number}.", metadata={"linked_memory_ids": [first]})
    page = _show(sam, alice, first)
    assert "and more <span" in page
    assert "Fact 0." not in page


def test_a_mention_of_an_id_that_is_no_link_is_none(sam: Client, alice: Person) -> None:
    (first,) = alice.remember("Lives in Porto.")
    alice.scope.add("Lives in Lisbon.", metadata={"linked_memory_ids": f"see {first}"})
    assert "Superseded by" not in _show(sam, alice, first)


def test_sam_is_led_to_ask_for_a_correction(sam: Client, alice: Person) -> None:
    page = _show(sam, alice, *alice.remember("Lives in Porto."))
    assert f"{reverse('open-request', args=[alice.tenant.reference])}?kind=rectification" in page
    assert "/rectify/" not in page


def test_the_form_of_a_request_is_set_to_what_the_link_asks_for(sam: Client, alice: Person) -> None:
    url = reverse("open-request", args=[alice.tenant.reference])
    assert '<option value="rectification" selected' in sam.get(url, {"kind": "rectification"}).text
    assert sam.get(url, {"kind": "nonsense"}).status_code == 200
