"""Every error of the core, in one tree.

    MemoryScopeError
    ├── InvalidUserId (ValueError)      the user_id cannot name exactly one tenant
    ├── InvalidFilter (ValueError)      a filter reaches for identity, or is malformed
    ├── InvalidQuery (ValueError)       search text, memory text or a limit is unusable
    ├── InvalidMessage (ValueError)     what was to be added is not a chat message
    ├── InvalidCursor (ValueError)      the page cursor was altered or belongs to another tenant
    ├── TenantBeingErased               nothing is stored of a person who is being erased
    ├── CrossTenantRecord               the store answered with somebody else's record
    ├── ConfigurationError              the store cannot be chosen or opened as configured
    │   └── InferenceUnavailable        infer=True without a language model
    ├── StoreUnavailable                the store does not answer now; trying again may help
    └── StoreError                      the store answered, but not with what it promises

Messages say what to do next and never contain memory text or a user_id.
"""


class MemoryScopeError(Exception):
    """Base of every error raised by ``memadmin.memory``."""


class InvalidUserId(MemoryScopeError, ValueError):
    """The user_id is refused; see ``identity.py`` for the rules."""


class InvalidFilter(MemoryScopeError, ValueError):
    """The filter names an identity key, a wildcard or an unknown operator."""


class InvalidQuery(MemoryScopeError, ValueError):
    """The search text, memory text, limit or threshold is out of range."""


class InvalidMessage(MemoryScopeError, ValueError):
    """A message to add lacks a role or a text."""


class InvalidCursor(MemoryScopeError, ValueError):
    """The cursor was not issued by ``page()`` of this scope."""


class TenantBeingErased(MemoryScopeError):
    """The desk is erasing this person; nothing was stored."""


class CrossTenantRecord(MemoryScopeError):
    """A record of another tenant came out of the store; nothing of the answer was returned."""


class ConfigurationError(MemoryScopeError):
    """The configured store cannot be used; the message names the setting."""


class InferenceUnavailable(ConfigurationError):
    """``infer=True`` was asked for, and no language model is configured."""


class StoreUnavailable(MemoryScopeError):
    """The store is down or does not answer in time."""


class StoreError(MemoryScopeError):
    """The store broke its contract."""
