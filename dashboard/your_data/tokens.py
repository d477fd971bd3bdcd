"""What a host application signed about who comes: checked against the configured keys, or refused. Pure.

The algorithm follows from the key, never from the token: a token that names another one, or none, is refused (RFC 8725,
3.1). A key file holds public keys; a shared secret and a key file exclude each other.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.exceptions import InvalidSubjectError
from jwt.types import Options

from memadmin.memory import InvalidUserId, UserId
from memadmin.memory.your_data import LONGEST_LIFE, SHORTEST_RSA, SHORTEST_SECRET, is_key

LONGEST = 8_192
"""Characters of a token; longer ones are not even decoded. The longest user_id, of emoji, takes some 4,300."""
CLOCKS_APART = timedelta(seconds=30)
"""How far the application's clock may be from ours."""
_ALGORITHMS = ("RS256", "ES256", "EdDSA")
_CLAIMS = ["sub", "aud", "iat", "exp", "jti"]
_LONGEST_JTI = 255
_NO_KEYS = (
    jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError, NotImplementedError
)  # fmt: skip
"""What reading a file raises that holds something else than keys; the last, of a key set that names "none"."""


class Fault(StrEnum):
    """Why a token lets nobody in."""

    MISSING = "missing"
    TOO_LONG = "too-long"
    MALFORMED = "malformed"
    SIGNATURE = "signature"  # forged, or signed with another key or algorithm
    EXPIRED = "expired"
    FUTURE = "future"  # issued, or valid, later than now
    TOO_LONG_LIVED = "too-long-lived"
    AUDIENCE = "audience"
    SUBJECT = "subject"  # not exactly one person
    SPENT = "spent"  # it has let somebody in before
    TOO_OFTEN = "too-often"  # whatever it is: the client has brought too many


class TokenRefused(Exception):
    """The token lets nobody in."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"The token is refused: {fault.value}.")
        self.fault = fault


class UnusableKeys(ValueError):
    """The keys cannot check tokens; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the one algorithm that it is for."""

    material: Any = field(repr=False)
    algorithm: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who comes, by a token that was checked."""

    user_id: UserId = field(repr=False)
    spent: str  # SHA-256 of the jti, 64 hexadecimal characters: what is noted so that it lets nobody in again
    expires_at: datetime  # until when it has to be noted


def shared(secret: str) -> tuple[Key, ...]:
    """A secret of at least 32 bytes that the application has too. Raises UnusableKeys."""
    if len(secret.encode()) < SHORTEST_SECRET:
        raise UnusableKeys(f"MEMADMIN_YOUR_DATA_SECRET needs at least {SHORTEST_SECRET} bytes.")
    if is_key(secret):
        raise UnusableKeys("MEMADMIN_YOUR_DATA_SECRET is a key: put it into MEMADMIN_YOUR_DATA_KEY_FILE.")
    return (Key(secret, "HS256"),)


def published(text: str) -> tuple[Key, ...]:
    """The application's public keys: one as PEM, or a JSON Web Key Set (RFC 7517). Raises UnusableKeys."""
    try:
        keys = _of_set(json.loads(text)) if text.lstrip().startswith("{") else (_of_pem(text),)
    except UnusableKeys:
        raise
    except _NO_KEYS as error:
        raise UnusableKeys("MEMADMIN_YOUR_DATA_KEY_FILE holds neither a PEM public key nor a JWKS.") from error
    if not keys or not all(_is_usable(key) for key in keys):
        raise UnusableKeys(
            "MEMADMIN_YOUR_DATA_KEY_FILE: public keys are RSA of at least 2048 bits (RS256), P-256 (ES256) or "
            "Ed25519 (EdDSA)."
        )
    return keys


def read(token: str, keys: Sequence[Key], *, audience: str, now: datetime | None = None) -> Arrival:
    """Who comes.

    Args:
        token: as it was submitted. now: aware UTC; default: now.

    Raises:
        TokenRefused
    """
    if not token:
        raise TokenRefused(Fault.MISSING)
    if len(token) > LONGEST:
        raise TokenRefused(Fault.TOO_LONG)
    claims = _signed(token, _fitting(token, keys), audience)
    expires_at = _checked_times(claims, now or datetime.now(UTC))
    return Arrival(_subject(claims["sub"]), _spent(claims["jti"]), expires_at + CLOCKS_APART)


def _of_set(document: dict[str, Any]) -> tuple[Key, ...]:
    if any("d" in entry or entry.get("kty") == "oct" for entry in document["keys"]):
        raise UnusableKeys("MEMADMIN_YOUR_DATA_KEY_FILE holds secret keys: put the public ones there.")
    keys = [jwt.PyJWK(entry) for entry in document["keys"] if entry.get("use", "sig") == "sig"]
    return tuple(Key(key.key, key.algorithm_name, key.key_id or "") for key in keys)


def _of_pem(text: str) -> Key:
    key = load_pem_public_key(text.encode())
    match key:
        case RSAPublicKey():
            return Key(key, "RS256")
        case EllipticCurvePublicKey(curve=SECP256R1()):
            return Key(key, "ES256")
        case Ed25519PublicKey():
            return Key(key, "EdDSA")
    return Key(key, "unknown")


def _is_usable(key: Key) -> bool:
    is_short = isinstance(key.material, RSAPublicKey) and key.material.key_size < SHORTEST_RSA
    return key.algorithm in _ALGORITHMS and not is_short


def _fitting(token: str, keys: Sequence[Key]) -> list[Key]:
    """The key that the token names, or all."""
    try:
        named = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused(Fault.MALFORMED) from error
    return [key for key in keys if key.id == named] or [key for key in keys if not key.id or named is None]


def _signed(token: str, keys: Sequence[Key], audience: str) -> dict[str, Any]:
    """The claims. Times are compared by ``_checked_times``, against one clock that tests can set."""
    options: Options = {"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    fault = Fault.SIGNATURE
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                token, key.material, algorithms=[key.algorithm], audience=audience, options=options
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            fault = _fault(error)
            if fault is not Fault.SIGNATURE:
                break
        else:
            return claims
    raise TokenRefused(fault)


def _fault(error: Exception) -> Fault:
    match error:
        case jwt.InvalidSignatureError() | jwt.InvalidAlgorithmError() | jwt.InvalidKeyError():
            return Fault.SIGNATURE
        case jwt.InvalidAudienceError():
            return Fault.AUDIENCE
        case InvalidSubjectError():
            return Fault.SUBJECT
        case jwt.MissingRequiredClaimError(claim="aud"):
            return Fault.AUDIENCE
        case jwt.MissingRequiredClaimError(claim="sub"):
            return Fault.SUBJECT
    return Fault.MALFORMED


def _checked_times(claims: dict[str, Any], now: datetime) -> datetime:
    issued, expires = _moment(claims["iat"]), _moment(claims["exp"])
    begins = _moment(claims["nbf"]) if "nbf" in claims else issued
    if max(issued, begins) > now + CLOCKS_APART:
        raise TokenRefused(Fault.FUTURE)
    if expires <= now - CLOCKS_APART:
        raise TokenRefused(Fault.EXPIRED)
    if expires - issued > LONGEST_LIFE:
        raise TokenRefused(Fault.TOO_LONG_LIVED)
    return expires


def _moment(value: object) -> datetime:
    """A NumericDate (RFC 7519, 2)."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        return datetime.fromtimestamp(value, UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise TokenRefused(Fault.MALFORMED) from error


def _subject(value: object) -> UserId:
    try:
        return UserId.parse(value)  # refuses what is no text
    except InvalidUserId as error:
        raise TokenRefused(Fault.SUBJECT) from error


def _spent(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_JTI:
        raise TokenRefused(Fault.MALFORMED)
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
