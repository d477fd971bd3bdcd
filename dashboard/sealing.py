"""Text that has to travel in a URL and may be about a person: encrypted, for one member of staff and one tenant.

Nothing of it is kept on the server, so there is nothing to erase; the back button, a reload and a second tab work.
"""

import base64
import binascii
import json
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dashboard.audit.digests import derived_key
from dashboard.models import Staff, Tenant

_NONCE = 12  # bytes


class Unreadable(ValueError):
    """Altered, made for somebody else or another tenant, or under another MEMADMIN_AUDIT_KEY."""


def seal(texts: list[str], staff: Staff, tenant: Tenant) -> str:
    """Texts as a token of letters, digits, ``-`` and ``_``."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + _cipher().encrypt(nonce, json.dumps(texts).encode(), _bound_to(staff, tenant))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(token: str, staff: Staff, tenant: Tenant) -> list[str]:
    """The texts again. Raises Unreadable."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        plain = _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(staff, tenant))
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise Unreadable("The filter in the address is damaged, or somebody else's. Set it again.") from error
    return [str(text) for text in json.loads(plain)]


def _cipher() -> AESGCM:
    return AESGCM(derived_key("filters in URLs"))


def _bound_to(staff: Staff, tenant: Tenant) -> bytes:
    return f"{staff.pk} {tenant.reference}".encode()
