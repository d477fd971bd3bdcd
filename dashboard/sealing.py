"""Text as a token that only its own readers can read: encrypted, and bound to what they say they read it as.

In a URL it is what may be about a person: nothing of it is kept on the server, so there is nothing to erase; the back
button, a reload and a second tab work. In a form it says whose form it is; in a session, what was typed (``typed.py``).
"""

import base64
import binascii
import json
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from dashboard import veiling
from dashboard.audit.digests import derived_key

_NONCE = 12  # bytes


NAMES = {name: f"sealed-{name}" for name in ("agent", "run", "category")}
"""What narrows a list by a name, and the parameter that carries the name where it may be about the person."""


class Unreadable(ValueError):
    """Altered, bound to something else, such as another reader, or made under another secret or MEMADMIN_AUDIT_KEY."""


def seal(texts: list[str], *bound_to: object, secret: str = "") -> str:
    """Texts as a token of letters, digits, ``-`` and ``_``.

    Args:
        bound_to: whose it is, e.g. the keys of a member of staff and of a tenant; the same are needed to read it.
        secret: what the key depends on besides MEMADMIN_AUDIT_KEY, where the token is kept and the secret is not.
    """
    nonce = secrets.token_bytes(_NONCE)
    plain = json.dumps(texts, ensure_ascii=False).encode("utf-8", "surrogatepass")  # escapes are three times as long
    sealed = nonce + _cipher(secret).encrypt(nonce, plain, _associated(bound_to))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(token: str, *bound_to: object, secret: str = "") -> list[str]:
    """The texts again. Raises Unreadable."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        plain = _cipher(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], _associated(bound_to))
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise Unreadable("Damaged, or somebody else's.") from error
    return [str(text) for text in json.loads(plain)]


def named(name: str, value: str, *bound_to: object) -> dict[str, str]:
    """One of ``NAMES`` for an address: a category always sealed, agent and run where pages would veil them."""
    if name != "category" and not veiling.find(value, region=settings.MEMADMIN_PHONE_REGION):
        return {name: value}
    return {NAMES[name]: seal([value], *bound_to, name)}


def _cipher(secret: str) -> AESGCM:
    return AESGCM(derived_key(f"sealed under {secret}" if secret else "filters in URLs"))


def _associated(bound_to: tuple[object, ...]) -> bytes:
    return " ".join(map(str, bound_to)).encode()
