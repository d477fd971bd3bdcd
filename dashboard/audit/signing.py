"""Ed25519 keys: the desk's own, and which public keys are believed.

A key in the database proves nothing, whoever rewrites the log can put one there. Believed are the key that this
process signs with and those whose fingerprints the operator pinned in ``MEMADMIN_TRUSTED_KEYS``.
"""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from memadmin.local import kept_secret


def signing_key() -> Ed25519PrivateKey:
    """The desk's private key; made on first use on a laptop.

    Raises:
        ImproperlyConfigured: none is configured, or it is no Ed25519 key.
    """
    text = _configured(make=True)
    if not text:
        raise ImproperlyConfigured(
            "No signing key: set MEMADMIN_SIGNING_KEY_FILE to the file of an Ed25519 private key (PEM); "
            "openssl genpkey -algorithm ed25519 -out FILE makes one."
        )
    return _loaded(text)


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public half: 32 bytes in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def fingerprint(public_key: str) -> str:
    """SHA-256 of a public key given in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()


def trusted() -> frozenset[str]:
    """Fingerprints of the keys that are believed."""
    own = _configured(make=False)
    return frozenset(settings.MEMADMIN_TRUSTED_KEYS) | ({fingerprint(public_hex(_loaded(own)))} if own else set())


def is_signed(statement: bytes, signature: str, public_key: str) -> bool:
    """Whether this key signed this."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def new_pem() -> str:
    """A fresh private key as text."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode("ascii")
    )


def _configured(*, make: bool) -> str:
    if settings.MEMADMIN_SIGNING_KEY or not settings.MEMADMIN_SIGNING_KEY_FILE:
        return str(settings.MEMADMIN_SIGNING_KEY)
    path = Path(settings.MEMADMIN_SIGNING_KEY_FILE)
    if settings.MEMADMIN_DEBUG:
        return kept_secret(path, keep=True, make=new_pem) if make or path.exists() else ""
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ImproperlyConfigured(f"MEMADMIN_SIGNING_KEY_FILE names {path}: {error.strerror}.") from error


def _loaded(pem: str) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured("The signing key is not an unencrypted private key in PEM.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured("The signing key is not an Ed25519 key.")
    return key
