"""Invented tenants with believable memories: what ``make demo`` shows.

The phrases are in ``sample_phrases.json``. There, ``[square brackets]`` mark an entity, ``{slot}`` is filled from the
language's lists (``{slot2}`` with another value of the same list), ``{number:2-9}`` with a number. A person's
``persona`` is drawn once, so that partner, city and doctor stay the same throughout. ``facts`` are told at most once
(of a list of alternatives only one), ``events`` again and again with other values. Nobody in it exists: e-mail
addresses are of RFC 2606, phone numbers, card number and IBANs of the ranges kept for examples.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

PHRASES = Path(__file__).with_name("sample_phrases.json")
PERIOD = timedelta(days=540)
"""How far back the oldest memories go."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the agent remembers."""

    text: str
    entities: tuple[tuple[str, str], ...] = ()  # (type, text), mem0's types: PROPER or IDENTIFIER
    corrected_to: str | None = None  # what a later update makes of the text


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """A chat, and the facts that the agent took from it."""

    messages: tuple[Mapping[str, str], ...]  # role and content
    facts: tuple[Fact, ...]
    agent_id: str | None
    run_id: str | None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    at: datetime  # aware UTC
    expires_on: date | None = None  # last day on which mem0 serves the facts to the agent


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleTenant:
    """A person of the sample."""

    user_id: str
    display_name: str
    email: str
    conversations: tuple[Conversation, ...]  # oldest first

    @property
    def size(self) -> int:
        """Number of memories."""
        return sum(len(conversation.facts) for conversation in self.conversations)


def tenants(today: date) -> tuple[SampleTenant, ...]:
    """The whole sample: 40 people, about 2,400 memories of the 18 months before ``today``.

    The same day gives the same sample; another day moves the times and changes no text.
    """
    return tuple(_tenant(entry, today) for entry in _phrases()["tenants"])


def _tenant(entry: Mapping[str, Any], today: date) -> SampleTenant:
    writer = _Writer(entry, today)
    conversations = sorted([*writer.own(), *writer.generated()], key=lambda conversation: conversation.at)
    return SampleTenant(
        user_id=entry["user_id"],
        display_name=entry["display_name"],
        email=entry["email"],
        conversations=tuple(conversations),
    )


class _Writer:
    """Writes one tenant's conversations."""

    def __init__(self, entry: Mapping[str, Any], today: date) -> None:
        self._entry = entry
        self._today = today
        self._random = random.Random(f"memadmin sample {entry['user_id']}")  # noqa: S311 - repeatable on purpose
        self._language = _phrases()["languages"][entry["language"]]
        self._persona = {slot: self._random.choice(values) for slot, values in self._language["persona"].items()}
        self._persona["first"] = entry["display_name"].split()[0]
        self._decks = {name: self._deck(topic) for name, topic in self._language["topics"].items()}
        self._told: set[str] = set()

    def own(self) -> Iterator[Conversation]:
        """What is written out for this tenant alone."""
        for written in self._entry.get("own", ()):
            facts = tuple(self._fact(phrase) for phrase in written["facts"])
            at = self._moment(written["days_ago"])
            expires_on = self._today + timedelta(days=written["expires_in"]) if "expires_in" in written else None
            yield self._conversation(written["category"], facts, (written["ask"], written["reply"]), at, expires_on)

    def generated(self) -> Iterator[Conversation]:
        """As many more as make up the tenant's number of memories, oldest first."""
        missing = self._entry["memories"] - sum(len(written["facts"]) for written in self._entry.get("own", ()))
        topics = list(self._decks)
        weights = [self._random.choice((1, 2, 2, 3)) for _ in topics]
        sizes = list(self._sizes(missing))
        for days_ago, size in zip(self._days_ago(len(sizes)), sizes, strict=True):
            category = self._random.choices(topics, weights)[0]
            facts = tuple(next(self._decks[category]) for _ in range(size))
            at = self._moment(days_ago)
            yield self._conversation(category, facts, self._chat(category, facts), at, self._expiry(category, at))

    def _sizes(self, missing: int) -> Iterator[int]:
        while missing:
            size = min(missing, self._random.choice((1, 2, 4, 5, 6, 7, 8)))
            missing -= size
            yield size

    def _days_ago(self, number: int) -> list[int]:
        """When this person talked to the agents: some for the whole period, some came late or left early."""
        first = self._random.randint(90, PERIOD.days)
        last = self._random.choice((1, 1, 1, 4, 30, 80))
        return sorted((self._random.randint(last, first) for _ in range(number)), reverse=True)

    def _moment(self, days_ago: int) -> datetime:
        clock = time(self._random.randint(6, 22), self._random.randint(0, 59), self._random.randint(0, 59), tzinfo=UTC)
        return datetime.combine(self._today - timedelta(days=days_ago), clock)

    def _expiry(self, category: str, at: datetime) -> date | None:
        if category not in _PASSING or self._random.random() > _EXPIRING:
            return None
        soon = self._today + timedelta(days=self._random.randint(1, 14))
        later = self._today + timedelta(days=self._random.randint(15, 365))
        after = at.date() + timedelta(days=self._random.randint(10, 90))
        return self._random.choice((soon, later, after, after))

    def _chat(self, category: str, facts: tuple[Fact, ...]) -> tuple[str, str]:
        ask = self._random.choice(self._language["topics"][category]["asks"])
        told = "; ".join(fact.text for fact in facts)
        return ask, self._random.choice(self._language["noted"]).format(facts=told)

    def _conversation(
        self, category: str, facts: tuple[Fact, ...], chat: tuple[str, str], at: datetime, expires_on: date | None
    ) -> Conversation:
        ask, reply = chat
        channel = self._random.choice(("app", "app", "web chat", "voice", "e-mail"))
        return Conversation(
            messages=({"role": "user", "content": ask}, {"role": "assistant", "content": reply}),
            facts=facts,
            agent_id=self._random.choice(_phrases()["agents"][category]),
            run_id=f"run-{self._random.getrandbits(32):08x}" if self._random.random() < _WITH_RUN else None,
            metadata={"category": category, "channel": channel, "language": self._entry["language"]},
            at=at,
            expires_on=expires_on,
        )

    def _deck(self, topic: Mapping[str, Any]) -> Iterator[Fact]:
        """A topic's phrases in random order, each new to this person; first facts and events, then events only."""
        cards = [self._random.choice(fact) if isinstance(fact, list) else fact for fact in topic["facts"]]
        cards += topic["events"]
        while cards:
            self._random.shuffle(cards)
            for card in cards:
                fact = self._fact(card)
                if fact.text not in self._told:
                    self._told.add(fact.text)
                    yield fact
            cards = list(topic["events"])

    def _fact(self, phrase: str | Mapping[str, str]) -> Fact:
        draw = _Draw(self._random, self._persona, self._language["slots"])
        if isinstance(phrase, str):
            return Fact(*_read(draw.fill(phrase)))
        text, entities = _read(draw.fill(phrase["text"]))
        corrected, _ = _read(draw.fill(phrase["corrected"]))
        return Fact(text, entities, corrected)


class _Draw(dict[str, Any]):
    """The slots of one phrase, each filled when it is first asked for."""

    def __init__(self, chance: random.Random, persona: Mapping[str, str], lists: Mapping[str, list[str]]) -> None:
        super().__init__(number=_Number(chance))
        self._random = chance
        self._persona = persona
        self._lists = lists

    def fill(self, phrase: str) -> str:
        text = phrase.format_map(self)
        return text[0].upper() + text[1:]

    def __missing__(self, slot: str) -> str:
        if slot in self._persona:
            self[slot] = self._persona[slot].format_map(self)
        else:
            values = [value for value in self._lists[slot.rstrip("2")] if value not in self.values()]
            self[slot] = self._random.choice(values)
        return str(self[slot])


class _Number:
    """``{number:2-9}``: another number each time."""

    def __init__(self, chance: random.Random) -> None:
        self._random = chance

    def __format__(self, bounds: str) -> str:
        low, high = bounds.split("-")
        return str(self._random.randint(int(low), int(high)))


def _read(marked: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Take the marks off a phrase -> its text and its entities."""
    names = dict.fromkeys(_MARK.findall(marked))
    return _MARK.sub(r"\1", marked), tuple((_entity_type(name), name) for name in names)


def _entity_type(name: str) -> str:
    return "IDENTIFIER" if "@" in name or any(char.isdigit() for char in name) else "PROPER"


@cache
def _phrases() -> dict[str, Any]:
    phrases: dict[str, Any] = json.loads(PHRASES.read_text(encoding="utf-8"))
    return phrases


_MARK = re.compile(r"\[([^\[\]]+)\]")
_PASSING = frozenset({"travel", "shopping", "support"})
"""Topics whose memories lose their use with time."""
_EXPIRING = 0.45
"""Share of conversations on those topics whose memories expire."""
_WITH_RUN = 0.7
"""Share of conversations that belong to a run."""
