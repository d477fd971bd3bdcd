"""The hosted platform, through ``mem0.MemoryClient``.

Its calls by id take no tenant and serve anybody's memory, its deletions are queued, and its lists hide expired and
merged memories. So ownership is compared here before anything is done by id, an order to delete is followed until it
is worked off or a short time is over, and every list asks for what is hidden.
"""

import itertools
import logging
import random
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from memadmin.memory.browse import Selection
from memadmin.memory.errors import (
    ConfigurationError,
    CrossTenantRecord,
    MemoryScopeError,
    StoreError,
    StoreUnavailable,
)
from memadmin.memory.identity import UserId
from memadmin.memory.overview import Overview
from memadmin.memory.records import (
    Added,
    Change,
    Finding,
    Ghosts,
    Holdings,
    Memory,
    Place,
    Position,
    Removal,
    Residue,
    Scrub,
    Scrubbed,
    SearchHit,
    Status,
)
from memadmin.memory.stores import probing, restricting
from memadmin.memory.stores.alike import by_text
from memadmin.memory.stores.base import Addition, Correction, Query
from memadmin.memory.stores.mem0_import import load_mem0
from memadmin.memory.stores.payload import hit_from_item, memory_from_item
from memadmin.memory.stores.per_process import PerProcess

PAGE_SIZE = 200
"""Memories in one answer; the platform's most."""
TOP_K = 1_000
"""Hits in one answer; the platform's most."""
LISTING_ATTEMPTS = 3
"""How often a list is read anew when pages shifted under it."""
BY_ID_LIMIT = 200
"""Most memories that one scan looks up by id, one or two requests each."""
REQUEST_TIMEOUT = timedelta(seconds=30)
SETTLE = timedelta(seconds=10)
"""How long a deletion is followed."""

_HIDDEN_TOO = {"show_expired": True, "include_merged": True}
_COPIES_NOTE = (
    "Profiles, exports, event payloads and webhooks already sent may hold copies; the platform offers no way to check."
)
_HISTORY_NOTE = (
    "The mem0 platform keeps earlier wordings in the memory's history and offers no call that takes them out. "
    "To be rid of them delete the memory, and add the corrected text as a new one."
)
_DERIVED_NOTE = "What the platform derives from a text to link memories is shown by no call."
_FILES_NOTE = "The files are mem0's: ask for its confirmation under your data processing agreement."


class PlatformStore:
    """A project of the hosted platform as a store.

    Args:
        api_key: key of the project. host: base URL; None means mem0's own.
        home: mem0's home directory, see ``mem0_import``.
        settle: how long ``delete_all`` waits for the platform to work off its order. Default: 10 seconds.
    """

    label: str = "mem0 platform"
    places: tuple[Place, ...] = (Place.VECTORS, Place.ENTITIES, Place.HISTORY, Place.COPIES)

    def __init__(self, api_key: str, host: str | None, *, home: Path, settle: timedelta = SETTLE) -> None:
        self._api_key = api_key
        self._host = host
        self._home = home
        self._settle = settle
        self._mem0 = PerProcess(self._open)

    # -- content ---------------------------------------------------------------------------------

    def add(self, owner: UserId, addition: Addition) -> Added:
        metadata = dict(addition.metadata or {})
        agent = addition.agent_id
        if addition.infer and agent:
            # With both ids the platform files what the assistant said under the agent alone, out of the tenant's
            # reach (docs/platform/features/entity-scoped-memory.mdx).
            metadata["agent_id"], agent = agent, None
        with _errors():
            answer = self._mem0().add(
                [dict(message) for message in addition.messages],
                user_id=owner,
                agent_id=agent,
                run_id=addition.run_id,
                metadata=metadata or None,
                expiration_date=addition.expires_on and addition.expires_on.isoformat(),
                infer=addition.infer,
            )
            if answer.get("status") == "FAILED":
                raise StoreError("The mem0 platform could not store this; nothing was added.")
            ids = tuple(item["id"] for item in answer.get("results") or [])
        return Added(ids, pending=not ids and answer.get("status") in {"PENDING", "RUNNING"})

    def search(self, owner: UserId, query: Query) -> list[SearchHit]:
        with _errors():
            answer = self._mem0().search(
                query.text,
                # The platform knows other fields and operators than we do and answers 400 to the rest
                # (docs/platform/features/v2-memory-filters.mdx): conditions on content are checked below.
                filters={"user_id": owner},
                top_k=TOP_K if query.where else query.limit,
                threshold=query.threshold,
                show_expired=query.include_expired,
            )
            hits = [hit_from_item(_plain(item)) for item in answer["results"]]
        return [hit for hit in hits if _fulfils(query.where, hit)][: query.limit]

    def page(self, owner: UserId, *, after: Position | None, limit: int, where: Selection) -> list[Memory]:
        found = self._all(owner, where)
        found.sort(key=lambda memory: memory.position, reverse=True)
        return [memory for memory in found if after is None or memory.position < after][:limit]

    def _all(self, owner: UserId, where: Selection) -> list[Memory]:
        memories, total = self._listing(owner)
        if len(memories) < total:
            raise StoreError("The mem0 platform lists fewer memories than it counts. Try again.")
        return [memory for memory in memories if _fulfils(where, memory)]

    def count(self, owner: UserId, where: Selection) -> int:
        if where:
            return len(self._all(owner, where))
        with _errors():
            return int(self._page(owner, number=1, size=1)["count"])

    def overview(self, owner: UserId, *, today: date, soon: date) -> Overview:
        return Overview.of(self._all(owner, Selection()), today=today, soon=soon)

    def similar(self, owner: UserId, memory: Memory, *, limit: int, include_expired: bool) -> list[SearchHit]:
        query = by_text(memory, limit, include_expired=include_expired)
        found = self.search(owner, query) if query else []
        return [hit for hit in found if hit.id != memory.id][:limit]

    def get(self, owner: UserId, memory_id: str) -> Memory | None:
        memory = self._fetch(memory_id)
        return memory if memory and memory.user_id == owner else None

    def history(self, owner: UserId, memory_id: str) -> list[Change]:
        entries = self._by_id("history", memory_id) or []
        with _errors():
            if any(entry.get("user_id") not in {None, owner} for entry in entries):
                raise CrossTenantRecord("The store answered with another tenant's history; nothing is shown.")
            return sorted(map(_change, entries), key=lambda change: change.at)

    def histories(self, owner: UserId, memory_ids: Sequence[str]) -> Mapping[str, list[Change]]:
        return {memory_id: self.history(owner, memory_id) for memory_id in memory_ids}  # it has no call for several

    def update(self, owner: UserId, memory_id: str, text: str) -> None:
        if self.get(owner, memory_id):  # the old wording cannot be brought back, so check here too
            self._by_id("update", memory_id, text=text)

    # -- correction ------------------------------------------------------------------------------
    # The platform keeps every wording in a history that goes with the memory only, and tells nothing of what else it
    # derived from the text. So the text is replaced, and the probe says what stays.

    def rectify(self, owner: UserId, memory_id: str, text: str) -> Correction:
        before = self.get(owner, memory_id)
        if before is None:  # gone meanwhile
            return Correction(counts={}, wordings=frozenset())
        if before.text != text:
            self.update(owner, memory_id, text)
        counts = {Place.VECTORS: int(before.text != text)}
        return Correction(counts=counts, wordings=frozenset({before.text}.union(*self._told(memory_id)) - {text}))

    def forget_history(self, owner: UserId, memory_id: str) -> int:
        if set().union(*self._told(memory_id)) - self._present(owner, memory_id):
            raise StoreError(_HISTORY_NOTE)
        return 0

    def _present(self, owner: UserId, memory_id: str) -> set[str]:
        memory = self.get(owner, memory_id)
        return {memory.text} if memory else set()

    def probe(self, owner: UserId, memory_id: str, text: str, correction: Correction) -> Residue:
        wordings = correction.wordings
        telling = sum(not wordings.isdisjoint(texts) for texts in self._told(memory_id))
        history = Finding(Place.HISTORY, Status.RESIDUE, telling, _HISTORY_NOTE) if telling else None
        return Residue(
            (
                self._probe_vectors(owner, memory_id, text, wordings),
                Finding(Place.ENTITIES, Status.UNCHECKED, 0, _DERIVED_NOTE),
                history or Finding(Place.HISTORY, Status.CLEAN),
                Finding(Place.COPIES, Status.UNCHECKED, 0, _COPIES_NOTE),
            )
        )

    def _probe_vectors(self, owner: UserId, memory_id: str, text: str, wordings: frozenset[str]) -> Finding:
        memories = {memory.id: memory for memory in self._all(owner, Selection())}
        item = self._item(owner, memory_id)
        own = bool(item) and probing.lingers({**_plain(item), "data": item["memory"], "memory": ""}, text, wordings)
        memories.pop(memory_id, None)
        others = sum(probing.says_any(memory.text, wordings) for memory in memories.values())
        found, note = int(own) + others, probing.told_by(int(own), others)
        return Finding(Place.VECTORS, Status.RESIDUE if found else Status.CLEAN, found, note)

    def restrict(self, owner: UserId, memory_id: str) -> None:
        self._rewrite(owner, memory_id, restricting.frozen)

    def lift(self, owner: UserId, memory_id: str) -> None:
        self._rewrite(owner, memory_id, restricting.thawed)

    def _rewrite(self, owner: UserId, memory_id: str, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
        item = self._item(owner, memory_id)
        if item is None:
            return
        kept = {**(item.get("metadata") or {}), restricting.EXPIRY: item.get("expiration_date")}
        metadata = change(kept)
        if metadata != kept:
            last_day = metadata.pop(restricting.EXPIRY, None)  # None clears it
            self._by_id("update", memory_id, expiration_date=last_day, metadata=metadata)

    def _item(self, owner: UserId, memory_id: str) -> Any:
        item = self._by_id("get", memory_id)
        return item if item and item.get("user_id") == owner else None

    def _told(self, memory_id: str) -> list[set[str]]:
        """The texts of each entry of a memory's history."""
        entries = self._by_id("history", memory_id) or []
        with _errors():
            return [_texts_of(entry) for entry in entries]

    # -- deletion --------------------------------------------------------------------------------

    def delete(self, owner: UserId, memory_ids: Sequence[str]) -> Removal:
        # Without delete_linked: older versions are memories of their own, listed and deleted by their own ids.
        own = [memory_id for memory_id in memory_ids if self.get(owner, memory_id)]
        gone = [memory_id for memory_id in own if self._by_id("delete", memory_id) is not None]
        return Removal({Place.VECTORS: len(gone)}, tuple(own))

    def delete_all(self, owner: UserId) -> Removal:
        memories, _ = self._listing(owner)
        entities = self._count_entities(owner)
        orders = [_or_none(lambda: self._mem0().delete_all(user_id=owner))]
        if _fits_a_path(owner):
            path = f"/v2/entities/user/{quote(owner, safe='')}/"
            orders.append(_or_none(lambda: self._request("DELETE", path)))
        counts = {Place.VECTORS: len(memories), Place.ENTITIES: entities}
        return Removal(counts, tuple(memory.id for memory in memories), queued=not self._settled(orders))

    def holdings(self, owner: UserId) -> Holdings:
        memories, _ = self._listing(owner)
        counts = {Place.VECTORS: len(memories), Place.ENTITIES: self._count_entities(owner)}
        return Holdings.of(memories, memory_ids=(memory.id for memory in memories), counts=counts)

    def erase(self, owner: UserId, memory_ids: Sequence[str]) -> Mapping[Place, int]:
        # One by one: the platform's call for a batch takes ids of anybody, and its history goes with the memory.
        return self.delete(owner, memory_ids).counts

    def scrub(self, tables: Sequence[str] = ()) -> tuple[Scrubbed, ...]:
        return (Scrubbed("mem0 platform", Scrub.NOT_APPLICABLE, None, _FILES_NOTE),)

    def ghosts(self) -> Ghosts | None:
        return None  # the platform serves the history of a memory, and lists no others

    def purge_ghosts(self, before: datetime) -> int:
        return 0

    def _settled(self, orders: Iterable[Any]) -> bool:
        """Follow orders until the platform says it is done with them, well or badly; False if time ran out."""
        deadline = time.monotonic() + self._settle.total_seconds()
        waiting = [order["event_id"] for order in orders if order and order.get("event_id")]
        pause = 0.1
        while waiting := [event_id for event_id in waiting if not self._worked_off(event_id)]:
            if time.monotonic() + pause > deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, 1.0)
        return True

    def _worked_off(self, event_id: str) -> bool:
        try:
            event = _or_none(lambda: self._request("GET", f"/v1/event/{quote(event_id, safe='')}/"))
        except StoreUnavailable:  # the order stands; the scan will tell
            return False
        return bool(event) and event.get("status") in {"SUCCEEDED", "FAILED"}

    # -- scan ------------------------------------------------------------------------------------

    def second_look(self, owner: UserId, memory_ids: Collection[str]) -> Mapping[Place, int]:
        return {}  # the platform's API is the only way in, for deleting and for looking

    def scan(self, owner: UserId, known_ids: Iterable[str], *, whole: bool) -> Residue:
        known = sorted({str(memory_id) for memory_id in known_ids})
        memories, total = self._listing(owner)
        listed = {memory.id for memory in memories}
        unlisted = [memory_id for memory_id in known if memory_id not in listed]
        served = {memory_id: self._fetch(memory_id) for memory_id in unlisted[:BY_ID_LIMIT]}
        # One without any tenant counts as theirs; somebody else's id is none of this tenant's business.
        hidden = [memory for memory in served.values() if memory and memory.user_id in {owner, ""}]
        foreign = {memory.id for memory in served.values() if memory and memory.user_id not in {owner, ""}}
        known = [memory_id for memory_id in known if memory_id not in foreign]
        vectors = max(len(listed), total) + len(hidden) if whole else len(listed.intersection(known)) + len(hidden)
        entities = self._count_entities(owner) if whole else 0  # an entity row says nothing about one memory
        return Residue(
            (
                _counted(Place.VECTORS, vectors),
                _counted(Place.ENTITIES, entities),
                self._scan_history(sorted(listed.union(known)) if whole else known),
                Finding(Place.COPIES, Status.UNCHECKED, 0, _COPIES_NOTE),
            )
        )

    def _scan_history(self, memory_ids: list[str]) -> Finding:
        found = sum(len(self._by_id("history", memory_id) or []) for memory_id in memory_ids[:BY_ID_LIMIT])
        if found or len(memory_ids) <= BY_ID_LIMIT:
            return _counted(Place.HISTORY, found)
        note = f"The history of {len(memory_ids) - BY_ID_LIMIT:,} of {len(memory_ids):,} memories was not looked up."
        return Finding(Place.HISTORY, Status.UNCHECKED, 0, note)

    # -- directory -------------------------------------------------------------------------------

    def user_ids(self, *, after: str, limit: int) -> list[str]:
        with _errors():
            return sorted({name for name in self._user_entities() if name > after})[:limit]

    def mark(self) -> str | None:
        return None  # there is no listing by time

    def user_ids_since(self, mark: str, *, after: str, limit: int) -> list[str] | None:
        return None

    def _count_entities(self, owner: UserId) -> int:
        with _errors():
            return sum(name == owner for name in self._user_entities())

    def _user_entities(self) -> Iterator[str]:
        query: dict[str, str] = {}
        seen: set[str] = set()
        while True:
            answer = self._request("GET", "/v1/entities/", params=query)
            fresh = [entity for entity in answer["results"] if str(entity["id"]) not in seen]
            seen.update(str(entity["id"]) for entity in fresh)
            yield from (str(entity["name"]) for entity in fresh if entity["type"] == "user")
            if not answer.get("next") or not fresh:
                return
            query = dict(parse_qsl(urlsplit(answer["next"]).query))  # its host is not ours to follow with a key

    def mentions(self, terms: Sequence[str], *, excluding: UserId, limit: int) -> list[tuple[str, str]] | None:
        return None  # every list and every search there is one tenant's

    def somebody(self, number: int) -> list[str]:
        user_ids = self.user_ids(after="", limit=TOP_K)
        return random.sample(user_ids, min(number, len(user_ids)))

    # -- mem0 ------------------------------------------------------------------------------------

    def close(self) -> None:
        if client := self._mem0.opened():
            self._mem0.forget()
            client.client.close()

    def _open(self) -> Any:
        mem0 = load_mem0(self._home)
        for name in ("httpx", "httpcore"):  # they log URLs, and some name the tenant
            logging.getLogger(name).setLevel(logging.WARNING)
        http = httpx.Client(timeout=REQUEST_TIMEOUT.total_seconds())
        try:
            with _errors():
                return mem0.MemoryClient(api_key=self._api_key, host=self._host, client=http)
        except _AbsentError:
            http.close()
            raise ConfigurationError("MEM0_HOST is not the mem0 platform. Check it.") from None
        except MemoryScopeError:
            http.close()
            raise

    def _request(self, method: str, path: str, params: Mapping[str, str] | None = None) -> Any:
        """For what mem0's client cannot say, or says without handing on the answer."""
        response = self._mem0().client.request(method, path, params=params)
        response.raise_for_status()
        return response.json()

    def _page(self, owner: UserId, *, number: int, size: int) -> Any:
        return self._mem0().get_all(filters={"user_id": owner}, page=number, page_size=size, **_HIDDEN_TOO)

    def _listing(self, owner: UserId) -> tuple[list[Memory], int]:
        """Everything the platform lists of a tenant, and how many it counts; more if pages keep shifting."""
        with _errors():
            for _ in range(LISTING_ATTEMPTS):
                memories: dict[str, Memory] = {}
                for number in itertools.count(1):
                    answer = self._page(owner, number=number, size=PAGE_SIZE)
                    known = len(memories)
                    memories.update({item["id"]: memory_from_item(_plain(item)) for item in answer["results"]})
                    if not answer.get("next") or len(memories) == known:
                        break
                if len(memories) >= answer["count"]:
                    break
        if any(memory.user_id != owner for memory in memories.values()):
            raise CrossTenantRecord("The store answered with another tenant's memory; nothing is shown.")
        return list(memories.values()), int(answer["count"])

    def _fetch(self, memory_id: str) -> Memory | None:
        item = self._by_id("get", memory_id)
        with _errors():
            return None if item is None else memory_from_item(_plain(item))

    def _by_id(self, call: str, memory_id: str, **arguments: Any) -> Any:
        """One of the client's calls by id; None for an id that the platform does not know.

        The platform's ids are UUIDs. Nothing else is sent: "" and ".." would turn the path into another resource.
        """
        return _or_none(lambda: getattr(self._mem0(), call)(memory_id, **arguments)) if _is_uuid(memory_id) else None


class _AbsentError(StoreError):
    """The platform does not know what was asked for."""


def _or_none(call: Callable[[], Any]) -> Any:
    try:
        with _errors():
            return call()
    except _AbsentError:
        return None


@contextmanager
def _errors() -> Iterator[None]:
    """The one place where errors of the client become ours."""
    try:
        yield
    except MemoryScopeError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not leave as it is
        # Not "from error": the client's messages quote the URL with the user_id, and the answer with memory text.
        raise _translated(error) from None


def _translated(error: BaseException) -> MemoryScopeError:
    # mem0 raises its own errors, and in its constructor a plain ValueError, while handling httpx's. No further back:
    # that would be what the caller was handling.
    causes = (error, error.__context__)
    status = next((cause.response.status_code for cause in causes if isinstance(cause, httpx.HTTPStatusError)), None)
    if status in {401, 403}:
        return ConfigurationError("The mem0 platform refuses the key. Check MEM0_API_KEY.")
    if status == HTTPStatus.NOT_FOUND and any(map(_is_from_the_platform, causes)):
        return _AbsentError("The mem0 platform does not know what was asked for.")
    if any(isinstance(cause, httpx.InvalidURL | httpx.UnsupportedProtocol) for cause in causes):
        return ConfigurationError("MEM0_HOST is not a web address. Check it.")
    if status in {408, 429, 502, 503, 504} or any(isinstance(cause, httpx.TransportError) for cause in causes):
        return StoreUnavailable("The mem0 platform does not answer. Check MEM0_HOST and the network, then retry.")
    if status is None:
        return StoreError(f"MEM0_HOST does not answer as the mem0 platform does ({type(error).__name__}).")
    return StoreError(f"The mem0 platform failed with status {status}.")


def _is_from_the_platform(cause: BaseException | None) -> bool:
    """Whether an error page came from the API and not from something in front of it, which knows no memories."""
    return isinstance(cause, httpx.HTTPStatusError) and "json" in cause.response.headers.get("content-type", "")


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item under the names that mem0 OSS uses; whose it is comes from the item alone, never from its metadata."""
    metadata = item.get("metadata") or {}
    found = {"categories": item["categories"]} if item.get("categories") else {}  # by the platform, not the application
    return {
        **item,
        "metadata": {**found, **metadata},
        "user_id": item.get("user_id"),
        "agent_id": item.get("agent_id") or metadata.get("agent_id"),  # see add()
        "run_id": item.get("run_id") or item.get("session_id"),
    }


def _fulfils(where: Selection, memory: Memory) -> bool:
    hidden = {"metadata", "memory", "expired", "restricted", "score"}
    own = {key: value for key, value in memory.as_dict().items() if key not in hidden}
    return where.takes(memory, {**memory.metadata, **own, "data": memory.text})


def _texts_of(entry: Mapping[str, Any]) -> set[str]:
    """Every text that an entry of the history tells, what was said at the time included."""
    said = [message.get("content") for message in entry.get("input") or [] if isinstance(message, Mapping)]
    return {text for text in (entry.get("old_memory"), entry.get("new_memory"), *said) if isinstance(text, str)}


def _change(entry: Mapping[str, Any]) -> Change:
    return Change(
        id=str(entry["id"]),
        memory_id=str(entry["memory_id"]),
        event=str(entry["event"]),
        old_text=entry.get("old_memory"),
        new_text=entry.get("new_memory"),
        at=str(entry.get("created_at") or ""),
    )


def _counted(place: Place, found: int) -> Finding:
    return Finding(place, Status.RESIDUE if found else Status.CLEAN, found)


def _fits_a_path(user_id: str) -> bool:
    """Whether a name reaches the server as one path segment: httpx drops "..", and proxies may decode a slash."""
    return user_id not in {".", ".."} and not set(user_id) & {"/", "\\"}


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value
    except ValueError:
        return False
