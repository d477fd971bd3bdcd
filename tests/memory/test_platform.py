"""The hosted platform: what goes over the wire, what counts as deleted, and which error means what."""

import logging
import socket
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from memadmin.memory.errors import ConfigurationError, CrossTenantRecord, StoreError, StoreUnavailable
from memadmin.memory.records import Outcome, Place, Status
from memadmin.memory.scoped import ScopedMemory
from memadmin.memory.stores.platform import PlatformStore
from tests.platform_standin import Request, Standin, running_standin, tenants_named

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def platform() -> Iterator[Standin]:
    with running_standin() as standin:
        yield standin


@pytest.fixture
def store(platform: Standin, tmp_path: Path) -> Iterator[PlatformStore]:
    store = PlatformStore(platform.api_key, platform.url, home=tmp_path, settle=timedelta(seconds=0.3))
    yield store
    store.close()


@pytest.fixture
def alice(store: PlatformStore) -> ScopedMemory:
    return ScopedMemory("u_alice", store=store)


@pytest.fixture
def bob(store: PlatformStore) -> ScopedMemory:
    return ScopedMemory("u_bob", store=store)


def sent(platform: Standin, method: str, prefix: str) -> list[Request]:
    return [request for request in platform.requests if request.method == method and request.path.startswith(prefix)]


class TestTheWire:
    def test_every_content_request_names_exactly_one_tenant(self, platform: Standin, alice: ScopedMemory) -> None:
        memory_id = alice.add("I am vegetarian.", agent_id="chef", run_id="dinner").ids[0]
        alice.add("I like tea.", infer=True, agent_id="chef")
        alice.search("food", filters={"agent_id": "chef"})
        alice.get_all(filters={"run_id": "dinner"})
        alice.count()
        alice.update(memory_id, "I am vegan.")
        alice.history(memory_id)
        alice.delete(memory_id)
        alice.delete_all()
        content = [request for request in platform.requests if request.touches_content]
        assert len(content) > 8
        assert all(tenants_named(request) == {"u_alice"} for request in content)

    def test_the_wildcard_is_never_sent(self, platform: Standin, alice: ScopedMemory) -> None:
        alice.add("I am vegetarian.")
        for pattern in ("*", " * "):
            with pytest.raises(ValueError, match="everything"):
                alice.search("food", filters={"topic": pattern})
            with pytest.raises(ValueError, match="everybody"):
                ScopedMemory(pattern)
        alice.delete_all()
        assert not any("*" in repr((request.path, request.query, request.body)) for request in platform.requests)

    @pytest.mark.parametrize("memory_id", ["", ".", "..", "*", "u_alice", "../../v2/entities/user/u_bob"])
    def test_what_is_no_memory_id_is_absent_and_not_sent(
        self, platform: Standin, alice: ScopedMemory, memory_id: str
    ) -> None:
        alice.count()
        before = len(platform.requests)
        assert alice.get(memory_id) is None
        assert alice.delete(memory_id) is None
        assert len(platform.requests) == before

    @pytest.mark.parametrize("user_id", ["..", ".", "x/../u_bob"])
    def test_a_user_id_that_would_change_the_path_is_not_put_into_one(
        self, platform: Standin, store: PlatformStore, bob: ScopedMemory, user_id: str
    ) -> None:
        bob.add("I play chess.")
        odd = ScopedMemory(user_id, store=store)
        odd.add("I am vegetarian.")
        deletion = odd.delete_all()
        assert not sent(platform, "DELETE", "/v2/")
        assert deletion.outcome is Outcome.RESIDUE  # the entity row is still there, and it is said
        assert bob.count() == 1

    def test_no_user_id_is_logged(
        self, platform: Standin, alice: ScopedMemory, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        alice.delete_all()
        assert sent(platform, "DELETE", "/v1/memories/")[0].query == {"user_id": "u_alice"}
        assert "u_alice" not in caplog.text

    def test_the_traceback_of_a_failure_quotes_no_answer(self, platform: Standin, alice: ScopedMemory) -> None:
        alice.count()
        platform.broken_with = (500, "u_alice is vegetarian")
        with pytest.raises(StoreError) as raised:
            alice.get_all()
        assert "vegetarian" not in "".join(traceback.format_exception(raised.value))


class TestOwnership:
    def test_foreign_ids_are_absent(self, platform: Standin, alice: ScopedMemory, bob: ScopedMemory) -> None:
        foreign = bob.add("I play chess.").ids[0]
        assert alice.get(foreign) is None
        assert alice.history(foreign) is None
        assert alice.update(foreign, "I play go.") is None
        assert alice.delete(foreign) is None
        assert platform.memories[foreign]["memory"] == "I play chess."

    def test_the_store_itself_neither_changes_nor_deletes_foreign_memories(
        self, platform: Standin, store: PlatformStore, alice: ScopedMemory, bob: ScopedMemory
    ) -> None:
        foreign = bob.add("I play chess.").ids[0]
        owner = alice._ScopedMemory__owner  # type: ignore[attr-defined]
        store.update(owner, foreign, "I play go.")
        assert store.delete(owner, [foreign]).memory_ids == ()
        assert platform.memories[foreign]["memory"] == "I play chess."

    def test_unknown_ids_are_absent(self, alice: ScopedMemory) -> None:
        assert alice.get(str(uuid4())) is None

    def test_metadata_cannot_make_a_memory_somebodys(self, platform: Standin, alice: ScopedMemory) -> None:
        planted = platform.store("I play chess.", user_id="u_bob", metadata={"user_id": "u_alice"})
        del platform.memories[planted]["user_id"]
        assert alice.get(planted) is None

    def test_a_foreign_record_voids_the_whole_answer(
        self, platform: Standin, alice: ScopedMemory, bob: ScopedMemory
    ) -> None:
        alice.add("I am vegetarian.")
        bob.add("I play chess.")
        platform.leaks = True
        for call in (alice.get_all, alice.residue, alice.delete_all, lambda: alice.search("games")):
            with pytest.raises(CrossTenantRecord):
                call()
        assert not sent(platform, "DELETE", "/")

    def test_a_foreign_entry_in_a_history_voids_it(self, platform: Standin, alice: ScopedMemory) -> None:
        memory_id = alice.add("I am vegetarian.").ids[0]
        platform.changes[memory_id][0]["user_id"] = "u_bob"
        with pytest.raises(CrossTenantRecord):
            alice.history(memory_id)

    def test_erasing_alice_leaves_bob_untouched(
        self, platform: Standin, alice: ScopedMemory, bob: ScopedMemory
    ) -> None:
        alice.add("I am vegetarian.")
        bob.add("I play chess.")
        alice.delete_all()
        assert [memory.text for memory in bob.get_all()] == ["I play chess."]
        assert bob.residue().found
        assert ("user", "u_bob") in platform.entities


class TestContent:
    def test_search_finds_by_meaning_best_first(self, alice: ScopedMemory, bob: ScopedMemory) -> None:
        alice.add("I am a vegetarian.")
        alice.add("My car is blue.")
        bob.add("I eat meat.")
        hits = alice.search("food preferences")
        assert [hit.text for hit in hits] == ["I am a vegetarian.", "My car is blue."]

    def test_search_filters_on_metadata_that_the_platform_would_refuse(self, alice: ScopedMemory) -> None:
        alice.add("I am a vegetarian.", metadata={"topic": "food"})
        alice.add("I eat at eight.", metadata={"topic": "time"})
        assert [hit.text for hit in alice.search("eat", limit=1, filters={"topic": "food"})] == ["I am a vegetarian."]
        assert len(alice.search("eat", filters={"topic": {"nin": ["food"]}})) == 1

    def test_paging_over_more_than_two_hundred_memories_is_complete_and_stable(
        self, platform: Standin, alice: ScopedMemory
    ) -> None:
        for number in range(450):
            platform.store(f"Fact {number}", user_id="u_alice")
        texts = [memory.text for memory in alice.get_all()]
        assert texts == [f"Fact {number}" for number in reversed(range(450))]
        first = alice.page(limit=100)
        platform.store("A newer one", user_id="u_alice")
        assert [memory.text for memory in alice.page(first.next_cursor, limit=100)] == texts[100:200]

    def test_expired_and_merged_memories_are_listed_counted_and_deleted(
        self, platform: Standin, alice: ScopedMemory
    ) -> None:
        alice.add("I have a flu.", expires_on=YESTERDAY)
        platform.store("User has a dog.", user_id="u_alice", merged=True)
        assert alice.count() == len(alice.get_all()) == 2
        assert len(alice.search("flu", include_expired=True)) == 1
        assert alice.search("flu") == []
        assert alice.delete_all().removed[Place.VECTORS] == 2

    def test_a_short_list_is_an_error_and_not_a_short_answer(
        self, store: PlatformStore, alice: ScopedMemory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alice.add("I am vegetarian.")
        whole = store._page
        monkeypatch.setattr(store, "_page", lambda *args, **kwargs: {**whole(*args, **kwargs), "count": 7})
        with pytest.raises(StoreError, match="fewer"):
            alice.get_all()

    def test_an_inferred_add_is_pending_and_keeps_what_the_assistant_said_with_the_tenant(
        self, platform: Standin, alice: ScopedMemory
    ) -> None:
        talk = [{"role": "user", "content": "I like tea."}, {"role": "assistant", "content": "Alice likes oolong."}]
        added = alice.add(talk, infer=True, agent_id="barista")
        assert (added.ids, added.pending) == ((), True)
        platform.work_off()
        assert alice.count() == 2
        assert all(memory.agent_id == "barista" for memory in alice.get_all(filters={"agent_id": "barista"}))

    def test_a_stored_text_keeps_its_agent_run_and_metadata(self, alice: ScopedMemory) -> None:
        memory_id = alice.add("I am vegetarian.", agent_id="chef", run_id="dinner", metadata={"topic": "food"}).ids[0]
        memory = alice.get(memory_id)
        assert memory
        assert (memory.agent_id, memory.run_id, dict(memory.metadata)) == ("chef", "dinner", {"topic": "food"})
        assert alice.search("food")[0].run_id == "dinner"

    def test_an_update_keeps_the_id_and_shows_in_the_history(self, alice: ScopedMemory) -> None:
        memory_id = alice.add("I am vegetarian.").ids[0]
        updated = alice.update(memory_id, "I am vegan.")
        assert updated
        assert (updated.id, updated.text) == (memory_id, "I am vegan.")
        changes = alice.history(memory_id) or []
        assert [(change.event, change.old_text) for change in changes] == [
            ("ADD", None),
            ("UPDATE", "I am vegetarian."),
        ]

    def test_the_directory_lists_users_in_order_over_several_pages(
        self, platform: Standin, store: PlatformStore
    ) -> None:
        for number in range(250):
            platform.store("Hello", user_id=f"u_{number:03}", agent_id="chef")
        assert store.user_ids(after="u_100", limit=3) == ["u_101", "u_102", "u_103"]
        assert len(store.user_ids(after="", limit=1_000)) == 250


class TestDeletion:
    def test_an_order_that_is_not_worked_off_is_only_accepted(self, platform: Standin, alice: ScopedMemory) -> None:
        platform.pending_polls = 1_000
        alice.add("I am vegetarian.")
        deletion = alice.delete_all()
        assert deletion.queued
        assert deletion.outcome is Outcome.ACCEPTED

    def test_once_worked_off_it_is_verified_except_for_the_copies(self, platform: Standin, alice: ScopedMemory) -> None:
        platform.pending_polls = 1_000
        memory_id = alice.add("I am vegetarian.").ids[0]
        alice.delete_all()
        platform.work_off()
        residue = alice.residue([memory_id])
        assert not residue.found
        assert [finding.place for finding in residue.unchecked] == [Place.COPIES]

    def test_an_order_worked_off_while_waiting_is_partly_verified(self, platform: Standin, alice: ScopedMemory) -> None:
        platform.pending_polls = 1
        alice.add("I am vegetarian.")
        deletion = alice.delete_all()
        assert deletion.outcome is Outcome.PARTLY_VERIFIED
        assert deletion.removed == {Place.VECTORS: 1, Place.ENTITIES: 1}

    def test_deleting_nothing_is_said_in_numbers(self, alice: ScopedMemory) -> None:
        assert alice.delete_all().removed == {Place.VECTORS: 0, Place.ENTITIES: 0}

    def test_a_queued_add_that_lands_after_the_erasure_is_found(self, platform: Standin, alice: ScopedMemory) -> None:
        alice.add("I like tea.", infer=True)
        assert alice.delete_all().outcome is Outcome.PARTLY_VERIFIED
        platform.work_off()
        assert alice.residue().found

    def test_a_memory_that_lists_hide_is_found_by_its_id(self, platform: Standin, alice: ScopedMemory) -> None:
        memory_id = alice.add("I am vegetarian.").ids[0]
        platform.memories[memory_id]["user_id"] = None
        findings = {finding.place: finding for finding in alice.residue([memory_id]).findings}
        assert findings[Place.VECTORS].count == 1

    def test_history_that_survives_is_residue(self, platform: Standin, alice: ScopedMemory) -> None:
        memory_id = alice.add("I am vegetarian.").ids[0]
        changes = platform.changes[memory_id]
        alice.delete_all()
        platform.changes[memory_id] = changes
        findings = {finding.place: finding for finding in alice.residue([memory_id]).findings}
        assert findings[Place.HISTORY].status is Status.RESIDUE

    def test_history_beyond_the_limit_is_named_as_unchecked(
        self, alice: ScopedMemory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("memadmin.memory.stores.platform.BY_ID_LIMIT", 2)
        findings = {finding.place: finding for finding in alice.residue([str(uuid4()) for _ in range(5)]).findings}
        assert findings[Place.HISTORY].status is Status.UNCHECKED
        assert "3 of 5" in findings[Place.HISTORY].note

    def test_deleting_one_memory_leaves_the_others(self, alice: ScopedMemory) -> None:
        one = alice.add("I am vegetarian.").ids[0]
        alice.add("My car is blue.")
        deletion = alice.delete(one)
        assert deletion
        assert deletion.outcome is Outcome.PARTLY_VERIFIED
        assert [memory.text for memory in alice.get_all()] == ["My car is blue."]


class TestErrors:
    def test_a_platform_that_is_down_is_unavailable(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
            store = PlatformStore("key", f"http://127.0.0.1:{taken.getsockname()[1]}", home=tmp_path)
            with pytest.raises(StoreUnavailable):
                ScopedMemory("u_alice", store=store).count()

    def test_a_refused_key_is_a_configuration_error_that_names_the_setting(
        self, platform: Standin, tmp_path: Path
    ) -> None:
        store = PlatformStore("wrong", platform.url, home=tmp_path)
        with pytest.raises(ConfigurationError, match="MEM0_API_KEY"):
            ScopedMemory("u_alice", store=store).count()

    def test_a_key_that_is_revoked_later_is_one_too(self, platform: Standin, alice: ScopedMemory) -> None:
        alice.count()
        platform.api_key = "another"
        with pytest.raises(ConfigurationError, match="MEM0_API_KEY"):
            alice.get(str(uuid4()))

    @pytest.mark.parametrize("host", ["ftp://127.0.0.1", "127.0.0.1"])
    def test_a_host_that_is_no_web_address_is_a_configuration_error(self, tmp_path: Path, host: str) -> None:
        with pytest.raises(ConfigurationError, match="MEM0_HOST"):
            ScopedMemory("u_alice", store=PlatformStore("key", host, home=tmp_path)).count()

    @pytest.mark.parametrize("status", [200, 404, 500])
    def test_an_html_answer_is_a_store_error(self, platform: Standin, alice: ScopedMemory, status: int) -> None:
        alice.count()
        platform.broken_with = (status, "<html>Welcome</html>")
        for call in (alice.get_all, alice.count, alice.delete_all, lambda: alice.get(str(uuid4()))):
            with pytest.raises(StoreError):
                call()

    def test_a_host_that_is_something_else_refuses_to_open(self, platform: Standin, tmp_path: Path) -> None:
        platform.broken_with = (200, "<html>Welcome</html>")
        store = PlatformStore(platform.api_key, platform.url, home=tmp_path)
        with pytest.raises(StoreError, match="MEM0_HOST"):
            ScopedMemory("u_alice", store=store).count()

    def test_a_host_that_knows_no_such_address_finds_nothing_absent(self, platform: Standin, tmp_path: Path) -> None:
        store = PlatformStore(platform.api_key, f"{platform.url}/elsewhere", home=tmp_path)
        with pytest.raises(ConfigurationError, match="MEM0_HOST"):
            ScopedMemory("u_alice", store=store).get(str(uuid4()))

    @pytest.mark.parametrize("status", [429, 502, 503])
    def test_a_platform_that_is_overloaded_is_unavailable(
        self, platform: Standin, alice: ScopedMemory, status: int
    ) -> None:
        alice.count()
        platform.broken_with = (status, "later")
        with pytest.raises(StoreUnavailable):
            alice.count()

    def test_it_recovers_when_the_platform_comes_back(self, platform: Standin, alice: ScopedMemory) -> None:
        platform.broken_with = (503, "later")
        with pytest.raises(StoreUnavailable):
            alice.count()
        platform.broken_with = None
        assert alice.count() == 0
