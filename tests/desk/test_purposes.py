"""Opening a tenant takes a purpose, which holds for a while and is on record."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import audit
from dashboard.models import AuditEvent, Grant
from tests.desk.conftest import Person

pytestmark = pytest.mark.purpose

PURPOSE = {"category": "support-case", "ticket": "T-4711", "note": "Calls about tea."}


def _page(person: Person) -> str:
    return f"/tenants/{person.tenant.reference}/"


def _state(client: Client, person: Person, **more: str) -> None:
    client.post(f"{_page(person)}purpose/", {**PURPOSE, **more})


def test_without_a_purpose_nothing_is_shown_and_the_question_is_asked(sam: Client, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    answer = sam.get(_page(alice), follow=True)
    assert answer.redirect_chain[0][0].startswith(f"{_page(alice)}purpose/?next=")
    assert "vegetarian" not in answer.content.decode()


def test_after_stating_one_sam_is_where_he_was_going(sam: Client, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    answer = sam.post(f"{_page(alice)}purpose/", {**PURPOSE, "next": _page(alice)}, follow=True)
    assert "vegetarian" in answer.content.decode()


def test_everything_done_under_it_refers_to_it(sam: Client, alice: Person) -> None:
    _state(sam, alice)
    sam.get(_page(alice))
    grant = Grant.objects.get()
    assert set(AuditEvent.objects.filter(purpose=str(grant.pk)).values_list("action", flat=True)) == {
        "purpose-stated",
        "memories-paged",
    }


def test_it_is_sams_and_alices_only(sam: Client, petra: Client, alice: Person, bob: Person) -> None:
    _state(sam, alice)
    assert "/purpose/" in petra.get(_page(alice))["Location"]
    assert "/purpose/" in sam.get(_page(bob))["Location"]


def test_it_runs_out(sam: Client, alice: Person) -> None:
    _state(sam, alice)
    Grant.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "/purpose/" in sam.get(_page(alice))["Location"]


def test_it_can_be_given_back(sam: Client, alice: Person) -> None:
    _state(sam, alice)
    sam.post(f"{_page(alice)}purpose/end/")
    assert "/purpose/" in sam.get(_page(alice))["Location"]


@pytest.mark.parametrize("wrong", [{"ticket": ""}, {"ticket": "x" * 65}, {"category": "curiosity"}])
def test_a_purpose_without_ticket_or_known_category_opens_nothing(
    sam: Client, alice: Person, wrong: dict[str, str]
) -> None:
    assert sam.post(f"{_page(alice)}purpose/", {**PURPOSE, **wrong}).status_code == 400
    assert not Grant.objects.exists()


@pytest.mark.parametrize("where", ["address", "form"])
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "https:evil.example",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        " //evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "find-tenant",
        "find",
    ],
)
def test_it_leads_nowhere_else(sam: Client, alice: Person, elsewhere: str, where: str) -> None:
    query = {"next": elsewhere} if where == "address" else None
    answer = sam.post(
        f"{_page(alice)}purpose/", PURPOSE if query else {**PURPOSE, "next": elsewhere}, query_params=query
    )
    assert answer["Location"] == _page(alice)


def test_a_form_that_was_sent_too_late_does_nothing_and_asks(petra: Client, alice: Person) -> None:
    (memory_id,) = alice.remember("Alice is vegetarian.")
    answer = petra.post(f"{_page(alice)}memories/{memory_id}/delete/", {"reason": "17-1-b"})
    assert answer["Location"] == f"{_page(alice)}purpose/"
    assert alice.scope.count() == 1


def test_a_form_that_was_sent_too_late_leads_back_to_the_page_it_stood_on(petra: Client, alice: Person) -> None:
    sent, page = reverse("check-deletion", args=[alice.tenant.reference]), f"{_page(alice)}?state=live"
    answer = petra.post(sent, {"ids": ["x"]}, headers={"Referer": f"http://testserver{page}"})
    assert answer["Location"] == f"{_page(alice)}purpose/?next={quote(page)}"
    assert petra.post(sent, headers={"Referer": "https://evil.example/"})["Location"] == f"{_page(alice)}purpose/"


def test_an_htmx_refresh_leads_to_the_question_as_a_whole_page(sam: Client, alice: Person) -> None:
    answer = sam.get(_page(alice), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == f"{_page(alice)}purpose/"


@pytest.mark.parametrize("part", ["overview/", "search/"])
def test_a_grant_that_ends_in_the_middle_of_a_page_leads_back_to_that_page(
    sam: Client, alice: Person, part: str
) -> None:
    at = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{_page(alice)}?agent=waiter"}
    answer = (sam.get if part == "overview/" else sam.post)(_page(alice) + part, headers=at)
    question = answer["HX-Redirect"]
    assert question == f"{_page(alice)}purpose/?next={_page(alice)}%3Fagent%3Dwaiter"
    assert sam.post(question, PURPOSE)["Location"] == f"{_page(alice)}?agent=waiter"


def test_a_page_of_another_site_is_nothing_to_lead_back_to(sam: Client, alice: Person) -> None:
    at = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/"}
    assert sam.get(f"{_page(alice)}overview/", headers=at)["HX-Redirect"] == f"{_page(alice)}purpose/"


def test_who_is_open_to_sam_is_listed_until_the_grant_is_over(
    sam: Client, petra: Client, alice: Person, bob: Person
) -> None:
    _state(sam, alice)
    _state(petra, bob)
    page = sam.get("/find/").text
    assert alice.user_id in page
    assert bob.user_id not in page
    Grant.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert alice.user_id not in sam.get("/find/").text


def test_aude_reads_what_was_done_under_one_purpose(sam: Client, petra: Client, aude: Client, alice: Person) -> None:
    for client in (sam, petra):
        _state(client, alice)
        client.get(_page(alice))
    grant = str(Grant.objects.get(staff__username="sam").pk)
    query = {"tenant": audit.tenant_digest(alice.user_id), "purpose": grant}
    rows = aude.get(reverse("list-audit-events"), query).context["rows"]
    assert [(row.event.action, row.event.actor_label, row.event.purpose) for row in rows] == [
        ("memories-paged", "sam", grant),
        ("purpose-stated", "sam", grant),
    ]
    assert rows[1].event.counts == {"category": PURPOSE["category"]}


def test_a_purpose_is_looked_for_under_its_person_only(aude: Client, db: None) -> None:
    answer = aude.get(reverse("list-audit-events"), {"purpose": "0" * 32})
    assert (answer.status_code, "say who, too" in answer.text) == (400, True)
