"""Finding a person by user_id."""

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.models import Tenant
from tests.desk.conftest import Person
from tests.factories import TenantFactory

FIND = reverse("find-tenant")


def test_an_exact_user_id_in_the_store_is_found_though_the_directory_does_not_know_it(
    sam: Client, alice: Person
) -> None:
    alice.remember("Prefers tea.")
    response = sam.post(FIND, {"user_id": alice.user_id})
    assert Tenant.objects.get(user_id=alice.user_id).reference in response.text


def test_the_beginning_of_a_user_id_lists_those_that_begin_so(sam: Client, store: None) -> None:
    found = [TenantFactory(user_id=f"prefix-{number}") for number in range(3)]
    other = TenantFactory(user_id="other-1")
    page = sam.post(FIND, {"user_id": "prefix-"}).text
    assert all(tenant.reference in page for tenant in found)
    assert other.reference not in page


def test_a_list_that_was_cut_says_so(sam: Client, store: None) -> None:
    for number in range(21):
        TenantFactory(user_id=f"many-{number:02}")
    response = sam.post(FIND, {"user_id": "many-"})
    assert response.context["found"].more


def test_wildcards_of_sql_are_ordinary_characters(sam: Client, store: None) -> None:
    TenantFactory(user_id="percent-1")
    assert sam.post(FIND, {"user_id": "percent%"}).context["found"].similar == []


def test_somebody_unknown_is_not_taken_into_the_directory(sam: Client, store: None) -> None:
    sam.post(FIND, {"user_id": "u_nobody_at_all"})
    assert not Tenant.objects.filter(user_id="u_nobody_at_all").exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("*", "everybody"),
        ("x" * 300, "300 characters"),
        ("u_ali\x07ce", "control characters"),
        ("u_\u202ealice", "invisible"),
        ("two words", "white space"),
    ],
    ids=["empty", "blank", "everybody", "too long", "control", "reordering", "white space"],
)
def test_what_cannot_be_a_user_id_is_refused_with_a_reason(sam: Client, store: None, typed: str, says: str) -> None:
    response = sam.post(FIND, {"user_id": typed})
    assert response.status_code == 400
    assert says in response.text


def test_an_emoji_user_id_is_a_user_id(sam: Client, store: None) -> None:
    tenant = TenantFactory(user_id="🦊-den")
    assert tenant.reference in sam.post(FIND, {"user_id": "🦊-den"}).text


def test_an_htmx_refresh_gets_the_refusal_in_place(sam: Client, store: None) -> None:
    response = sam.post(FIND, {"user_id": "*"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "everybody" in response.text
    assert "<html" not in response.text
