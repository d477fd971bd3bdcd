"""An expired session leads back to a page that can be opened; an address that takes forms only says so."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.desk.conftest import Person


def _url(name: str, person: Person) -> str:
    return reverse(name, args=[person.tenant.reference])


def test_a_form_that_is_sent_too_late_leads_back_to_the_page_it_stood_on(client: Client, alice: Person) -> None:
    stood_on = f"http://testserver{_url('browse-memories', alice)}?agent=waiter"
    answer = client.post(_url("check-deletion", alice), {"ids": ["x"]}, headers={"Referer": stood_on})
    assert answer["Location"] == f"{reverse('account_login')}?next=" + (
        _url("browse-memories", alice).replace("/", "%2F") + "%3Fagent%3Dwaiter"
    )


@pytest.mark.parametrize("referer", ["", "https://evil.example/find/", "//evil.example"])
def test_a_form_from_nowhere_leads_to_sign_in_alone(client: Client, alice: Person, referer: str) -> None:
    answer = client.post(_url("check-deletion", alice), headers={"Referer": referer})
    assert answer["Location"] == reverse("account_login")


def test_a_page_that_is_opened_too_late_is_opened_after_sign_in(client: Client, alice: Person) -> None:
    page = _url("browse-memories", alice)
    assert client.get(page)["Location"] == f"{reverse('account_login')}?next={page}"


def test_a_refresh_that_comes_too_late_leads_back_to_its_page(client: Client, alice: Person) -> None:
    page = _url("browse-memories", alice)
    asked = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    answer = client.post(_url("search-memories", alice), {"query": "food"}, headers=asked)
    assert answer["HX-Redirect"] == f"{reverse('account_login')}?next={page.replace('/', '%2F')}"


def test_a_refresh_of_another_site_leads_to_sign_in_alone(client: Client, alice: Person) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/"}
    assert client.get(_url("show-overview", alice), headers=asked)["HX-Redirect"] == reverse("account_login")


def test_an_address_that_takes_forms_only_says_so(petra: Client, alice: Person) -> None:
    answer = petra.get(_url("check-deletion", alice))
    assert (answer.status_code, answer["Allow"], answer["Cache-Control"]) == (405, "POST", "no-store")
    assert "takes a form only" in answer.text
    assert reverse("show-home") in answer.text
