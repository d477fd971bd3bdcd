"""Narrowing the list of one tenant's memories, and choosing its columns."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard import sealing
from dashboard.models import Staff
from dashboard.views import browsing
from tests.desk.conftest import Person


def _url(name: str, person: Person) -> str:
    return reverse(name, args=[person.tenant.reference])


def _texts(client: Client, person: Person, address: str = "", **query: object) -> list[str]:
    page = client.get(address or _url("browse-memories", person), query or None)
    return [memory.text for memory in page.context["memories"]]


def _filter(client: Client, person: Person, **typed: object) -> str:
    """The address that a filled in form leads to."""
    answer = client.post(_url("filter-memories", person), typed)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def test_agent_run_and_category_narrow_the_list(sam: Client, alice: Person) -> None:
    alice.scope.add("By the waiter.", agent_id="waiter", run_id="r-1", metadata={"category": "food"})
    alice.scope.add("By the driver.", agent_id="driver", run_id="r-2", metadata={"categories": ["cars"]})
    for query in ({"agent": "waiter"}, {"run": "r-1"}, {"category": "food"}):
        assert _texts(sam, alice, **query) == ["By the waiter."]


def test_expired_and_restricted_are_told_apart(sam: Client, alice: Person) -> None:
    alice.scope.add("Over.", expires_on=timezone.now().date() - timedelta(days=2))
    [_, frozen] = alice.remember("In use.", "Frozen.")
    alice.scope.restrict(frozen)
    assert _texts(sam, alice, state="live") == ["In use."]
    assert _texts(sam, alice, state="expired") == ["Frozen.", "Over."]
    assert _texts(sam, alice, state="restricted") == ["Frozen."]


def test_a_range_of_days_includes_its_last(sam: Client, alice: Person) -> None:
    alice.remember("Today's.")
    today = timezone.localdate()
    assert _texts(sam, alice, since=today, until=today) == ["Today's."]
    assert _texts(sam, alice, until=today - timedelta(days=1)) == []


def test_metadata_narrows_the_list_and_stays_out_of_the_address(sam: Client, alice: Person) -> None:
    alice.scope.add("Hers.", metadata={"ordered_by": "Ms Example", "number": 7})
    alice.scope.add("Another.", metadata={"ordered_by": "Mr Sample", "number": 8})
    address = _filter(sam, alice, key="ordered_by", value="Ms Example")
    assert "Example" not in unquote(address)
    assert "ordered_by" not in address
    assert _texts(sam, alice, address) == ["Hers."]
    assert _texts(sam, alice, _filter(sam, alice, key="number", value="8")) == ["Another."]


def test_a_category_and_a_sensitive_agent_stay_out_of_the_address(sam: Client, alice: Person) -> None:
    alice.scope.add("Hers.", agent_id="maria@example.com", run_id="r-1", metadata={"category": "health"})
    alice.remember("Another.")
    address = _filter(sam, alice, agent="maria@example.com", run="r-1", category="health")
    assert not [word for word in ("maria", "health") if word in unquote(address)]
    page = sam.get(address)
    assert [memory.text for memory in page.context["memories"]] == ["Hers."]
    chips = page.context["narrowed"].chips
    assert [chip.words for chip in chips] == ["agent: maria@example.com", "run: r-1", "category: health"]
    assert "sealed-category" not in chips[2].without


def test_a_sealed_category_does_not_pass_for_an_agent(sam: Client, alice: Person) -> None:
    address = _filter(sam, alice, category="health").replace("sealed-category", "sealed-agent")
    assert sam.get(address).status_code == 400


def test_a_metadata_filter_in_the_clear_is_not_read(sam: Client, alice: Person) -> None:
    alice.scope.add("Hers.", metadata={"name": "Ms Example"})
    assert _texts(sam, alice, key="name", value="nobody") == ["Hers."]


def test_a_sealed_filter_is_one_persons_for_one_tenant(sam: Client, petra: Client, alice: Person, bob: Person) -> None:
    address = _filter(sam, alice, key="name", value="Ms Example")
    assert sam.get(address).status_code == 200
    assert petra.get(address).status_code == 400
    assert sam.get(address.replace(alice.tenant.reference, bob.tenant.reference)).status_code == 400


@pytest.mark.parametrize("token", ["", "x", "AAAA" * 20, "é" * 9, "A" * 5_000])
def test_a_token_that_was_made_up_is_refused(sam: Client, alice: Person, token: str) -> None:
    staff = Staff.objects.get(username="sam")
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(token, staff.pk, alice.tenant)


def test_what_is_filtered_is_said_and_can_be_taken_away(sam: Client, alice: Person) -> None:
    alice.scope.add("One.", agent_id="waiter", metadata={"plan": "gold"})
    page = sam.get(_filter(sam, alice, agent="waiter", key="plan", value="gold", state="live"))
    chips = page.context["narrowed"].chips
    assert [chip.words for chip in chips] == ["agent: waiter", "not expired", "plan = gold"]
    assert chips[2].without == "agent=waiter&state=live"
    assert "plan = gold" in page.text


def test_the_count_is_exact_under_filters(sam: Client, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "PAGE_SIZE", 2)
    for number in range(5):
        alice.scope.add(f"Fact {number}.", agent_id="waiter" if number < 3 else "driver")
    page = sam.get(_url("browse-memories", alice), {"agent": "waiter"})
    assert "2 of 3 shown" in page.text


def test_filters_hold_on_the_next_page(sam: Client, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "PAGE_SIZE", 1)
    for agent in ("waiter", "driver", "waiter"):
        alice.scope.add(f"By the {agent}.", agent_id=agent, metadata={"plan": "gold"})
    first = _filter(sam, alice, agent="waiter", key="plan", value="gold")
    cursor = sam.get(first).context["memories"].next_cursor
    page = sam.get(f"{first}&cursor={cursor}").context["memories"]
    assert [memory.agent_id for memory in page] == ["waiter"]
    assert page.next_cursor is None


@pytest.mark.parametrize(
    "typed",
    [
        {"agent": "two words"},
        {"agent": "*"},
        {"key": "user_id", "value": "u_bob"},
        {"key": "memadmin_restricted", "value": "x"},
        {"key": "plan"},
        {"key": "plan", "value": "*"},
        {"since": "2026-02-02", "until": "2026-02-01"},
        {"until": "9999-12-31"},
        {"since": "yesterday"},
        {"state": "gone"},
    ],
    ids=str,
)
def test_a_filter_that_makes_no_sense_is_refused_in_place(sam: Client, alice: Person, typed: dict[str, str]) -> None:
    answer = sam.post(_url("filter-memories", alice), typed)
    assert answer.status_code == 400
    assert 'class="problem"' in answer.text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"agent": "two words"}, "Agent"),
        ({"run": "*"}, "Run"),
        ({"since": "x"}, "Created from"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "Until, that day included"),
        ({"state": "gone"}, "State"),
        ({"category": "x" * 256}, "Category"),
        ({"meta": "made-up"}, "Metadata key"),
    ],
    ids=str,
)
def test_an_address_that_makes_no_sense_names_the_field_and_leads_back(
    sam: Client, alice: Person, query: dict[str, str], field: str
) -> None:
    alice.remember("Alice is vegetarian.")
    answer = sam.get(_url("browse-memories", alice), query)
    assert answer.status_code == 400
    assert f"<li>{field}: " in answer.text
    assert f'<a class="button plain" href="{_url("browse-memories", alice)}">Show all memories</a>' in answer.text
    assert f'action="{_url("filter-memories", alice)}"' in answer.text
    assert "vegetarian" not in answer.text


def test_a_search_under_an_address_that_makes_no_sense_shows_nothing(sam: Client, alice: Person) -> None:
    alice.remember("Alice is vegetarian.")
    answer = sam.post(f"{_url('search-memories', alice)}?since=bad", {"query": "food"})
    assert answer.status_code == 400
    assert "vegetarian" not in answer.text


def test_choosing_columns_under_an_address_that_makes_no_sense_leads_to_the_whole_list(
    sam: Client, alice: Person
) -> None:
    answer = sam.post(f"{_url('choose-columns', alice)}?since=bad", {"columns": ["run"]})
    assert answer.headers["Location"] == _url("browse-memories", alice)


def test_a_filter_that_makes_no_sense_is_refused_under_an_address_that_makes_none(sam: Client, alice: Person) -> None:
    assert sam.post(f"{_url('filter-memories', alice)}?since=bad", {"until": "bad"}).status_code == 400


def test_nothing_that_fits_says_so(sam: Client, alice: Person) -> None:
    alice.remember("One.")
    assert "Nothing fits these filters" in sam.get(_url("browse-memories", alice), {"agent": "nobody"}).text


def test_columns_are_chosen_for_the_session(sam: Client, alice: Person) -> None:
    alice.scope.add("One.", agent_id="waiter", run_id="r-1")
    answer = sam.post(f"{_url('choose-columns', alice)}?agent=waiter", {"columns": ["run"]})
    assert answer.headers["Location"].endswith("?agent=waiter")
    page = sam.get(_url("browse-memories", alice)).text
    assert '<th scope="col">Run</th>' in page
    assert '<th scope="col">Agent</th>' not in page


def test_a_column_that_does_not_exist_changes_nothing(sam: Client, alice: Person) -> None:
    sam.post(_url("choose-columns", alice), {"columns": ["password"]})
    assert sam.get(_url("browse-memories", alice)).context["columns"] == [
        "agent",
        "category",
        "expiry",
        "created",
        "score",
    ]


def test_sensitive_text_is_veiled_in_lists(sam: Client, alice: Person) -> None:
    alice.remember("Pays with 4242 4242 4242 4242.")
    page = sam.get(_url("browse-memories", alice)).text
    assert "4242 4242 4242" not in page
    assert "•••• 4242" in page


def test_a_list_costs_the_same_however_much_there_is(sam: Client, alice: Person) -> None:
    sam.get(_url("browse-memories", alice))  # states the purpose
    costs = set()
    for number in (1, 40):
        alice.remember(*(f"Fact {at} of {number}." for at in range(number)))
        with CaptureQueriesContext(connection) as asked:
            sam.get(_url("browse-memories", alice))
        costs.add(len(asked))
    assert len(costs) == 1


def test_the_page_says_for_what_and_how_long_it_is_open(sam: Client, alice: Person) -> None:
    page = sam.get(_url("browse-memories", alice)).text
    assert "Support case, ticket <bdi>T-1</bdi> · 29 min left" in page
    assert f'action="{_url("end-purpose", alice)}"' in page
