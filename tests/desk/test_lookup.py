"""Finding a person by whatever staff have in hand."""

import importlib

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard import audit, finding
from dashboard.finding import MOST_FOUND, Match, find_tenants
from dashboard.models import AuditEvent, ExternalReference, Tenant
from dashboard.models.names import NameKey
from dashboard.models.tenant import likeness
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
        ("u_\u2800alice", "invisible"),
    ],
    ids=["empty", "blank", "everybody", "too long", "control", "blank letter"],
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


@pytest.mark.parametrize("cut", [slice(0, 6), slice(0, 11), slice(0, 12)])
@pytest.mark.parametrize("dashes", ["-", "", " "])
def test_a_reference_is_found_by_its_beginning_with_and_without_dashes(moreau: Tenant, cut: slice, dashes: str) -> None:
    typed = moreau.reference[cut].replace("-", dashes).lower()
    found = find_tenants(typed)
    assert _ids([*found.exact, *found.similar]) == ["u_moreau"]


def test_a_short_name_is_not_taken_for_the_beginning_of_a_reference(moreau: Tenant) -> None:
    assert find_tenants(moreau.reference[:4]).similar == []


@pytest.mark.parametrize("typed", ["u_mor", "ALICE@", "alice m", "order-47"])
def test_the_beginning_of_any_of_them_lists_the_person_once(moreau: Tenant, typed: str) -> None:
    found = find_tenants(typed)
    assert (_ids(found.exact), _ids(found.similar), found.more) == ([], ["u_moreau"], False)


def test_a_user_id_comes_before_somebody_elses_e_mail_address_and_both_are_shown(moreau: Tenant) -> None:
    TenantFactory(user_id="alice@example.org")
    assert _ids(find_tenants("alice@example.org").exact) == ["alice@example.org", "u_moreau"]


def test_upper_and_lower_case_count_in_a_user_id(moreau: Tenant) -> None:
    found = find_tenants("U_moreau")
    assert (found.exact, _ids(found.lookalikes)) == ([], ["u_moreau"])


def test_who_is_like_somebody_listed_is_shown_with_whom(sam: Client, store: None) -> None:
    for user_id in ("erin@example.org", "ERIN@example.org", "frank@example.org"):
        TenantFactory(user_id=user_id)
    response = sam.post(FIND, {"person": "erin"})
    found = response.context["found"]
    assert (_ids(found.similar), _ids(found.lookalikes)) == (["erin@example.org"], ["ERIN@example.org"])
    assert 'like <bdi translate="no">erin@example.org</bdi>' in response.text


def test_look_alikes_that_are_listed_anyway_are_listed_once(store: None) -> None:
    for user_id in ("u_erin", "U_erin"):
        TenantFactory(user_id=user_id, display_name="Erin Adeyemi")
    found = find_tenants("adey")
    assert (sorted(_ids(found.similar)), found.lookalikes) == (["U_erin", "u_erin"], [])


def test_look_alikes_of_whom_it_fits_come_before_those_of_others(store: None) -> None:
    TenantFactory(user_id="zoe"), TenantFactory(user_id="ZOE", display_name="Zoe Fay")
    TenantFactory(user_id="zoe2"), TenantFactory(user_id="ZOE2")
    found = find_tenants("zoe")
    assert (_ids(found.exact), _ids(found.similar)) == (["zoe"], ["zoe2"])
    assert [(match.tenant.user_id, match.value) for match in found.lookalikes] == [("ZOE", "zoe"), ("ZOE2", "zoe2")]


def test_who_may_be_the_same_person_is_shown_apart(sam: Client, store: None) -> None:
    for user_id in ("erin@example.org", "Erin@example.org", "erin+work@example.org"):
        TenantFactory(user_id=user_id)
    response = sam.post(FIND, {"person": "erin@example.org"})
    assert len(response.context["found"].lookalikes) == 2
    assert "May be the same person" in response.text


def test_a_tag_counts_in_no_id(store: None) -> None:
    for user_id in ("alice", "alice+work", "+4917", "+4918"):
        TenantFactory(user_id=user_id)
    assert _ids(find_tenants("alice").lookalikes) == ["alice+work"]
    assert find_tenants("+4917").lookalikes == []


def test_tags_from_before_are_left_out_by_migration(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = importlib.import_module("dashboard.migrations.0007_names")
    monkeypatch.setattr(migration, "BATCH", 2)
    for number in range(5):
        TenantFactory(user_id=f"alice+{number}")
    Tenant.objects.update(likeness="old")
    migration.refill_likeness(apps, connection.schema_editor())
    assert set(Tenant.objects.values_list("likeness", flat=True)) == {likeness("alice")}


def test_more_of_one_name_than_are_listed_is_said(sam: Client, store: None) -> None:
    Tenant.objects.bulk_create(Tenant(user_id=f"u_{n}", display_name="John Smith") for n in range(MOST_FOUND + 1))
    response = sam.post(FIND, {"person": "John Smith"})
    assert (len(response.context["found"].exact), response.context["found"].more) == (MOST_FOUND, True)
    assert "at most 20 in each list" in response.text


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


# --- Names


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Jose", "José"),
        ("JOSÉ", "Jose"),
        ("Muller", "Müller"),
        ("Mu\u0308ller", "Müller"),
        ("strasse", "Straße"),
        ("Straße", "Strasse"),
        ("Mueller", "Müller"),
        ("MÜLLER", "Mueller"),
        ("Joerg Müller", "Jörg Mueller"),
        ("Groesse", "Größe"),
        ("Soendergaard", "Søndergård"),
        ("Søndergård", "Sondergaard"),
        ("obrien", "O’Brien"),
        ("o'brien", "OBrien"),
        ("Lukasz Orsted", "Łukasz Ørsted"),
        ("jean luc", "Jean-Luc"),
        ("okafor amara", "Amara Okafor"),
        ("Okafor, Amara", "Amara Okafor"),
        ("Okafor", "Oka\u00adfor"),
        ("\u200eOka\u200bfor", "Okafor"),
        ("\u202aOkafor\u202c", "Okafor"),
    ],
)
def test_a_name_is_found_however_it_is_written(store: None, typed: str, name: str) -> None:
    TenantFactory(user_id="u_named", display_name=name)
    assert _ids(find_tenants(typed).exact) == ["u_named"]


def test_a_name_that_was_pasted_with_invisible_marks_is_found(sam: Client, store: None) -> None:
    TenantFactory(user_id="u_named", display_name="Oka\u00adfor")
    assert _ids(sam.post(FIND, {"person": "\u202aOkafor\u202c"}).context["found"].exact) == ["u_named"]


@pytest.mark.parametrize("typed", ["okafor", "Oka", "chidi ok", "amara o", "Amara Okafor", "okafor chidi", "o a c"])
def test_a_name_is_found_by_any_of_its_words(store: None, typed: str) -> None:
    TenantFactory(user_id="u_okafor", display_name="Amara Chidi Okafor")
    TenantFactory(user_id="u_other", display_name="Amara Chidi")
    assert "u_okafor" in _ids(find_tenants(typed).similar)


@pytest.mark.parametrize("typed", ["kafor", "amara smith", "amara amara"])
def test_what_begins_no_word_of_a_name_finds_nobody(store: None, typed: str) -> None:
    TenantFactory(user_id="u_okafor", display_name="Amara Okafor")
    found = find_tenants(typed)
    assert (found.exact, found.similar) == ([], [])


def test_whose_name_is_written_as_it_was_typed_comes_first(store: None) -> None:
    for name in ("Jose Garcia", "José García", "Jose García"):
        TenantFactory(user_id=name.replace(" ", "_"), display_name=name)
    for typed in ("josé garcía", "garcía josé"):
        assert find_tenants(typed).exact[0].value == "José García"


def test_the_order_of_words_counts_less_than_the_spelling(store: None) -> None:
    for name in ("Jose Mueller", "José Müller"):
        TenantFactory(user_id=name.replace(" ", "_"), display_name=name)
    assert _ids(find_tenants("müller josé").exact) == ["José_Müller", "Jose_Mueller"]
    assert _ids(find_tenants("mueller jose").exact) == ["Jose_Mueller", "José_Müller"]


def test_other_spellings_come_after_the_one_that_was_typed(store: None) -> None:
    for name in ("Muller", "Mueller", "Müller"):
        TenantFactory(user_id=name, display_name=name)
    assert _ids(find_tenants("müller").exact) == ["Müller", "Muller", "Mueller"]
    assert _ids(find_tenants("mueller").exact) == ["Mueller", "Müller"]


@pytest.mark.parametrize("typed", ["muell", "mueller ka", "karla muel", "müll", "kärla mü"])
def test_the_beginning_of_a_name_is_found_in_either_spelling(store: None, typed: str) -> None:
    TenantFactory(user_id="u_named", display_name="Kärla Joe Müller" if "ä" in typed else "Karla Joe Müller")
    assert _ids(find_tenants(typed).similar) == ["u_named"]


def test_two_letters_that_only_look_like_a_spelling_are_left_alone(store: None) -> None:
    TenantFactory(user_id="u_manuel", display_name="Manuel")
    assert find_tenants("manul").exact == []


def test_names_from_before_are_found_in_either_spelling_after_the_migration(store: None) -> None:
    TenantFactory(user_id="u_named", display_name="Anna Mu\u0308ller")
    NameKey.objects.filter(key__contains="mueller").delete()
    assert find_tenants("mueller").similar == []
    with connection.schema_editor() as editor:
        importlib.import_module("dashboard.migrations.0010_name_spellings").fill(apps, editor)
    assert _ids(find_tenants("mueller").similar) == ["u_named"]


def test_more_names_with_a_word_than_are_looked_through_is_said(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_COMPARED", 2)
    for number in range(3):
        TenantFactory(user_id=f"u_{number}", display_name=f"Ana {number} Garcia")
    found = find_tenants("ana garcia")
    assert (len(found.similar), found.more) == (2, True)


def test_a_new_name_replaces_the_old_one(store: None) -> None:
    tenant = TenantFactory(user_id="u_okafor", display_name="Amara Okafor")
    tenant.display_name = "Amara Eze"
    tenant.save()
    assert (find_tenants("okafor").similar, _ids(find_tenants("eze").similar)) == ([], ["u_okafor"])


def test_a_name_survives_a_change_of_something_else(store: None) -> None:
    tenant = TenantFactory(user_id="u_okafor", display_name="Amara Okafor")
    tenant.email = "amara@example.org"
    tenant.save(update_fields=["email"])
    assert _ids(find_tenants("okafor").similar) == ["u_okafor"]


def test_names_cannot_be_written_past_their_keys(db: None) -> None:
    with pytest.raises(TypeError):
        Tenant.objects.update(display_name="Amara")
    with pytest.raises(TypeError):
        Tenant.objects.bulk_create([Tenant(user_id="u_amara", display_name="Amara")], ignore_conflicts=True)


def test_an_erased_tenant_takes_the_name_along(db: None) -> None:
    alice, bob = (TenantFactory(display_name=name) for name in ("Alice Moreau", "Bob Moreau"))
    alice.delete()
    assert set(NameKey.objects.values_list("tenant", "key")) == {(bob.pk, "bob moreau"), (bob.pk, "moreau bob")}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dashboard_tenant")  # even past Django
    assert not NameKey.objects.exists()


def test_names_from_before_the_keys_get_theirs_by_migration(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = importlib.import_module("dashboard.migrations.0007_names")
    monkeypatch.setattr(migration, "BATCH", 2)
    for number in range(5):
        TenantFactory(display_name=f"Amara {number}")
    before = set(NameKey.objects.values_list("tenant", "key"))
    NameKey.objects.all().delete()
    migration.fill(apps, connection.schema_editor())
    assert set(NameKey.objects.values_list("tenant", "key")) == before
    assert len(before) == 10


def test_what_was_typed_is_in_no_address_and_readable_in_the_log_until_the_person_is_erased(
    sam: Client, moreau: Tenant
) -> None:
    sam.post(FIND, {"person": "alice@example.org"})
    event = AuditEvent.objects.first()
    assert (event.tenant_digest, event.counts["exact"]) == (audit.tenant_digest("u_moreau"), 1)
    assert audit.note_of(event) == "alice@example.org"
    audit.erase_notes("u_moreau", actor="petra")
    assert audit.note_of(event) == ""


def test_what_was_typed_is_not_kept_where_it_fits_nobody_entirely(sam: Client, moreau: Tenant) -> None:
    sam.post(FIND, {"person": "alice m"})
    event = AuditEvent.objects.first()
    assert (event.counts, event.commitment, audit.note_of(event)) == ({"exact": 0, "similar": 1}, "", "")


def test_each_of_several_people_who_fit_has_an_event_of_their_own(sam: Client, store: None) -> None:
    for user_id in ("u_mother", "u_father"):
        TenantFactory(user_id=user_id, email="family@example.org")
    sam.post(FIND, {"person": "family@example.org"})
    expected = {audit.tenant_digest("u_mother"), audit.tenant_digest("u_father")}
    events = AuditEvent.objects.filter(action=audit.Action.TENANT_LOOKED_UP)
    assert {event.tenant_digest for event in events} == expected


def test_every_query_of_a_look_up_reads_an_index_in_order(store: None) -> None:
    fill_directory(20_000)
    importlib.import_module("dashboard.migrations.0007_names").fill(apps, connection.schema_editor())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE dashboard_namekey")
    with CaptureQueriesContext(connection) as captured:
        for typed in ("crowd-123", "crowd-", "person77@mail0.example", "ana", "Äna Nümber 12", "ORDER-", "nobody"):
            find_tenants(typed)
    plans = [_plan(query["sql"]) for query in captured.captured_queries if "dashboard_" in query["sql"]]
    assert len(plans) >= 7 * 8
    assert [plan for plan in plans if "Seq Scan" in plan or "Sort Key: (lower" in plan] == []


def _plan(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        return "\n".join(line for (line,) in cursor.fetchall())
