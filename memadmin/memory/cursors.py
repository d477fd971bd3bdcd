"""Page cursors: a position in one tenant's list, and a check that it is still the one we gave out.

The check is keyed, because cursors stand in URLs: without a key anybody could test a guess at the user_id against
one. A forged cursor reaches nothing, because the store filters by the scope's tenant whatever the cursor says.
"""

import base64
import binascii
import hashlib
import json
import os
import secrets

from memadmin.memory.errors import InvalidCursor
from memadmin.memory.identity import UserId
from memadmin.memory.records import Position

_CHECK_BYTES = 9
_keys = [os.environ.get("MEMADMIN_SECRET_KEY") or secrets.token_urlsafe()]


def use_key(secret: str) -> None:
    """Make cursors good in every process that uses this secret.

    Default: ``MEMADMIN_SECRET_KEY``; without it a cursor is good in the process that gave it out.
    """
    _keys[0] = secret


def encode(owner: UserId, position: Position, under: bytes = b"") -> str:
    """Make a cursor that is good for this tenant under these filters (their canonical form)."""
    body = json.dumps([position.created, position.id]).encode()
    return base64.urlsafe_b64encode(_check(owner, body, under) + body).decode().rstrip("=")


def decode(owner: UserId, cursor: str, under: bytes = b"") -> Position:
    """Read a cursor back.

    Raises:
        InvalidCursor: not issued for this tenant and these filters, or altered.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        if check == _check(owner, body, under):  # before anything else reads it
            created, memory_id = json.loads(body)
            return Position(str(created), str(memory_id))
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise InvalidCursor("This page link is damaged or out of date. Start again from the first page.")


def _check(owner: UserId, body: bytes, under: bytes = b"") -> bytes:
    key = hashlib.sha256(_keys[0].encode()).digest()
    checked = b"\0".join((owner.encode(), body, under))  # none of them holds a NUL
    return hashlib.blake2b(checked, digest_size=_CHECK_BYTES, key=key).digest()
