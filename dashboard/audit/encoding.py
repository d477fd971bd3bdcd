"""What exactly is hashed: encoding 1. Pure; the database (migration ``audit_chain``) computes the same.

An event's *content* is the concatenation of its fields in the order of ``FIELDS``, each written as a netstring
``<length in bytes of the UTF-8 text>:<text>,`` so that no two different events have the same content. An absent
value is the empty text. Times are whole microseconds since 1970-01-01 UTC; hashes and digests are in lower-case
hexadecimal; counts are JSON without spaces, keys sorted, characters unescaped.

    content hash = SHA-256(content)
    hash         = SHA-256(previous hash + content hash), both in hexadecimal

The first event's previous hash is 64 zeros.

Two steps, so that an event can be withheld from an export and the chain still be checked: its content hash says
nothing about it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

VERSION = 1
FIELDS = (
    "version",
    "seq",
    "at",
    "id",
    "action",
    "outcome",
    "actor_kind",
    "actor_label",
    "tenant_digest",
    "purpose",
    "request_id",
    "counts",
    "ip",
    "user_agent",
    "commitment",
)
GENESIS = "0" * 64
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def content_hash(values: Sequence[str]) -> str:
    """Hash of an event's fields, given as texts in the order of ``FIELDS``."""
    netstrings = [f"{len(value) if value.isascii() else len(value.encode())}:{value}," for value in values]
    return hashlib.sha256("".join(netstrings).encode()).hexdigest()


def chained(previous_hash: str, content: str) -> str:
    """Hash of an event, from the one before and its content hash."""
    return hashlib.sha256((previous_hash + content).encode("ascii")).hexdigest()


def canonical_json(counts: Mapping[str, Any]) -> str:
    """Counts as they are hashed. Raises ValueError for what is not plain JSON."""
    return storable(_CANONICAL.encode(counts))


def storable(text: str) -> str:
    """The text with what PostgreSQL and UTF-8 cannot hold replaced: NUL, lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def microseconds(at: datetime) -> int:
    """A time as it is hashed and signed."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    """The time again."""
    return _EPOCH + timedelta(microseconds=count)
