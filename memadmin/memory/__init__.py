"""One person's memories in mem0, and nobody else's.

>>> from memadmin.memory import ScopedMemory
>>> alice = ScopedMemory("u_alice")
>>> alice.add([{"role": "user", "content": "I am vegetarian."}])
>>> alice.search("food preferences")
"""

from memadmin.memory.browse import Browse
from memadmin.memory.connect import Connection, connect
from memadmin.memory.erasing import ErasureScope
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
    TenantBeingErased,
)
from memadmin.memory.identity import UserId
from memadmin.memory.overview import Overview, Period, Tally
from memadmin.memory.records import (
    Added,
    Change,
    Deletion,
    Finding,
    Ghosts,
    Holdings,
    Memory,
    Outcome,
    Page,
    Place,
    Rectification,
    Removal,
    Residue,
    Scrub,
    Scrubbed,
    SearchHit,
    Status,
)
from memadmin.memory.scoped import ScopedMemory
from memadmin.memory.your_data import your_data_token

__all__ = [
    "Added",
    "Browse",
    "Change",
    "ConfigurationError",
    "Connection",
    "CrossTenantRecord",
    "Deletion",
    "ErasureScope",
    "Finding",
    "Ghosts",
    "Holdings",
    "InferenceUnavailable",
    "InvalidCursor",
    "InvalidFilter",
    "InvalidMessage",
    "InvalidQuery",
    "InvalidUserId",
    "Memory",
    "MemoryScopeError",
    "Outcome",
    "Overview",
    "Page",
    "Period",
    "Place",
    "Rectification",
    "Removal",
    "Residue",
    "ScopedMemory",
    "Scrub",
    "Scrubbed",
    "SearchHit",
    "Status",
    "StoreError",
    "StoreUnavailable",
    "Tally",
    "TenantBeingErased",
    "UserId",
    "connect",
    "your_data_token",
]
