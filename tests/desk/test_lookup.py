"""Finding a person by whatever staff have in hand."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard import audit
from dashboard.finding import MOST_FOUND, Match, find_tenants
from dashboard.models import AuditEvent, ExternalReference, Tenant
from tests.crowd import fill_directory
from tests.desk.conftest import Person
from tests.factories import TenantFactory

FIND = reverse("find-tenant")


def test_an_exact_user_id_in_the_store_is_found_though_the_directory_does_not_know_it(
    sam: Client, alice: Person
) -> None:
    alice.remember("Prefers tea.")
    response = sam.post(FIND, {"person": alice.user_id})
    assert Tenant.objects.get(user_id=alice.user_id).reference in response.text


def test_the_beginning_of_a_user_id_lists_those_that_begin_so(sam: Client, store: None) -> None:
    found = [TenantFactory(user_id=f"prefix-{number}") for number in range(3)]
    other = TenantFactory(user_id="other-1")
    page = sam.post(FIND, {"person": "prefix-"}).text
    assert all(tenant.reference in page for tenant in found)
    assert other.reference not in page


def test_a_list_that_was_cut_says_so(sam: Client, store: None) -> None:
    for number in range(21):
        TenantFactory(user_id=f"many-{number:02}")
    response = sam.post(FIND, {"person": "many-"})
    assert response.context["found"].more


def test_wildcards_of_sql_are_ordinary_characters(sam: Client, store: None) -> None:
    TenantFactory(user_id="percent-1")
    assert sam.post(FIND, {"person": "percent%"}).context["found"].similar == []


def test_somebody_unknown_is_not_taken_into_the_directory(sam: Client, store: None) -> None:
    sam.post(FIND, {"person": "u_nobody_at_all"})
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
    ],
    ids=["empty", "blank", "everybody", "too long", "control", "reordering"],
)
def test_what_nobody_can_be_called_is_refused_with_a_reason(sam: Client, store: None, typed: str, says: str) -> None:
    response = sam.post(FIND, {"person": typed})
    assert response.status_code == 400
    assert says in response.text


def test_an_emoji_user_id_is_a_user_id(sam: Client, store: None) -> None:
    tenant = TenantFactory(user_id="🦊-den")
    assert tenant.reference in sam.post(FIND, {"person": "🦊-den"}).text


def test_an_htmx_refresh_gets_the_refusal_in_place(sam: Client, store: None) -> None:
    response = sam.post(FIND, {"person": "*"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "everybody" in response.text
    assert "<html" not in response.text


# --- By e-mail address, name and reference


def _ids(matches: list[Match]) -> list[str]:
    return [match.tenant.user_id for match in matches]


@pytest.fixture
def moreau(store: None) -> Tenant:
    """Alice, as another system knows her."""
    tenant = TenantFactory(user_id="u_moreau", email="Alice@Example.org", display_name="Alice Moreau")
    ExternalReference.objects.create(tenant=tenant, value="ORDER-4711")
    return tenant


@pytest.mark.parametrize(
    ("typed", "by"),
    [
        ("u_moreau", "user_id"),
        ("alice@example.ORG", "e-mail address"),
        ("alice  moreau", "name"),
        ("order-4711", "external reference"),
    ],
)
def test_one_box_takes_all_that_staff_may_have_in_hand(sam: Client, moreau: Tenant, typed: str, by: str) -> None:
    response = sam.post(FIND, {"person": typed})
    assert [(match.tenant, match.by) for match in response.context["found"].exact] == [(moreau, by)]
    assert moreau.reference in response.text


def test_the_reference_from_a_certificate_finds_the_person_too(moreau: Tenant) -> None:
    assert _ids(find_tenants(moreau.reference.lower()).exact) == ["u_moreau"]


@pytest.mark.parametrize("typed", ["u_mor", "ALICE@", "alice m", "order-47"])
def test_the_beginning_of_any_of_them_lists_the_person_once(moreau: Tenant, typed: str) -> None:
    found = find_tenants(typed)
    assert (_ids(found.exact), _ids(found.similar), found.more) == ([], ["u_moreau"], False)


def test_a_user_id_comes_before_somebody_elses_e_mail_address_and_both_are_shown(moreau: Tenant) -> None:
    TenantFactory(user_id="alice@example.org")
    assert _ids(find_tenants("alice@example.org").exact) == ["alice@example.org", "u_moreau"]


def test_upper_and_lower_case_count_in_a_user_id(moreau: Tenant) -> None:
    found = find_tenants("U_moreau")
    assert (found.exact, [tenant.user_id for tenant in found.lookalikes]) == ([], ["u_moreau"])


def test_who_may_be_the_same_person_is_shown_apart(sam: Client, store: None) -> None:
    for user_id in ("erin@example.org", "Erin@example.org", "erin+work@example.org"):
        TenantFactory(user_id=user_id)
    response = sam.post(FIND, {"person": "erin@example.org"})
    assert len(response.context["found"].lookalikes) == 2
    assert "May be the same person" in response.text


def test_more_of_one_name_than_are_listed_is_said(sam: Client, store: None) -> None:
    Tenant.objects.bulk_create(Tenant(user_id=f"u_{n}", display_name="John Smith") for n in range(MOST_FOUND + 1))
    response = sam.post(FIND, {"person": "John Smith"})
    assert (len(response.context["found"].exact), response.context["found"].more) == (MOST_FOUND, True)
    assert "Only the first 20" in response.text


def test_a_person_with_very_many_order_numbers_does_not_hide_others(store: None) -> None:
    tenant = TenantFactory(user_id="u_trader")
    ExternalReference.objects.bulk_create(ExternalReference(tenant=tenant, value=f"ORDER-{n}") for n in range(100))
    assert find_tenants("ORDER-").more


def test_an_e_mail_address_that_is_a_user_id_in_the_store_alone_is_found(store: None) -> None:
    person = Person("frida@example.org")
    person.remember("Prefers tea.")
    assert _ids(find_tenants(person.user_id).exact) == [person.user_id]


@pytest.mark.parametrize("typed", ["Ngô Thị Ánh", "O'Brien; DROP TABLE", "a@b c", "x" * 255, "\\", "100%_"])
def test_odd_names_are_looked_up_like_any_other(sam: Client, store: None, typed: str) -> None:
    TenantFactory(user_id="u_odd", display_name=typed)
    assert _ids(sam.post(FIND, {"person": typed}).context["found"].exact) == ["u_odd"]


def test_what_was_typed_is_in_no_address_and_readable_in_the_log_until_the_person_is_erased(
    sam: Client, moreau: Tenant
) -> None:
    sam.post(FIND, {"person": "alice@example.org"})
    event = AuditEvent.objects.first()
    assert (event.tenant_digest, event.counts["exact"]) == (audit.tenant_digest("u_moreau"), 1)
    assert audit.note_of(event) == "alice@example.org"
    audit.erase_notes("u_moreau", actor="petra")
    assert audit.note_of(event) == ""


def test_each_of_several_people_who_fit_has_an_event_of_their_own(sam: Client, store: None) -> None:
    for user_id in ("u_mother", "u_father"):
        TenantFactory(user_id=user_id, email="family@example.org")
    sam.post(FIND, {"person": "family@example.org"})
    expected = {audit.tenant_digest("u_mother"), audit.tenant_digest("u_father")}
    events = AuditEvent.objects.filter(action=audit.Action.TENANT_LOOKED_UP)
    assert {event.tenant_digest for event in events} == expected


def test_every_query_of_a_look_up_reads_an_index_in_order(store: None) -> None:
    fill_directory(20_000)
    with CaptureQueriesContext(connection) as captured:
        for typed in ("crowd-123", "crowd-", "person77@mail0.example", "ana", "Ana Number 12", "ORDER-", "nobody"):
            find_tenants(typed)
    plans = [_plan(query["sql"]) for query in captured.captured_queries if "dashboard_" in query["sql"]]
    assert len(plans) >= 7 * 8
    assert [plan for plan in plans if "Seq Scan" in plan or "Sort Key: (lower" in plan] == []


def _plan(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        return "\n".join(line for (line,) in cursor.fetchall())
