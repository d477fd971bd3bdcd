"""The copy of everything held on one person: complete, theirs alone, harmless to open."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dashboard import audit, exporting, spreadsheets
from dashboard.audit import Action, ActorKind, tenant_digest
from dashboard.exporting import formats, holding, pages, writing
from dashboard.exporting.holding import memory_entry
from dashboard.models import PrivacyRequest
from dashboard.your_data import asking
from memadmin.memory import Change, Memory, StoreUnavailable
from tests.desk.conftest import Person

pytestmark = pytest.mark.django_db

DANGEROUS = re.compile(r"(?:^|[,;\t\r\n])[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]")


@pytest.fixture(autouse=True)
def _folder_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.MEMADMIN_EXPORT_DIR = str(tmp_path / "exports")


class FakeScope:
    """Walks what a test puts into it."""

    def __init__(self, *texts: str, number: int = 0, **fields: Any) -> None:
        self.texts = texts or tuple(f"fact {index}" for index in range(number))
        self.fields = fields

    def count(self) -> int:
        return len(self.texts)

    def walk(self, *, at_once: int) -> Iterator[tuple[Memory, list[Change]]]:
        for index, text in enumerate(self.texts):
            known = {"created": "2026-03-01T08:00:00+00:00", "user_id": "u_alice", **self.fields}
            yield (
                Memory(id=f"m{index}", text=text, **known),
                [Change(id=f"c{index}", memory_id=f"m{index}", event="ADD", new_text=text, at=known["created"])],
            )


def copy_of(person: Any, *, language: str = "en", scope: Any = None, **options: Any) -> zipfile.ZipFile:
    """The zip, read as a program would read it, and complete."""
    tenant = person.tenant if person else None
    scope = scope or (person.scope if person else None)
    zipped = zipfile.ZipFile(io.BytesIO(b"".join(exporting.write(tenant, scope, language=language, **options))))
    assert zipped.testzip() is None
    return zipped


def text_of(zipped: zipfile.ZipFile, name: str) -> str:
    return zipped.read(name).decode()


def rows_of(zipped: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    data = zipped.read(name)
    assert data.startswith(spreadsheets.BYTE_ORDER_MARK.encode())
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def test_the_copy_has_every_memory_with_its_history(alice: Person) -> None:
    first, second = alice.remember("I am vegetarian.", "I live in Lisbon.")
    alice.scope.update(second, "I live in Oslo.")
    zipped = copy_of(alice)
    memories = json.loads(zipped.read("memories.json"))["memories"]
    assert [memory["id"] for memory in memories] == [second, first]
    assert [change["new_memory"] for change in memories[0]["history"]] == ["I live in Lisbon.", "I live in Oslo."]
    assert [row["memory"] for row in rows_of(zipped, "memories.csv")] == ["I live in Oslo.", "I am vegetarian."]
    assert [row["memory_id"] for row in rows_of(zipped, "history.csv")] == [second, second, first]
    assert text_of(zipped, "index.html").index("I live in Oslo.") < text_of(zipped, "index.html").index("vegetarian")


def test_the_copy_names_its_parts(alice: Person) -> None:
    alice.remember("I am vegetarian.")
    zipped = copy_of(alice)
    assert zipped.namelist() == [
        "README.txt", "index.html", "person.json", "memories.json", "memories.csv", "history.csv", "requests.json",
        "requests.csv", "who-looked.json", "who-looked.csv", "schema.json",
    ]  # fmt: skip
    readme = text_of(zipped, "README.txt")
    assert all(name in readme for name in zipped.namelist() if name != "README.txt")


def test_the_copy_has_what_the_directory_knows(alice: Person) -> None:
    tenant = alice.tenant
    tenant.email, tenant.display_name = "alice@example.org", "Alice"
    tenant.save()
    tenant.external_references.create(value="C-1")
    person = json.loads(copy_of(alice).read("person.json"))["person"]
    assert (person["email"], person["display_name"], person["external_references"]) == (
        "alice@example.org", "Alice", ["C-1"],
    )  # fmt: skip


def request_of(person: Person, **fields: Any) -> PrivacyRequest:
    known = {
        "kind": "erasure", "state": "refused", "channel": "staff", "received_on": datetime(2026, 3, 1, tzinfo=UTC),
        "profile": "GDPR", "requested_label": "sam", "ticket": "T-4711", "decision_code": "17-3-b",
        "decision_reason": "Tax law.", "narrative": "Bob asked as well.",
    }  # fmt: skip
    digest, tenant = tenant_digest(person.user_id), person.tenant
    return PrivacyRequest.objects.create(
        tenant=tenant, tenant_digest=digest, reference=tenant.reference, **known | fields
    )


def test_the_copy_has_the_requests_with_their_decisions(alice: Person, bob: Person) -> None:
    request_of(alice)
    request_of(bob, ticket="T-4712")
    zipped = copy_of(alice)
    (asked,) = json.loads(zipped.read("requests.json"))["requests"]
    assert (asked["ticket"], asked["decision_code"], asked["decision_reason"]) == ("T-4711", "17-3-b", "Tax law.")
    assert asked["state_words"] in text_of(zipped, "index.html")
    assert "T-4712" not in everything_in(zipped)
    assert "Bob asked" not in everything_in(zipped)
    assert asked["narrative"] is None


def test_the_copy_has_what_the_person_wrote_and_not_what_staff_noted(alice: Person) -> None:
    request_of(alice, channel="person", identity_method="signed-in", narrative="It was <b>tea</b>.")
    request_of(alice, channel="staff", identity_method="signed-in", narrative="Noted by Sam.")
    request_of(alice, channel="person", identity_method="contact", narrative="By e-mail.")
    zipped = copy_of(alice)
    asked = json.loads(zipped.read("requests.json"))["requests"]
    assert sorted(filter(None, (one["narrative"] for one in asked))) == ["It was <b>tea</b>."]
    assert "It was <b>tea</b>." in [row["narrative"] for row in rows_of(zipped, "requests.csv")]
    assert "It was &lt;b&gt;tea&lt;/b&gt;." in text_of(zipped, "index.html")
    assert "Noted by Sam." not in everything_in(zipped)


def test_the_copy_has_what_staff_answered_and_why_it_took_longer(alice: Person) -> None:
    request_of(alice, state="completed", decision_reason="We wrote to you.", extension_reason="Many letters.")
    zipped = copy_of(alice)
    (asked,) = json.loads(zipped.read("requests.json"))["requests"]
    assert (asked["decision_reason"], asked["extension_reason"]) == ("We wrote to you.", "Many letters.")
    assert rows_of(zipped, "requests.csv")[0]["extension_reason"] == "Many letters."
    page = text_of(zipped, "index.html")
    assert ("We wrote to you." in page, "Many letters." in page) == (True, True)


def test_what_was_withdrawn_says_so_in_the_language_of_the_copy(alice: Person) -> None:
    request_of(alice, state="cancelled", decision_reason=asking.WITHDRAWN)
    zipped = copy_of(alice, language="de")
    assert "Sie haben dies zurückgenommen." in text_of(zipped, "index.html")
    assert asking.WITHDRAWN not in everything_in(zipped)


def test_why_an_erasure_failed_inside_is_not_in_the_copy(alice: Person) -> None:
    request_of(alice, state="failed", decision_reason="OperationalError")
    assert "OperationalError" not in everything_in(copy_of(alice))


def test_the_copy_says_who_looked(alice: Person) -> None:
    audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=alice.tenant, counts={"shown": 3}, reason="Bob's friend")
    zipped = copy_of(alice)
    (row,) = rows_of(zipped, "who-looked.csv")
    (look,) = json.loads(zipped.read("who-looked.json"))["looks"]
    assert (row["who"], row["what"]) == (look["who"], look["what"]) == ("A member of staff", "Looked at 3 memories.")
    assert "Looked at 3 memories." in text_of(zipped, "index.html")
    assert "Bob's friend" not in everything_in(zipped)


def everything_in(zipped: zipfile.ZipFile) -> str:
    return "".join(text_of(zipped, name) for name in zipped.namelist())


# -- structure ------------------------------------------------------------------------------------------


def conforms(value: Any, schema: dict[str, Any], whole: dict[str, Any], where: str = "$") -> list[str]:
    """What does not fit: as much of JSON Schema as ``schema.json`` uses."""
    schema = whole["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "const" in schema:
        return [] if value == schema["const"] else [where]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    wanted = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(isinstance(value, kinds[kind]) for kind in wanted):
        return [where]
    if isinstance(value, list):
        return [fault for item in value for fault in conforms(item, schema["items"], whole, f"{where}[]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    missing = [f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value]
    unknown = [f"{where}.{name} is unknown" for name in value if name not in schema["properties"]]
    return (
        missing
        + unknown
        + [
            fault
            for name, item in value.items()
            for fault in conforms(item, schema["properties"].get(name, {"type": []}), whole, f"{where}.{name}")
        ]
    )


def test_every_json_file_is_as_its_schema_says(alice: Person) -> None:
    alice.remember("I am vegetarian.")
    request_of(alice)
    audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=alice.tenant)
    zipped = copy_of(alice)
    schema = json.loads(zipped.read("schema.json"))
    documents = {name: json.loads(zipped.read(name)) for name in zipped.namelist() if name.endswith(".json")}
    del documents["schema.json"]
    assert [conforms(document, schema, schema) for document in documents.values()] == [[]] * 4
    whole = json.loads(b"".join(exporting.write_json(alice.tenant, alice.scope, language="en")))
    assert conforms(whole, schema, schema) == []
    assert {**whole, "made_at": ""} == {
        "schema": whole["schema"],
        "made_at": "",
        **{
            name: value
            for document in documents.values()
            for name, value in document.items()
            if name in whole
            if name not in {"schema", "made_at"}
        },
    }


def test_the_check_against_the_schema_finds_faults() -> None:
    schema = json.loads(formats.schema())
    good = {"schema": "memadmin your-data 1", "made_at": "now", "memories": []}
    assert conforms(good, schema, schema) == []
    assert conforms({**good, "memories": [{"id": 1}]}, schema, schema)
    assert conforms({**good, "more": 1}, schema, schema)


def test_the_columns_are_the_names_of_the_schema() -> None:
    known = {name: list(entry["properties"]) for name, entry in json.loads(formats.schema())["$defs"].items()}
    assert [*formats.MEMORY_COLUMNS, "history"] == known["memory"]
    assert [*formats.HISTORY_COLUMNS[1:]] == known["change"]
    assert [*formats.REQUEST_COLUMNS] == known["request"]
    assert [*formats.LOOK_COLUMNS] == known["look"]


# -- hostile and odd content --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "a;=1",
        'a,"=1',
        "a\n=1",
        "a\n - 1",
        "\uff1d1",
        "x;\uff20y",
    ],
)
def test_no_cell_begins_a_formula(alice: Person, text: str) -> None:
    scope = FakeScope(text, agent_id=text, metadata={text: text}, actor_id=text)
    zipped = copy_of(alice, scope=scope)
    for name in ("memories.csv", "history.csv"):
        cells = [cell for row in rows_of(zipped, name) for cell in row.values()]
        assert not [cell for cell in cells if DANGEROUS.search(cell)]
    assert json.loads(zipped.read("memories.json"))["memories"][0]["memory"] == text


@given(st.text(alphabet=st.one_of(st.sampled_from(" \t\r\n,;'\"=+-@\uff1d\uff0b\uff0d\uff20ab"), st.characters())))
def test_what_is_defused_can_be_restored(text: str) -> None:
    from memadmin.verify_audit_export import plain

    defused = spreadsheets.defused(text)
    assert not DANGEROUS.search(defused)
    assert plain(defused) == text


def test_markup_in_a_memory_is_shown_and_not_run(alice: Person) -> None:
    hostile = "<script>alert(1)</script><!-- memories -->{{ 1 }}"
    scope = FakeScope(hostile, agent_id=hostile, metadata={"items": hostile, hostile: [hostile]})
    tenant = alice.tenant
    tenant.display_name = hostile
    tenant.save()
    page = text_of(copy_of(alice, scope=scope), "index.html")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5
    assert page.endswith("</html>\n")


def test_a_page_loads_nothing_and_has_no_script(alice: Person) -> None:
    page = text_of(copy_of(alice, scope=FakeScope("I am vegetarian.")), "index.html")
    assert "default-src 'none'" in page
    assert not re.findall(r"<script|<link|<img|@import|url\(|https?:", page)


def test_text_that_is_no_unicode_and_times_that_are_none_break_nothing(alice: Person) -> None:
    scope = FakeScope("broken \ud800 here", created="yesterday", metadata={"when": datetime(2026, 3, 1, tzinfo=UTC)})
    zipped = copy_of(alice, scope=scope)
    assert json.loads(zipped.read("memories.json"))["memories"][0]["memory"] == "broken ? here"
    assert "yesterday" in text_of(zipped, "index.html")


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1), max_size=4))
def test_nothing_of_bobs_is_in_alices_copy(store: None, db: None, texts: list[str]) -> None:
    alice, bob = Person("u_alice"), Person("u_bob")
    hers, his = ([f"{name} {text}" for text in texts] for name in ("alicefact", "bobfact"))
    alice.remember(*hers), bob.remember(*his)
    audit.record(Action.MEMORIES_PAGED, actor="sam", tenant=bob.tenant, counts={"shown": 977})
    zipped = copy_of(alice)
    assert sorted(memory["memory"] for memory in json.loads(zipped.read("memories.json"))["memories"]) == sorted(hers)
    for foreign in ("bobfact", bob.user_id, bob.tenant.reference, "977 memories"):
        assert foreign not in everything_in(zipped)


# -- many, none, and languages --------------------------------------------------------------------------------


def test_many_memories_have_pages_of_their_own(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "A_PAGE", 3)
    zipped = copy_of(alice, scope=FakeScope(number=7))
    names = [name for name in zipped.namelist() if name.startswith("memories-")]
    assert names == ["memories-1.html", "memories-2.html", "memories-3.html"]
    assert [text_of(zipped, name).count("<article>") for name in ["index.html", *names]] == [0, 3, 3, 1]
    assert all(f'href="{name}"' in text_of(zipped, "index.html") for name in names)
    assert 'href="memories-1.html" rel="prev"' in text_of(zipped, "memories-2.html")


@pytest.mark.parametrize("a_page", [60, 120, 200])
def test_progress_is_told_evenly_up_to_the_last_format(
    alice: Person, monkeypatch: pytest.MonkeyPatch, a_page: int
) -> None:
    monkeypatch.setattr(pages, "A_PAGE", a_page)
    monkeypatch.setattr(holding, "PROGRESS_EVERY", 50)
    told: list[tuple[int, int]] = []
    copy_of(alice, scope=FakeScope(number=120), progress=lambda *numbers: told.append(numbers))
    assert told == [(0, 120), (50, 120), (100, 120), (120, 120)]


def test_somebody_who_was_erased_gets_requests_and_looks_and_no_list_of_memories(alice: Person) -> None:
    request_of(alice)
    audit.record(Action.ERASURE_STARTED, actor="job: run_erasure", tenant=alice.tenant)
    zipped = copy_of(None, digest=tenant_digest(alice.user_id))
    assert "memories.json" not in zipped.namelist()
    assert len(json.loads(zipped.read("requests.json"))["requests"]) == 1
    assert [row["what"] for row in rows_of(zipped, "who-looked.csv")] == ["Started to erase your data."]
    assert "None could be read in your name" in text_of(zipped, "index.html")


def test_somebody_of_whom_nothing_is_remembered_gets_an_empty_list(alice: Person) -> None:
    zipped = copy_of(alice)
    assert json.loads(zipped.read("memories.json"))["memories"] == []
    assert rows_of(zipped, "memories.csv") == []


@pytest.mark.parametrize(("language", "tag"), [("de", "de"), ("fr", "fr"), ("es", "es"), ("en-gb", "en"), ("xx", "en")])
def test_pages_say_their_language(alice: Person, language: str, tag: str) -> None:
    assert f'<html lang="{tag}">' in text_of(copy_of(alice, language=language), "index.html")


def test_the_callers_language_stays_between_two_pieces(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_PIECE", 1_000)
    with translation.override("fr"):
        pieces = exporting.write(alice.tenant, FakeScope(number=300), language="de")  # type: ignore[arg-type]
        languages = [translation.get_language() for _ in pieces]
    assert languages == ["fr"] * len(languages)
    assert len(languages) > 20


def test_a_store_that_does_not_answer_says_so_before_the_first_piece(alice: Person) -> None:
    class Down(FakeScope):
        def walk(self, *, at_once: int) -> Iterator[tuple[Memory, list[Change]]]:
            raise StoreUnavailable("down")

    with pytest.raises(StoreUnavailable):
        next(exporting.write(alice.tenant, Down("one"), language="en"))  # type: ignore[arg-type]


def test_what_is_put_on_disk_meanwhile_has_no_name(alice: Person, settings: Any) -> None:
    pieces = exporting.write(alice.tenant, FakeScope("I am vegetarian."), language="en")  # type: ignore[arg-type]
    next(pieces)
    assert list(Path(settings.MEMADMIN_EXPORT_DIR).iterdir()) == []
    assert Path(settings.MEMADMIN_EXPORT_DIR).stat().st_mode & 0o777 == 0o700
    pieces.close()


def test_an_entry_says_everything_that_the_record_says_but_whose_it_is() -> None:
    memory = Memory(id="m1", text="I am vegetarian.", user_id="u_alice", metadata={"topic": "food"})
    entry = memory_entry(memory, [])
    assert {**entry, "user_id": "u_alice"} == {**memory.as_dict(), "history": []}


def test_the_person_is_called_by_what_they_are_to_the_log(alice: Person) -> None:
    audit.record(Action.LOOKS_VIEWED, actor="the person", kind=ActorKind.PERSON, tenant=alice.tenant)
    assert rows_of(copy_of(alice), "who-looked.csv")[0]["who"] == "You"
