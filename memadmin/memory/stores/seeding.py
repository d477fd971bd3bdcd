"""Playing ready-made conversations into a mem0 OSS store, through mem0's own pipeline.

Only ``add(infer=True)`` writes to every place: vectors, history, entities and the ``messages`` buffer
(``mem0/memory/main.py``, ``_add_to_vector_store``). It asks a language model for the facts and spaCy for the
entities; here both answers are known beforehand, so neither is needed.
"""

import copy
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from memadmin.memory.identity import UserId
from memadmin.memory.sample import Conversation, Fact
from memadmin.memory.stores.mem0_oss import Mem0OssStore

_Entities = list[tuple[str, str]]


def replay(store: Mem0OssStore, owner: UserId, conversation: Conversation) -> tuple[str, ...]:
    """Let mem0 remember a conversation as it would with a language model at hand.

    Corrections are made afterwards as updates; mem0 dates those to now, whatever the conversation's time.

    Returns:
        ids of the stored memories. mem0 skips a text that this tenant already has in the same agent and run.

    Raises:
        StoreUnavailable, StoreError: as any other call to the store.
    """
    opened = store._mem0()  # noqa: SLF001 - imports mem0 with care, so before anything else does
    with store._errors(), _script(conversation.facts):  # noqa: SLF001
        memory = _with_scripted_model(opened, conversation.facts)
        answer = memory.add(
            [dict(message) for message in conversation.messages],
            user_id=owner,
            agent_id=conversation.agent_id,
            run_id=conversation.run_id,
            metadata={**conversation.metadata, "created_at": conversation.at.isoformat()},
            expiration_date=conversation.expires_on,
            infer=True,
        )
        stored = {item["memory"]: item["id"] for item in answer["results"]}
        for fact in conversation.facts:
            if fact.corrected_to and fact.text in stored:
                memory.update(stored[fact.text], text=fact.corrected_to)
    return tuple(stored.values())


@contextmanager
def bulk(store: Mem0OssStore) -> Iterator[None]:
    """Wait less often for the disk while many conversations are replayed.

    mem0 commits to its SQLite file twice a conversation, and each commit waits for the disk. ``NORMAL`` with
    ``TRUNCATE`` waits about a quarter as long; ``OFF`` would be faster still, and ``WAL`` too, but the one can ruin a
    file that holds others' history, and the other stays switched on and keeps erased rows in a second file.
    """
    with store._errors():  # noqa: SLF001
        history = store._mem0().db  # noqa: SLF001
        flushes, journal = (_pragma(history, name) for name in ("synchronous", "journal_mode"))
        _pragma(history, "synchronous=NORMAL")
        _pragma(history, "journal_mode=TRUNCATE")
    try:
        yield
    finally:
        _pragma(history, f"synchronous={flushes}")
        _pragma(history, f"journal_mode={journal}")


def _pragma(history: Any, setting: str) -> Any:
    with history._lock:  # noqa: SLF001 - mem0's own, around every use of its connection
        answer = history.connection.execute(f"PRAGMA {setting}").fetchone()
    return answer[0] if answer else None


@dataclass(frozen=True, slots=True)
class _ScriptedModel:
    """Stands in for mem0's language model (``mem0/llms/base.py``) and answers the extraction prompt."""

    facts: Sequence[Fact]

    def generate_response(self, *_prompt: Any, **_options: Any) -> str:
        return json.dumps({"memory": [{"text": fact.text} for fact in self.facts]})


def _with_scripted_model(memory: Any, facts: Sequence[Fact]) -> Any:
    """The same stores behind a second front, so that adds in other threads keep the model that they have."""
    _ = memory.entity_store  # opened on the shared one: local Qdrant can be opened only once
    scripted = copy.copy(memory)
    scripted.llm = _ScriptedModel(facts)
    return scripted


@contextmanager
def _script(facts: Sequence[Fact]) -> Iterator[None]:
    """Answer mem0's questions for entities in this thread until the block ends; other threads are not affected."""
    import mem0.memory.main as pipeline  # noqa: PLC0415 - the store has imported it with care by now

    entities = _known_entities(facts)
    actor = threading.get_ident()
    with _one_at_a_time:
        extract, extract_batch = pipeline.extract_entities, pipeline.extract_entities_batch

        def known(text: str) -> _Entities:
            return entities.get(text, []) if threading.get_ident() == actor else extract(text)

        def known_batch(texts: list[str]) -> list[_Entities]:
            if threading.get_ident() != actor:
                return list(extract_batch(texts))
            return [entities.get(text, []) for text in texts]

        pipeline.extract_entities, pipeline.extract_entities_batch = known, known_batch
        try:
            yield
        finally:
            pipeline.extract_entities, pipeline.extract_entities_batch = extract, extract_batch


def _known_entities(facts: Sequence[Fact]) -> dict[str, _Entities]:
    entities = {fact.text: list(fact.entities) for fact in facts}
    for fact in facts:
        if fact.corrected_to:  # what the new wording still names
            still_named = [entity for entity in fact.entities if entity[1] in fact.corrected_to]
            entities.setdefault(fact.corrected_to, still_named)
    return entities


_one_at_a_time = threading.Lock()
