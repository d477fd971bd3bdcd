"""The tenant in the log: a keyed digest, from which nobody learns a user_id without having it already."""

import hashlib
import hmac

from django.conf import settings

from memadmin.memory.gate import digest


def tenant_digest(user_id: str) -> str:
    """HMAC-SHA256 of a user_id under ``MEMADMIN_AUDIT_KEY``; 64 hexadecimal characters."""
    return digest(user_id, settings.MEMADMIN_AUDIT_KEY)


def derived_key(purpose: str) -> bytes:
    """A 32-byte key of its own for another use, from the same secret."""
    # The NUL keeps it apart from every user_id: identity.py refuses control characters.
    return hmac.digest(settings.MEMADMIN_AUDIT_KEY.encode(), b"\0memadmin " + purpose.encode(), hashlib.sha256)
