"""Every page of the person, found by the URL resolver: what holds on all of them."""

import base64
import html
import re
import uuid
from datetime import timedelta
from typing import Any, NamedTuple
from unicodedata import normalize

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dashboard import audit
from dashboard.access import Visit
from dashboard.audit import Action, ActorKind, appending, tenant_digest
from dashboard.models import Certificate, PersonSession, PrivacyRequest
from tests.desk.conftest import Person
from tests.desk.test_access import PATTERNS
from tests.your_data.conftest import browser, come_in, in_persons_look, visit_of

pytestmark = pytest.mark.django_db

EVERY = [pattern for pattern in PATTERNS if getattr(pattern.callback, "for_person", None)]
VISITED = [pattern for pattern in EVERY if pattern.callback.for_person not in {Visit.NONE, Visit.WITHOUT_ACCOUNT}]
RECORDED = [
    pattern
    for pattern in VISITED
    if pattern.callback.for_person is not Visit.NUMBERS or pattern.name == "leave-your-data"
]
METHODS = ("get", "head", "post", "put", "patch", "delete")
FORMS = {
    "search-your-data": {"query": "bees"},
    "correct-memory": {"text": "I keep wasps."},
    "save-correction": {"text": "I keep wasps."},
    "ask-about-memory": {"narrative": "Wasps."},
    "forget-everything": {"ground": "17-1-b", "sure": "on"},
}
"""What a form needs to be valid, by URL name."""
SECRET, HIS = "Keeps bees on the roof.", "Plays the cello."
MAIL, NAME, NUMBER = "alice@bees.example", "Alice Beekeeper", "C-4711-77"
GONE = {"outcome": "verified", "removed": {}}
DOCUMENT = '{"verdict": {"outcome": "clean", "places": []}, "places": [], "statement": "Gone.", "not_covered": []}'
BOUNDED = hypothesis_settings(
    max_examples=8, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def each(patterns: list[URLPattern]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("pattern", patterns, ids=lambda pattern: pattern.name)


def about(person: Person, text: str) -> dict[str, Any]:
    """Something real behind every URL: a page that is not found would prove nothing."""
    (memory_id,) = person.remember(text)
    tenant, digest = person.tenant, tenant_digest(person.user_id)
    event = audit.record(
        Action.MEMORY_DELETED, actor="x", kind=ActorKind.PERSON, tenant=tenant, counts={"outcome": "x"}
    )
    asked = PrivacyRequest.objects.create(
        tenant=tenant, tenant_digest=digest, reference=tenant.reference, kind="erasure", state="failed",
        channel="staff", received_on=timezone.localdate(), profile="gdpr", ground="17-1-b", memory_id=memory_id,
        requested_label="sam", decision_reason="StoreUnavailable", narrative=f"Of {person.user_id}.",
    )  # fmt: skip
    certificate = Certificate.objects.create(
        request=asked, tenant_digest=digest, issued_at=timezone.now(), document=DOCUMENT
    )
    return {
        "memory_id": memory_id, "event_id": event.pk, "request_id": asked.pk, "certificate_id": certificate.pk,
    }  # fmt: skip


@pytest.fixture
def there(alice: Person) -> dict[str, Any]:
    tenant = alice.tenant
    tenant.email, tenant.display_name = MAIL, NAME
    tenant.save()
    tenant.external_references.create(value=NUMBER)
    return about(alice, SECRET)


@pytest.fixture
def his(bob: Person) -> dict[str, Any]:
    return about(bob, HIS)


@pytest.fixture
def broken_log(hers: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be recorded, from when Alice has come in."""

    def refuse(*_: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(appending, "_insert", refuse)


@pytest.fixture
def hers(there: dict[str, Any], alice: Person) -> Client:
    return come_in(browser(), alice)


def address_of(pattern: URLPattern, there: dict[str, Any]) -> str:
    return reverse(str(pattern.name), kwargs={name: there[name] for name in pattern.pattern.converters})


def send(client: Client, method: str, pattern: URLPattern, there: dict[str, Any], **options: Any) -> Any:
    form = FORMS.get(str(pattern.name), {}) if method == "post" else {}
    return getattr(client, method)(address_of(pattern, there), form, **options)


def test_there_are_pages() -> None:
    assert len(VISITED) > 15


@each(VISITED)
def test_without_a_visit_nothing_is_shown_and_nothing_done(
    alice: Person, there: dict[str, Any], pattern: URLPattern
) -> None:
    for method in METHODS:
        response = send(browser(), method, pattern, there)
        assert response.status_code == 403
        assert method == "head" or (in_persons_look(response) and "Your visit is over" in response.text)
    assert alice.scope.get(there["memory_id"]).text == SECRET
    assert PrivacyRequest.objects.count() == 1


@each(VISITED)
def test_when_the_visit_is_over_nothing_is_shown_and_nothing_done(
    hers: Client, alice: Person, there: dict[str, Any], pattern: URLPattern
) -> None:
    PersonSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert {send(hers, method, pattern, there).status_code for method in METHODS} == {403}
    assert alice.scope.get(there["memory_id"]).text == SECRET


@each(RECORDED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_record_nothing_is_shown_and_nothing_done(
    hers: Client, alice: Person, there: dict[str, Any], pattern: URLPattern, method: str, broken_log: None
) -> None:
    response = send(hers, method, pattern, there)
    if response.status_code == 302:  # leads to a page of its own
        assert not response.content
    elif response.status_code == 405:  # is not used
        assert in_persons_look(response)
    else:
        assert (response.status_code, in_persons_look(response)) == (503, True)
    assert SECRET not in response.text
    memory = alice.scope.get(there["memory_id"])
    assert (memory.text, memory.restricted, PrivacyRequest.objects.count()) == (SECRET, False, 1)


@each(EVERY)
def test_only_the_methods_that_are_used_are_answered(
    there: dict[str, Any], alice: Person, pattern: URLPattern, settings: Any
) -> None:
    settings.MEMADMIN_INTAKE = True
    client, used = browser(), set()
    for method in METHODS:
        if visit_of(client) is None:  # at first, and after leaving
            come_in(client, alice)
        if send(client, method, pattern, there).status_code != 405:
            used.add(method)
    assert used in ({"get", "head"}, {"post"}, {"get", "head", "post"}, {"get", "post"})
    assert used != {"get", "post"} or pattern.name == "enter-your-data", "a link that a browser only looks at is spent"


def test_an_address_of_forms_that_is_typed_by_hand_leads_to_a_page(hers: Client) -> None:
    for name in ("choose-language", "search-your-data", "fetch-export"):
        response = hers.get(reverse(name))
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")
        assert (in_persons_look(response), "Not found" in response.text) == (True, True)


@each([pattern for pattern in EVERY if not str(pattern.name).startswith("show-brand")])
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_is_kept_and_each_says_its_language(
    hers: Client, there: dict[str, Any], pattern: URLPattern, method: str
) -> None:
    response = send(hers, method, pattern, there, headers={"Accept-Language": "es"})
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Language"] == "es"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_a_part_that_only_counts_shows_no_word_that_is_remembered(hers: Client, there: dict[str, Any]) -> None:
    (progress,) = [pattern for pattern in VISITED if pattern.name == "show-your-progress"]
    response = hers.get(address_of(progress, there), {"state": "failed"}, headers={"HX-Request": "true"})
    assert (response.status_code, "stopped by an error" in response.text, SECRET in response.text) == (200, True, False)


def machine_read(text: str) -> str:
    """What a browser reads and a person does not: addresses, hidden inputs, scripts, and other attributes."""
    tags = re.findall(r"<[a-z][^>]*>", text)
    shown = re.compile(r'\s(?:value|aria-label|title|placeholder)="[^"]*"')
    kept = [tag if "hidden" in tag or tag.startswith(("<button", "<meta")) else shown.sub("", tag) for tag in tags]
    return html.unescape(" ".join([*kept, *re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)]))


class Answer(NamedTuple):
    """What Alice was answered while Bob is remembered too."""

    text: str  # of the page where it ended; "" of the copy, which is a file
    chain: str  # of redirects
    names_of_alice: list[str]
    words_of_bob: list[str]


@pytest.fixture(scope="module")
def answered() -> dict[tuple[str, str], Answer]:
    """By URL name and method: tests that only read an answer share it, for what is behind it takes a while to make."""
    return {}


@pytest.fixture
def answer(
    request: pytest.FixtureRequest, answered: dict[tuple[str, str], Answer], pattern: URLPattern, method: str
) -> Answer:
    key = (str(pattern.name), method)
    if key not in answered:
        answered[key] = asked(pattern, method, *map(request.getfixturevalue, ("hers", "alice", "bob", "there", "his")))
    return answered[key]


def asked(
    pattern: URLPattern,
    method: str,
    hers: Client,
    alice: Person,
    bob: Person,
    there: dict[str, Any],
    his: dict[str, Any],
) -> Answer:
    response, (alices, bobs) = send(hers, method, pattern, there, follow=True), (alice.tenant, bob.tenant)
    return Answer(
        text="" if response.streaming else response.text,
        chain=str(getattr(response, "redirect_chain", "")),
        names_of_alice=[alice.user_id, alices.reference, tenant_digest(alice.user_id), MAIL, NAME, NUMBER],
        words_of_bob=[bob.user_id, bobs.reference, tenant_digest(bob.user_id), HIS, *map(str, his.values())],
    )


@each(VISITED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_form_or_script_names_alice(answer: Answer) -> None:
    read = machine_read(answer.text) + answer.chain
    assert not [name for name in answer.names_of_alice if name in read]


@each(VISITED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_speaks_of_bob(answer: Answer) -> None:
    shown = html.unescape(answer.text)
    assert not [word for word in answer.words_of_bob if word in shown]


def test_what_could_be_changed_in_a_form_names_nobody(hers: Client, there: dict[str, Any], alice: Person) -> None:
    """Cursors and tokens are signed or sealed: neither carries who it is for in the clear."""
    alice.remember(*(f"Fact number {number}." for number in range(30)))
    page = hers.get("/your-data/").text
    checked = hers.post(reverse("correct-memory", args=[there["memory_id"]]), {"text": "Wasps."}).text
    sealed = re.findall(r"cursor=([\w%.-]+)", page) + re.findall(r'name="token" value="([^":]+)', checked)
    assert len(sealed) == 2
    for value in sealed:
        for part in value.replace("%3D", "=").split("."):
            decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            assert alice.user_id.encode() not in decoded


@each([pattern for pattern in VISITED if pattern.pattern.converters])
def test_an_id_of_bobs_is_not_found(
    hers: Client, bob: Person, his: dict[str, Any], there: dict[str, Any], pattern: URLPattern
) -> None:
    for ids in (his, dict.fromkeys(his, str(uuid.uuid4()))):
        for method in METHODS:
            response = send(hers, method, pattern, ids)
            assert response.status_code in {404, 405}
            assert HIS not in response.text
    assert bob.scope.get(his["memory_id"]).text == HIS


_words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)


@BOUNDED
@given(of_alice=st.lists(_words, min_size=1, max_size=3), of_bob=st.lists(_words, min_size=1, max_size=3))
def test_whatever_is_remembered_each_sees_their_own_and_all_of_it(
    store: None, of_alice: list[str], of_bob: list[str]
) -> None:
    people = [(Person("u_alice"), of_alice), (Person("u_bob"), of_bob)]
    ids = [person.remember(*texts) for person, texts in people]
    for (person, texts), own, foreign in zip(people, ids, reversed(ids), strict=True):
        client = come_in(browser(), person)
        found = client.post(reverse("search-your-data"), {"query": texts[0]}, follow=True)
        for page in (client.get("/your-data/"), found):
            linked = set(re.findall(r"/your-data/memories/([^/\"]+)/", page.text))
            assert linked == set(own)
            shown = normalize("NFC", html.unescape(page.text))  # as Django writes what it may have to shorten
            assert all(normalize("NFC", text) in shown for text in texts)
        assert {client.get(reverse("show-your-memory", args=[one])).status_code for one in foreign} == {404}
