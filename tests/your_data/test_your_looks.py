"""Alice reads who looked."""

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import audit
from dashboard.audit import Action
from tests.desk.conftest import Person
from tests.your_data.conftest import (
    BEES,
    in_persons_look,
)

pytestmark = pytest.mark.django_db


def test_alice_reads_who_looked_without_names_search_texts_and_notes(hers: Client, sam: Client, alice: Person) -> None:
    reference = alice.tenant.reference
    sam.get(reverse("browse-memories", args=[reference]))
    sam.post(reverse("search-memories", args=[reference]), {"query": "embarrassing secrets"}, follow=True)
    audit.record(Action.MEMORY_OPENED, actor="sam", tenant=alice.tenant, reason="Note of Sam.")
    text = hers.get(reverse("list-looks")).text
    assert "Looked at 1 memory." in text
    for hidden in ("embarrassing", "Note of Sam.", "127.0.0.1", ">sam<"):
        assert hidden not in text


def test_what_alice_did_herself_is_listed_where_she_wants_it(hers: Client) -> None:
    assert "Opened these pages." not in hers.get(reverse("list-looks")).text
    assert "Opened these pages." in hers.get(reverse("list-looks"), {"own": "yes"}).text


def test_nothing_of_the_looks_at_bob_is_listed(hers: Client, sam: Client, bob: Person) -> None:
    bob.remember(BEES)
    sam.get(reverse("browse-memories", args=[bob.tenant.reference]))
    assert "Support" not in hers.get(reverse("list-looks")).text


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "9" * 40, "٣", "1 OR 1=1"])
def test_a_made_up_place_in_the_list_is_not_found(hers: Client, before: str) -> None:
    response = hers.get(reverse("list-looks"), {"before": before})
    assert (response.status_code, in_persons_look(response)) == (404, True)
