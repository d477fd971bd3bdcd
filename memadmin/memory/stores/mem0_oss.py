"""mem0 OSS on any of its vector stores, through ``mem0.Memory`` and its vector store interface.

mem0 adds, searches and updates. It does not delete: its ``delete_all`` leaves the person's words in the history, the
message buffer and the entity collection, and writes one more copy of each text (``mem0/memory/main.py``,
``_delete_memory``). Deletion and the scan after it are done here, place by place.
"""

import os
import random
import re
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from memadmin.memory.browse import Selection
from memadmin.memory.embedding import DIMENSIONS, OfflineEmbedder
from memadmin.memory.errors import (
    ConfigurationError,
    InferenceUnavailable,
    MemoryScopeError,
    StoreError,
    StoreUnavailable,
)
from memadmin.memory.identity import UserId
from memadmin.memory.overview import Overview
from memadmin.memory.records import (
    UNTOLD_PLACES,
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
    untold_note,
)
from memadmin.memory.stores import mentioning, probing, restricting, second_look
from memadmin.memory.stores.alike import by_text
from memadmin.memory.stores.base import Addition, Correction, Query
from memadmin.memory.stores.history_file import HistoryFile
from memadmin.memory.stores.mem0_import import load_mem0
from memadmin.memory.stores.payload import hit_from_item, hit_from_payload, memory_from_payload
from memadmin.memory.stores.per_process import PerProcess
from memadmin.memory.wording import Wording

UNOWNED_CHECK_LIMIT = 20_000
"""Most history ids that are looked up one by one to tell whether their memory still exists."""

DIRECTORY_LIMIT = 10_000
"""Most user_ids among which some are picked at random."""

_WHOLE_ROWS_ONLY = frozenset({"baidu", "langchain", "pinecone", "supabase"})
"""Vector stores whose ``update`` without a vector loses the row or does nothing (``mem0/vector_stores/*.py``)."""
_OUTAGE = re.compile("Connect|Timeout")
_ASSUMED_NOTE = (
    "The history file that the desk reads is empty, and MEM0_CONFIG does not say where the agent's is: "
    "name it as history_db_path."
)
_KEYLESS = {"provider": "openai", "config": {"api_key": "no key is configured"}}


class Mem0OssStore:
    """A mem0 OSS configuration as a store.

    Args:
        config: what ``mem0.Memory.from_config`` takes. Without ``llm`` nothing can be inferred; without
            ``embedder`` the offline embedder is used, unless ``OPENAI_API_KEY`` selects mem0's default.
        home: mem0's home directory, see ``mem0_import``.
    """

    places: tuple[Place, ...] = (Place.VECTORS, Place.ENTITIES, Place.HISTORY, Place.MESSAGES)

    def __init__(self, config: dict[str, Any], *, home: Path) -> None:
        self._config = config
        self._home = home
        self._mem0 = PerProcess(self._open)
        # Nobody said where the agent's history is: mem0's default is in the home of whoever runs it.
        self._assumes_history = "history_db_path" not in config and os.environ.get("MEM0_DIR") in {None, str(home)}
        self.label: str = config.get("vector_store", {}).get("provider", "qdrant")

    # -- content ---------------------------------------------------------------------------------

    def add(self, owner: UserId, addition: Addition) -> Added:
        if addition.infer and not self._can_infer:
            raise InferenceUnavailable(
                "infer=True needs a language model: set OPENAI_API_KEY or “llm” in the MEM0_CONFIG file, "
                "or add with infer=False to store the text itself."
            )
        with self._errors():
            answer = self._mem0().add(
                [dict(message) for message in addition.messages],
                user_id=owner,
                agent_id=addition.agent_id,
                run_id=addition.run_id,
                metadata=dict(addition.metadata or {}),
                expiration_date=addition.expires_on,
                infer=addition.infer,
            )
        return Added(tuple(item["id"] for item in answer["results"]))

    def search(self, owner: UserId, query: Query) -> list[SearchHit]:
        """Rank all of the tenant's memories, then filter and cut.

        Left to mem0, expired ones would use up the places of others, each vector store would read the operators
        in its own way (Qdrant looks at one operator a field), and a negative similarity would hide a memory.
        """
        with self._errors():
            rows = self._rows(self._vectors, {"user_id": owner})
        own = {str(row.id): row.payload for row in rows}
        left_out = {
            key for key, payload in own.items() if not query.where.takes(memory_from_payload(key, payload), payload)
        }
        found = [hit for hit in self._ranked(owner, query, max(query.limit, len(own))) if hit.id not in left_out]
        if query.threshold == 0:
            missed = own.keys() - left_out - {hit.id for hit in found}
            rest = [hit_from_payload(key, own[key]) for key in sorted(missed)]
            found += [hit for hit in rest if query.include_expired or not hit.expired]
        return found[: query.limit]

    def _ranked(self, owner: UserId, query: Query, limit: int, **conditions: Any) -> list[SearchHit]:
        with self._errors():
            answer = self._mem0().search(
                query.text,
                filters={**conditions, "user_id": owner},
                top_k=limit,
                threshold=query.threshold,
                show_expired=query.include_expired,
            )
        return [hit_from_item(item) for item in answer["results"]]

    def page(self, owner: UserId, *, after: Position | None, limit: int, where: Selection) -> list[Memory]:
        memories = sorted(self._all(owner, where), key=lambda memory: memory.position, reverse=True)
        return [memory for memory in memories if after is None or memory.position < after][:limit]

    def count(self, owner: UserId, where: Selection) -> int:
        return len(self._all(owner, where))

    def overview(self, owner: UserId, *, today: date, soon: date) -> Overview:
        return Overview.of(self._all(owner, Selection()), today=today, soon=soon)

    def similar(self, owner: UserId, memory: Memory, *, limit: int, include_expired: bool) -> list[SearchHit]:
        query = by_text(memory, limit, include_expired=include_expired)
        found = self.search(owner, query) if query else []
        return [hit for hit in found if hit.id != memory.id][:limit]

    def get(self, owner: UserId, memory_id: str) -> Memory | None:
        row = self._row(owner, memory_id)
        return memory_from_payload(row.id, row.payload) if row else None

    def _row(self, owner: UserId, memory_id: str) -> Any:
        """The tenant's row as the vector store keeps it; None for an unknown, malformed or foreign id."""
        with self._errors():
            if not _is_uuid(memory_id):  # most vector stores raise on those; mem0 makes none
                rows = self._rows(self._vectors, {"user_id": owner})
                return next((row for row in rows if str(row.id) == memory_id), None)
            row = self._vectors.get(vector_id=memory_id)
        return row if row and str(row.id) == memory_id and (row.payload or {}).get("user_id") == owner else None

    def history(self, owner: UserId, memory_id: str) -> list[Change]:
        return self._history.changes(memory_id)

    def histories(self, owner: UserId, memory_ids: Sequence[str]) -> Mapping[str, list[Change]]:
        return self._history.changes_of(memory_ids)

    def update(self, owner: UserId, memory_id: str, text: str) -> None:
        with self._errors():
            memory = self._mem0()
            _ = memory.entity_store  # mem0 re-links entities only if this process opened them before
            memory.update(memory_id, text=text)

    # -- correction --------------------------------------------------------------------------------

    def rectify(self, owner: UserId, memory_id: str, text: str) -> Correction:
        before = self.get(owner, memory_id)
        if before is None:  # gone meanwhile
            return Correction(counts={}, wordings=frozenset())
        doubt = self._doubt([memory_id])  # before we write to the history ourselves
        if before.text != text:
            self.update(owner, memory_id, text)
        wordings = frozenset({before.text, *self._history.wordings(memory_id)} - {text})
        with self._errors():
            counts = {
                Place.VECTORS: int(before.text != text),
                Place.ENTITIES: self._forget_entities(owner, memory_id, text, wordings),
                Place.HISTORY: self.forget_history(owner, memory_id),
                # Raw chat cannot be told apart by memory: the agent would learn the old fact from it again.
                Place.MESSAGES: self._history.delete_messages(owner),
            }
        return Correction(counts=counts, wordings=wordings, doubt=doubt)

    def forget_history(self, owner: UserId, memory_id: str) -> int:
        memory = self.get(owner, memory_id)
        return self._history.forget(memory_id, keep=memory.text) if memory else 0

    def probe(self, owner: UserId, memory_id: str, text: str, correction: Correction) -> Residue:
        wordings = correction.wordings
        with self._errors():
            residue = Residue(
                (
                    self._probe_vectors(owner, memory_id, text, wordings),
                    counted(Place.ENTITIES, len(self._outlived(owner, memory_id, text, wordings))),
                    counted(Place.HISTORY, self._history.count_wordings(memory_id, wordings)),
                    counted(Place.MESSAGES, self._history.count_messages(owner)),
                )
            )
        return residue.doubting(UNTOLD_PLACES, correction.doubt) if correction.doubt else residue

    def _probe_vectors(self, owner: UserId, memory_id: str, text: str, wordings: frozenset[str]) -> Finding:
        row = self._row(owner, memory_id)
        own = int(row is not None and probing.lingers(row.payload, text, wordings))
        others = self._others_saying(owner, memory_id, wordings) if wordings else 0
        found, note = own + others, probing.told_by(own, others)
        return Finding(Place.VECTORS, Status.RESIDUE if found else Status.CLEAN, found, note)

    def _others_saying(self, owner: UserId, memory_id: str, wordings: frozenset[str]) -> int:
        memories = self._all(owner, Selection())
        return sum(memory.id != memory_id and probing.says_any(memory.text, wordings) for memory in memories)

    def _outlived(self, owner: UserId, memory_id: str, text: str, wordings: frozenset[str]) -> list[Any]:
        """Rows of entities that only an earlier wording of this memory named."""
        names = probing.names_in(text)
        return [
            row
            for row in self._entity_rows(owner, memory_id)
            if probing.outlived(row.payload or {}, memory_id, names=names, text=text, wordings=wordings)
        ]

    def _entity_rows(self, owner: UserId, memory_id: str) -> list[Any]:
        """The tenant's entities that link to this memory or to none, and maybe more."""
        return self._rows(self._entities, {"user_id": owner})

    def _forget_entities(self, owner: UserId, memory_id: str, text: str, wordings: frozenset[str]) -> int:
        return self._unlink(self._outlived(owner, memory_id, text, wordings), {memory_id})

    def restrict(self, owner: UserId, memory_id: str) -> None:
        self._rewrite(owner, memory_id, restricting.frozen)

    def lift(self, owner: UserId, memory_id: str) -> None:
        self._rewrite(owner, memory_id, restricting.thawed)

    def _rewrite(self, owner: UserId, memory_id: str, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
        """Change a payload and nothing else; mem0's own update would copy the text to the history once more."""
        row = self._row(owner, memory_id)
        if row is None or (payload := change(row.payload)) == row.payload:
            return
        with self._errors():
            if self.label == "qdrant":  # whose update merges, so that no key could ever go
                collection = self._vectors
                collection.client.overwrite_payload(collection.collection_name, payload=payload, points=[memory_id])
                return
            vector = None
            if self.label in _WHOLE_ROWS_ONLY:
                vector = self._mem0().embedding_model.embed(payload.get("data") or "", "update")
            self._vectors.update(vector_id=memory_id, vector=vector, payload=payload)

    # -- deletion --------------------------------------------------------------------------------
    # The vectors go last: they say which ids are the tenant's, so a crash before that can be repeated.

    def delete(self, owner: UserId, memory_ids: Sequence[str]) -> Removal:
        own = [memory_id for memory_id in memory_ids if self.get(owner, memory_id)]
        untold = self._history.untold(own)
        with self._errors():
            counts = {
                Place.HISTORY: self._history.delete(own),
                Place.MESSAGES: self._history.delete_messages(owner),
                Place.ENTITIES: self._unlink_entities(owner, set(own)),
                Place.VECTORS: self._delete_rows(self._vectors, own),
            }
            counts[Place.HISTORY] += self._history.delete(own)  # written while we deleted
        return Removal(counts, tuple(own), untold=untold)

    def delete_all(self, owner: UserId) -> Removal:
        with self._errors():
            own = [str(row.id) for row in self._rows(self._vectors, {"user_id": owner})]
            entities = self._rows(self._entities, {"user_id": owner})
            known = self._not_of_others(owner, {*own, *_linked(entities)})
            untold = self._history.untold(own)
            counts = {
                Place.HISTORY: self._history.delete(known),
                Place.MESSAGES: self._history.delete_messages(owner),
                Place.ENTITIES: self._delete_rows(self._entities, [row.id for row in entities]),
                Place.VECTORS: self._delete_rows(self._vectors, own),
            }
            counts[Place.HISTORY] += self._history.delete(known)
        return Removal(counts, tuple(sorted(known)), untold=untold)

    def holdings(self, owner: UserId) -> Holdings:
        with self._errors():
            rows = self._rows(self._vectors, {"user_id": owner})
            entities = self._rows(self._entities, {"user_id": owner})
        own = [memory_from_payload(row.id, row.payload) for row in rows]
        ids = {memory.id for memory in own}
        known = ids | self._not_of_others(owner, _linked(entities))
        return Holdings.of(
            own,
            memory_ids=known,
            counts={
                Place.VECTORS: len(own),
                Place.ENTITIES: len(entities),
                Place.HISTORY: self._history.count(known),
                Place.MESSAGES: self._history.count_messages(owner),
            },
            untold=self._history.untold(sorted(ids)),
        )

    def erase(self, owner: UserId, memory_ids: Sequence[str]) -> Mapping[Place, int]:
        with self._errors():
            owners = self._owners(memory_ids)
            ours = [key for key in dict.fromkeys(memory_ids) if owners.get(key, "") in {owner, ""}]
            history = self._history.delete(ours)
            vectors = self._delete_rows(self._vectors, [key for key in ours if key in owners])
            history += self._history.delete(ours)  # written while we deleted
        return {Place.HISTORY: history, Place.VECTORS: vectors}

    def _owners(self, memory_ids: Sequence[str]) -> dict[str, str]:
        """Whose these memories are, "" for nobody's; those that do not exist are left out."""
        if all(map(_is_uuid, memory_ids)):
            rows = self._rows_by_id(memory_ids)
        else:  # most vector stores raise on such an id, so it cannot be looked up
            wanted = set(memory_ids)
            rows = [row for row in self._rows(self._vectors, None) if str(row.id) in wanted]
        return {str(row.id): str((row.payload or {}).get("user_id") or "") for row in rows}

    def _rows_by_id(self, memory_ids: Sequence[str]) -> list[Any]:
        if memory_ids and self.label == "qdrant":  # one call instead of one a row
            collection = self._vectors
            return list(collection.client.retrieve(collection.collection_name, ids=list(memory_ids)))
        found = (self._vectors.get(vector_id=memory_id) for memory_id in memory_ids)
        return [row for row in found if row is not None]

    def scrub(self, tables: Sequence[str] = ()) -> tuple[Scrubbed, ...]:
        note = f"{self.label} clears deleted rows from its files in its own time; the desk cannot tell when."
        return Scrubbed("vector store", Scrub.NOT_APPLICABLE, None, note), self._history.scrub()

    # -- ghosts ------------------------------------------------------------------------------------

    def ghosts(self) -> Ghosts | None:
        memories, rows, oldest, newest = 0, 0, "", ""
        with self._errors():
            for known in self._history.memory_ids():
                gone = self._ghosts_among(known)
                number, first, last = self._history.span(gone)
                memories, rows = memories + len(gone), rows + number
                oldest, newest = min(filter(None, (oldest, first)), default=""), max(newest, last)
        return Ghosts(memories=memories, rows=rows, oldest=oldest, newest=newest)

    def purge_ghosts(self, before: datetime) -> int:
        with self._errors():
            return sum(self._purge(self._history.older(known, before)) for known in list(self._history.memory_ids()))

    def _purge(self, old: list[str]) -> int:
        return self._history.delete(self._ghosts_among(old))  # looked up last, just before they go

    def _ghosts_among(self, memory_ids: list[str]) -> list[str]:
        """Those of these memories that no longer exist."""
        there = self._owners(memory_ids)
        return [memory_id for memory_id in memory_ids if memory_id not in there]

    # -- scan ------------------------------------------------------------------------------------

    def second_look(self, owner: UserId, memory_ids: Collection[str]) -> Mapping[Place, int]:
        with self._errors():
            return second_look.count(self._mem0(), owner, memory_ids)

    def scan(self, owner: UserId, known_ids: Iterable[str], *, whole: bool) -> Residue:
        known = {str(memory_id) for memory_id in known_ids}
        with self._errors():
            vectors = [str(row.id) for row in self._rows(self._vectors, {"user_id": owner})]
            entities = self._rows(self._entities, {"user_id": owner})
        if not whole:
            vectors = [memory_id for memory_id in vectors if memory_id in known]
            entities = [row for row in entities if known & set(_linked([row]))]
        ids = known | set(vectors) | (set(_linked(entities)) if whole else set())
        return self._judged(
            vectors,
            (
                counted(Place.VECTORS, len(vectors)),
                counted(Place.ENTITIES, len(entities)),
                self._scan_history(owner, ids, whole=whole),
                counted(Place.MESSAGES, self._history.count_messages(owner)),
            ),
        )

    def _judged(self, vectors: Sequence[str], findings: tuple[Finding, ...]) -> Residue:
        """Findings, unless the history file cannot be the agent's: then nothing found there means nothing."""
        residue = Residue(findings)
        doubt = self._doubt(vectors)
        return residue.doubting(UNTOLD_PLACES, doubt) if doubt else residue

    def _doubt(self, memory_ids: Sequence[str]) -> str:
        """Why the history file may not be the agent's; "" if nothing speaks against it."""
        if untold := self._history.untold(memory_ids):
            return untold_note(untold)
        return _ASSUMED_NOTE if self._assumes_history and self._history.is_empty() else ""

    def _scan_history(self, owner: UserId, ids: set[str], *, whole: bool) -> Finding:
        if self._history.count(ids) and (found := self._history.count(self._not_of_others(owner, ids))):
            return Finding(Place.HISTORY, Status.RESIDUE, found)
        if not whole:
            return Finding(Place.HISTORY, Status.CLEAN)
        with self._errors():
            unowned = self._unowned_history()
        if unowned is None:
            note = f"The history holds more than {UNOWNED_CHECK_LIMIT:,} memories; their owners were not looked up."
            return Finding(Place.HISTORY, Status.UNCHECKED, 0, note)
        if unowned:
            note = (
                f"The history tells of {unowned} memories that this store does not hold (any more); mem0 keeps no "
                "owner with them, so nobody can tell whether they were this person's."
            )
            return Finding(Place.HISTORY, Status.UNCHECKED, 0, note)
        return Finding(Place.HISTORY, Status.CLEAN)

    def _unowned_history(self) -> int | None:
        """Memories in the history that exist in no vector store any more; None if there are too many to check."""
        unowned = 0
        for number, memory_ids in enumerate(self._history.memory_ids(), start=1):
            if number * 1_000 > UNOWNED_CHECK_LIMIT:
                return None
            unowned += self._missing(memory_ids)
        return unowned

    def _missing(self, memory_ids: list[str]) -> int:
        return sum(self._vectors.get(vector_id=memory_id) is None for memory_id in memory_ids)

    # -- directory -------------------------------------------------------------------------------

    def user_ids(self, *, after: str, limit: int) -> list[str]:
        with self._errors():
            rows = self._rows(self._vectors, None)
        found = {str((row.payload or {}).get("user_id") or "") for row in rows}
        return sorted(user_id for user_id in found if user_id > after)[:limit]

    def mark(self) -> str | None:
        return None  # there is no listing by time

    def user_ids_since(self, mark: str, *, after: str, limit: int) -> list[str] | None:
        return None

    def mentions(self, terms: Sequence[str], *, excluding: UserId, limit: int) -> list[tuple[str, str]] | None:
        with self._errors():
            memories = [memory_from_payload(row.id, row.payload) for row in self._rows(self._vectors, None)]
        others = [memory for memory in memories if memory.user_id not in {excluding, ""}]
        rows = ((memory.user_id, memory.id, memory.text) for memory in others)
        return mentioning.first(rows, Wording(terms), limit)

    def somebody(self, number: int) -> list[str]:
        user_ids = self.user_ids(after="", limit=DIRECTORY_LIMIT)
        return random.sample(user_ids, min(number, len(user_ids)))

    # -- mem0 ------------------------------------------------------------------------------------

    def close(self) -> None:
        if memory := self._mem0.opened():
            self._mem0.forget()
            memory.close()
            if client := getattr(memory.vector_store, "client", None):
                client.close()

    @property
    def _can_infer(self) -> bool:
        return "llm" in self._config or bool(os.environ.get("OPENAI_API_KEY"))

    @property
    def _offline(self) -> bool:
        embedder = self._config.get("embedder")
        if embedder is None:
            return not os.environ.get("OPENAI_API_KEY")
        return embedder.get("provider") in {"offline", "wordllama"}

    def _open(self) -> Any:
        mem0 = load_mem0(self._home)
        self._check_history_path()
        with self._errors(opening=True):
            memory = mem0.Memory.from_config(self._mem0_config())
        history = Path(memory.config.history_db_path)
        if history.is_relative_to(self._home.parent):  # the desk's own: people's words, for nobody else on the machine
            history.chmod(0o600)
        if self._offline:
            memory.embedding_model = OfflineEmbedder()
        return memory

    def _check_history_path(self) -> None:
        folder = Path(str(self._config.get("history_db_path", self._home / "history.db"))).parent
        if not folder.is_dir():
            raise ConfigurationError("history_db_path names a file in a folder that does not exist. Check MEM0_CONFIG.")

    def _mem0_config(self) -> dict[str, Any]:
        config = dict(self._config)
        if not self._can_infer:
            config["llm"] = _KEYLESS  # mem0 wants a key to exist; it is not used
        if self._offline:
            config["embedder"] = _KEYLESS  # replaced in _open: mem0's list of embedders is closed
            section = config.get("vector_store", {})
            options = {"embedding_model_dims": DIMENSIONS, **section.get("config", {})}
            config["vector_store"] = {**section, "config": options}
        return config

    @property
    def _vectors(self) -> Any:
        return self._mem0().vector_store

    @property
    def _entities(self) -> Any:
        return self._mem0().entity_store

    @property
    def _history(self) -> HistoryFile:
        return HistoryFile(Path(self._mem0().config.history_db_path))

    def _all(self, owner: UserId, where: Selection) -> list[Memory]:
        with self._errors():
            rows = self._rows(self._vectors, {"user_id": owner})
        memories = ((memory_from_payload(row.id, row.payload), row.payload or {}) for row in rows)
        return [memory for memory, payload in memories if where.takes(memory, payload)]

    @staticmethod
    def _rows(collection: Any, filters: dict[str, Any] | None) -> list[Any]:
        """Every row that matches: mem0's ``list`` has a limit and no cursor, so the limit grows until it is not met."""
        limit = 1_000
        while True:
            listed = collection.list(filters=filters, top_k=limit)
            rows = listed[0] if listed and isinstance(listed[0], list) else listed
            if len(rows) < limit:
                return list(rows)
            limit *= 8

    def _delete_rows(self, collection: Any, row_ids: Sequence[Any]) -> int:
        if row_ids and self.label == "qdrant":  # one call instead of one a row
            collection.client.delete(collection_name=collection.collection_name, points_selector=list(row_ids))
            return len(row_ids)
        for row_id in row_ids:
            collection.delete(vector_id=row_id)
        return len(row_ids)

    def _not_of_others(self, owner: UserId, memory_ids: Iterable[str]) -> set[str]:
        """An id of somebody else's memory is not ours to touch, whatever an entity row or a caller says."""
        with self._errors():
            own = {str(row.id) for row in self._rows(self._vectors, {"user_id": owner})}
            rest = set(memory_ids) - own
            return own.intersection(memory_ids) | {key for key in rest if self._is_gone(key)}

    def _is_gone(self, memory_id: str) -> bool:
        return not _is_uuid(memory_id) or self._vectors.get(vector_id=memory_id) is None

    def _unlink_entities(self, owner: UserId, gone: set[str]) -> int:
        """Take memories out of the tenant's entities; an entity that links to nothing else goes."""
        rows = self._rows(self._entities, {"user_id": owner})
        return self._unlink([row for row in rows if gone & set(_linked([row]))], gone)

    def _unlink(self, touched: list[Any], gone: set[str]) -> int:
        self._delete_rows(self._entities, [row.id for row in touched if gone.issuperset(_linked([row]))])
        for row in touched:
            if remaining := [memory_id for memory_id in _linked([row]) if memory_id not in gone]:
                payload = {**row.payload, "linked_memory_ids": remaining}
                vector = self._mem0().embedding_model.embed(payload.get("data") or "", "update")
                self._entities.update(vector_id=row.id, vector=vector, payload=payload)
        return len(touched)

    @contextmanager
    def _errors(self, *, opening: bool = False) -> Iterator[None]:
        """The one place where errors of mem0 and its drivers become ours; theirs quote texts and stay behind."""
        try:
            yield
        except MemoryScopeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a vector store's driver raises
            if "already accessed by another instance" in str(error):
                raise StoreUnavailable(
                    "The local Qdrant folder is open in another process. Stop that one, or use a Qdrant server."
                ) from None
            if is_outage(error):
                raise StoreUnavailable(
                    f"The memory store ({self.label}) does not answer. Check that it runs and is reachable, then retry."
                ) from None
            if opening:
                raise ConfigurationError(
                    f"mem0 refuses the configuration of {self.label}: {type(error).__name__}. Check MEM0_CONFIG."
                ) from None
            raise StoreError(f"The memory store ({self.label}) failed: {type(error).__name__}.") from None


def counted(place: Place, count: int) -> Finding:
    """A place that was checked, with what was found."""
    return Finding(place, Status.RESIDUE if count else Status.CLEAN, count)


def is_outage(error: BaseException | None) -> bool:
    """Whether a connection or time-out error stands anywhere in the chain of causes."""
    while error is not None:
        names = {kind.__name__ for kind in type(error).__mro__}
        # OperationalError: psycopg's and sqlite3's for a server that went away and a file that is locked.
        if isinstance(error, OSError) or "OperationalError" in names or _OUTAGE.search(type(error).__name__):
            return True
        error = error.__cause__ or error.__context__
    return False


def _linked(entities: Iterable[Any]) -> list[str]:
    return [str(memory_id) for row in entities for memory_id in (row.payload or {}).get("linked_memory_ids") or []]


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False
