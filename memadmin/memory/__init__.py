"""One person's memories in mem0, and nobody else's.

>>> from memadmin.memory import ScopedMemory
>>> alice = ScopedMemory("u_alice")
>>> alice.add([{"role": "user", "content": "I am vegetarian."}])
>>> alice.search("food preferences")
"""

from memadmin.memory.connect import Connection, connect
from memadmin.memory.errors import (
    ConfigurationError,
    CrossTenantRecord,
    InferenceUnavailable,
    InvalidCursor,
    InvalidFilter,
    InvalidMessage,
    InvalidQuery,
    InvalidUserId,
    MemoryScopeError,
    StoreError,
    StoreUnavailable,
)
from memadmin.memory.identity import UserId
from memadmin.memory.records import (
    Added,
    Change,
    Deletion,
    Finding,
    Memory,
    Outcome,
    Page,
    Place,
    Residue,
    SearchHit,
    Status,
)
from memadmin.memory.scoped import ScopedMemory

__all__ = [
    "Added",
    "Change",
    "ConfigurationError",
    "Connection",
    "CrossTenantRecord",
    "Deletion",
    "Finding",
    "InferenceUnavailable",
    "InvalidCursor",
    "InvalidFilter",
    "InvalidMessage",
    "InvalidQuery",
    "InvalidUserId",
    "Memory",
    "MemoryScopeError",
    "Outcome",
    "Page",
    "Place",
    "Residue",
    "ScopedMemory",
    "SearchHit",
    "Status",
    "StoreError",
    "StoreUnavailable",
    "UserId",
    "connect",
]
