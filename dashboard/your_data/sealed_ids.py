"""A user_id that a visit keeps for itself: encrypted under the cookie's value, which the database does not know.

The row has only the cookie's SHA-256 (``sessions``), so the row alone, a backup and MEMADMIN_AUDIT_KEY name nobody.
"""

import base64
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from memadmin.memory import UserId
from memadmin.memory.identity import MAX_LENGTH

_NONCE = 12  # bytes
_LONGEST = (
    MAX_LENGTH * 4
)  # bytes of a user_id in UTF-8; all are made equally long, so that the length names nobody either


def seal(user_id: UserId, cookie: str) -> str:
    """A user_id as base64, to be read again with this cookie's value only."""
    nonce = secrets.token_bytes(_NONCE)
    padded = user_id.encode().ljust(_LONGEST, b"\0")  # no user_id contains a NUL
    return base64.b64encode(nonce + _cipher(cookie).encrypt(nonce, padded, None)).decode()


def unseal(sealed: str, cookie: str) -> UserId:
    """The user_id again. Raises cryptography's InvalidTag under another cookie, or where it was altered."""
    raw = base64.b64decode(sealed)
    return UserId(_cipher(cookie).decrypt(raw[:_NONCE], raw[_NONCE:], None).rstrip(b"\0").decode())


def _cipher(cookie: str) -> AESGCM:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"memadmin: the user_id of a visit")
    return AESGCM(derived.derive(cookie.encode()))
