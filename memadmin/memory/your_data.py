"""How a host application hands a person over to the "your data" pages: a short token that it signs (RFC 7519).

The desk checks it in ``dashboard/your_data/tokens.py``; what both sides have to agree on stands here.
"""

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from memadmin.memory.errors import ConfigurationError
from memadmin.memory.identity import UserId

AUDIENCE = "memadmin-your-data"
"""Whom the token is for (``aud``), unless the desk's MEMADMIN_YOUR_DATA_AUDIENCE says otherwise."""
LONGEST_LIFE = timedelta(minutes=5)
"""From ``iat`` to ``exp``; the desk refuses tokens that live longer."""
SHORTEST_SECRET = 32
"""Bytes of a shared secret: as many as the digest of HS256 has (RFC 7518, 3.2)."""
SHORTEST_RSA = 2048
"""Bits of an RSA key (RFC 7518, 3.3)."""


def your_data_token(
    user_id: str,
    *,
    secret: str | None = None,
    private_key: str | None = None,
    key_id: str = "",
    audience: str = AUDIENCE,
    lifetime: timedelta = timedelta(minutes=2),
) -> str:
    """A token that lets one person into the "your data" pages, once.

    POST it as the form field ``token`` to ``/your-data/enter`` of the desk, from the person's own browser.

    Args:
        user_id: who it is: the one under whose user_id the application itself has just signed them in.
        secret: shared with the desk, at least 32 bytes; signs with HS256. Default: MEMADMIN_YOUR_DATA_SECRET from the
            environment, unless there is a private key.
        private_key: PEM instead of a secret: RSA signs with RS256, P-256 with ES256, Ed25519 with EdDSA.
        key_id: which of several keys (``kid``); default: not named.
        audience: see :data:`AUDIENCE`.
        lifetime: for how long it can be used, up to 5 minutes. Default: 2 minutes.

    Raises:
        InvalidUserId: the user_id cannot name exactly one person.
        ConfigurationError: no key, one that is too short or of another kind, or a lifetime out of range.
    """
    if not timedelta() < lifetime <= LONGEST_LIFE:
        raise ConfigurationError("A token lives for up to 5 minutes.")
    key, algorithm = _signing_key(secret, private_key)
    now = datetime.now(UTC)
    claims = {
        "sub": str(UserId.parse(user_id)),
        "aud": audience,
        "iat": now,
        "exp": now + lifetime,
        "jti": str(uuid.uuid4()),
    }
    headers: Mapping[str, str] = {"kid": key_id} if key_id else {}
    return jwt.encode(claims, key, algorithm=algorithm, headers=dict(headers))


_PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


def _signing_key(secret: str | None, private_key: str | None) -> tuple[str | _PrivateKey, str]:
    if private_key is not None and secret is not None:
        raise ConfigurationError("Sign with a secret or with a private key, not with both.")
    if private_key is not None:
        return _private(private_key)
    shared = os.environ.get("MEMADMIN_YOUR_DATA_SECRET", "") if secret is None else secret
    if len(shared.encode()) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"The secret for “your data” tokens needs at least {SHORTEST_SECRET} bytes: set MEMADMIN_YOUR_DATA_SECRET."
        )
    if is_key(shared):
        raise ConfigurationError("The secret for “your data” tokens is a key: sign with it as private_key.")
    return shared, "HS256"


def is_key(secret: str) -> bool:
    """Whether this is a public or private key instead of a secret: what others know too signs for nobody."""
    try:
        jwt.get_algorithm_by_name("HS256").prepare_key(secret)
    except jwt.InvalidKeyError:
        return True
    return False


def _private(pem: str) -> tuple[_PrivateKey, str]:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError("The private key for “your data” tokens is no unencrypted PEM.") from error
    if isinstance(key, RSAPrivateKey) and key.key_size >= SHORTEST_RSA:
        return key, "RS256"
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key, "ES256"
    if isinstance(key, Ed25519PrivateKey):
        return key, "EdDSA"
    raise ConfigurationError("The private key for “your data” tokens must be RSA of 2048 bits, P-256 or Ed25519.")
