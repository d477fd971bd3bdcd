"""Which tokens let somebody in, and which do not, and why."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dashboard.your_data import tokens
from dashboard.your_data.tokens import Fault, TokenRefused, UnusableKeys
from memadmin.memory import your_data_token

AUDIENCE, SECRET = "memadmin-your-data", "s" * 32
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
RSA, OTHER_RSA = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
P256 = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
SIGNERS = {"RS256": RSA, "ES256": P256, "EdDSA": ED25519}
BOUNDED = hypothesis_settings(max_examples=200, deadline=None, derandomize=True, database=None)


def pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key: Any) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwk(key: Any, algorithm: str = "RS256", **more: Any) -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm)
    return {**made.to_jwk(key, as_dict=True), "alg": algorithm, **more}


def jwks(*entries: dict[str, Any]) -> str:
    return json.dumps({"keys": entries})


def claims(**changed: Any) -> dict[str, Any]:
    """What a right token says; None leaves a claim out."""
    now = int(NOW.timestamp())
    usual = {"sub": "u_alice", "aud": AUDIENCE, "iat": now, "exp": now + 120, "jti": "once"}
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


def b64(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def raw(header: str, payload: str, secret: bytes = SECRET.encode()) -> str:
    """Signed with HS256, whatever it says: what a library would not sign."""
    signed = b".".join((b64(header.encode()), b64(payload.encode())))
    return b".".join((signed, b64(hmac.digest(secret, signed, hashlib.sha256)))).decode()


def token(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changed: Any) -> str:
    if key is SECRET and not headers:
        return raw('{"alg": "HS256"}', json.dumps(claims(**changed)))
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def fault(submitted: str, keys: Any = None, *, now: datetime = NOW) -> Fault | None:
    """Why a token is refused; None if it is not."""
    try:
        tokens.read(submitted, keys or tokens.shared(SECRET), audience=AUDIENCE, now=now)
    except TokenRefused as refused:
        return refused.fault
    return None


# What lets somebody in.


def test_a_signed_token_says_who_comes() -> None:
    arrival = tokens.read(token(), tokens.shared(SECRET), audience=AUDIENCE, now=NOW)
    assert arrival.user_id == "u_alice"
    assert arrival.spent == hashlib.sha256(b"once").hexdigest()
    assert "u_alice" not in repr(arrival)


def test_what_the_helper_signs_is_read() -> None:
    signed = your_data_token("u_alice", secret=SECRET)
    assert tokens.read(signed, tokens.shared(SECRET), audience=AUDIENCE).user_id == "u_alice"


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_token_is_checked_with_a_public_key_in_a_pem_file(algorithm: str) -> None:
    key = SIGNERS[algorithm]
    assert fault(token(key, algorithm), tokens.published(pem(key))) is None


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_token_is_checked_with_a_public_key_in_a_key_set(algorithm: str) -> None:
    key = SIGNERS[algorithm]
    assert fault(token(key, algorithm), tokens.published(jwks(jwk(key.public_key(), algorithm)))) is None


@pytest.mark.parametrize("named", [None, "a", "b"])
def test_of_several_keys_the_one_that_is_named_is_used_and_all_where_none_is(named: str | None) -> None:
    keys = tokens.published(jwks(jwk(RSA.public_key(), kid="a"), jwk(P256.public_key(), "ES256", kid="b")))
    headers = {"kid": named} if named else None
    assert fault(token(RSA, "RS256", headers), keys) is (Fault.SIGNATURE if named == "b" else None)
    assert fault(token(P256, "ES256", headers), keys) is (Fault.SIGNATURE if named == "a" else None)


def test_a_key_without_a_name_is_tried_for_a_name_that_nobody_has() -> None:
    assert fault(token(RSA, "RS256", {"kid": "new"}), tokens.published(pem(RSA))) is None


def test_a_name_that_no_key_has_lets_nobody_in() -> None:
    keys = tokens.published(jwks(jwk(RSA.public_key(), kid="a")))
    assert fault(token(RSA, "RS256", {"kid": "b"}), keys) is Fault.SIGNATURE


def test_two_keys_of_one_name_are_both_tried() -> None:
    keys = tokens.published(jwks(jwk(OTHER_RSA.public_key(), kid="a"), jwk(RSA.public_key(), kid="a")))
    assert fault(token(RSA, "RS256", {"kid": "a"}), keys) is None
    assert fault(token(OTHER_RSA, "RS256", {"kid": "a"}), keys) is None


def test_keys_for_encryption_are_passed_over() -> None:
    keys = tokens.published(jwks(jwk(OTHER_RSA.public_key(), use="enc"), jwk(RSA.public_key(), use="sig")))
    assert fault(token(RSA, "RS256"), keys) is None
    assert fault(token(OTHER_RSA, "RS256"), keys) is Fault.SIGNATURE


def test_an_audience_among_others_is_addressed() -> None:
    assert fault(token(aud=["another", AUDIENCE])) is None


@pytest.mark.parametrize("seconds", [-29, 29])
def test_clocks_may_be_half_a_minute_apart(seconds: int) -> None:
    start = int(NOW.timestamp())
    assert fault(token(iat=start + seconds, exp=start + max(seconds, 0) + 60)) is None
    assert fault(token(iat=start - 60, exp=start - 29)) is None


# Signatures.


def test_a_token_signed_with_another_secret_is_refused() -> None:
    assert fault(raw('{"alg": "HS256"}', json.dumps(claims()), b"t" * 32)) is Fault.SIGNATURE


def test_a_token_signed_with_another_key_is_refused() -> None:
    assert fault(token(OTHER_RSA, "RS256"), tokens.published(pem(RSA))) is Fault.SIGNATURE


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_a_token_that_nobody_signed_is_refused(algorithm: str, signature: str) -> None:
    header, payload = (b64(json.dumps(part).encode()).decode() for part in ({"alg": algorithm}, claims()))
    for keys in (tokens.shared(SECRET), tokens.published(pem(RSA))):
        assert fault(f"{header}.{payload}.{signature}", keys) in {Fault.SIGNATURE, Fault.MALFORMED}


@pytest.mark.parametrize("change", [0, 1])
def test_a_token_that_was_changed_after_it_was_signed_is_refused(change: int) -> None:
    parts = token().split(".")
    parts[change] = [b64(b'{"alg": "HS256", "x": 1}'), b64(json.dumps(claims(sub="u_bob")).encode())][change].decode()
    assert fault(".".join(parts)) is Fault.SIGNATURE


@pytest.mark.parametrize("key", [RSA, P256, ED25519], ids=SIGNERS)
@pytest.mark.parametrize("encoded", ["PEM", "PEM without its end of line", "DER", "JWK", "JWKS"])
def test_a_public_key_is_no_shared_secret(key: Any, encoded: str) -> None:
    algorithm = next(name for name, signer in SIGNERS.items() if signer is key)
    known = jwk(key.public_key(), algorithm)
    secret = {
        "PEM": pem(key).encode(),
        "PEM without its end of line": pem(key).strip().encode(),
        "DER": key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(known).encode(),
        "JWKS": jwks(known).encode(),
    }[encoded]
    forged = raw('{"alg": "HS256"}', json.dumps(claims()), secret)
    for keys in (tokens.published(pem(key)), tokens.published(jwks(known))):
        assert fault(forged, keys) is Fault.SIGNATURE


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_than_the_keys_own_is_refused(algorithm: str) -> None:
    signed = jwt.encode(claims(), "s" * 64, algorithm=algorithm)
    assert fault(signed, tokens.shared("s" * 64)) is Fault.SIGNATURE
    signed = jwt.encode(claims(), RSA, algorithm="PS256")
    assert fault(signed, tokens.published(pem(RSA))) is Fault.SIGNATURE


def test_a_key_inside_the_token_counts_for_nothing() -> None:
    headers = {
        "jwk": jwk(OTHER_RSA.public_key()),
        "jku": "https://forger.example/keys",
        "x5u": "https://forger.example",
    }
    assert fault(token(OTHER_RSA, "RS256", headers), tokens.published(pem(RSA))) is Fault.SIGNATURE


# Times.


@pytest.mark.parametrize(
    ("iat", "exp", "expected"),
    [
        (-120, -30, Fault.EXPIRED),
        (-120, -3_600, Fault.EXPIRED),
        (31, 60, Fault.FUTURE),
        (86_400, 86_460, Fault.FUTURE),
        (0, 301, Fault.TOO_LONG_LIVED),
        (-3_600, 10, Fault.TOO_LONG_LIVED),
        (0, 10**10, Fault.TOO_LONG_LIVED),
    ],
)
def test_a_token_is_good_now_and_for_five_minutes(iat: int, exp: int, expected: Fault) -> None:
    start = int(NOW.timestamp())
    assert fault(token(iat=start + iat, exp=start + exp)) is expected


def test_a_token_that_is_not_valid_yet_is_refused() -> None:
    assert fault(token(nbf=int(NOW.timestamp()) + 31)) is Fault.FUTURE
    assert fault(token(nbf=int(NOW.timestamp()) - 31)) is None


@pytest.mark.parametrize("claim", ["iat", "exp", "nbf"])
@pytest.mark.parametrize(
    "value",
    [
        "NaN", "Infinity", "-Infinity", "1e400", "1e308", "1" + "0" * 30, "-1" + "0" * 30, "true", '"1772712000"',
        "[]", "{}",
    ],
)  # fmt: skip
def test_a_time_that_is_no_time_is_refused(claim: str, value: str) -> None:
    payload = json.dumps(claims(**{claim: "TIME"})).replace('"TIME"', value)
    assert fault(raw('{"alg": "HS256"}', payload)) is Fault.MALFORMED


@pytest.mark.parametrize("claim", ["iat", "exp"])
def test_a_time_that_is_null_is_refused(claim: str) -> None:
    payload = json.dumps(claims(**{claim: "TIME"})).replace('"TIME"', "null")
    assert fault(raw('{"alg": "HS256"}', payload)) is Fault.MALFORMED


# Claims.


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("sub", Fault.SUBJECT),
        ("aud", Fault.AUDIENCE),
        ("iat", Fault.MALFORMED),
        ("exp", Fault.MALFORMED),
        ("jti", Fault.MALFORMED),
    ],
)
def test_a_token_says_everything(claim: str, expected: Fault) -> None:
    assert fault(token(**{claim: None})) is expected


@pytest.mark.parametrize("aud", ["another", "", "memadmin", f"{AUDIENCE} ", ["another"], [], [1], 7, {"a": 1}, "*"])
def test_a_token_for_somebody_else_is_refused(aud: Any) -> None:
    assert fault(token(aud=aud)) is Fault.AUDIENCE


@pytest.mark.parametrize(
    "sub", ["*", "", " ", "a\nb", "a\0b", "\u202eabc\x07", "x" * 1_000, ["u_alice"], [], 7, 1.5, True, {"a": 1}]
)
def test_a_subject_that_is_not_exactly_one_person_is_refused(sub: Any) -> None:
    assert fault(token(sub=sub)) is Fault.SUBJECT


def test_a_subject_that_is_null_is_refused() -> None:
    payload = json.dumps(claims(sub="WHO")).replace('"WHO"', "null")
    assert fault(raw('{"alg": "HS256"}', payload)) is Fault.SUBJECT


@pytest.mark.parametrize("jti", ["", "x" * 256, 7, ["once"], True])
def test_a_token_has_a_name_of_its_own(jti: Any) -> None:
    assert fault(token(jti=jti)) is Fault.MALFORMED


def test_a_name_that_no_text_can_hold_is_still_spent() -> None:
    odd = raw('{"alg": "HS256"}', json.dumps(claims(jti="X")).replace('"X"', '"\\ud800"'))
    assert len(tokens.read(odd, tokens.shared(SECRET), audience=AUDIENCE, now=NOW).spent) == 64


# What is no token at all.


@pytest.mark.parametrize(
    "submitted",
    [
        "x", ".", "..", "a.b.c", "a.b.c.d", "é.é.é", "\ud800.a.b", "\0", " ", "{}", "e30.e30.",
        f"{b64(b'[]').decode()}.e30.x",
    ],
)  # fmt: skip
def test_what_is_no_token_is_refused(submitted: str) -> None:
    assert fault(submitted) in {Fault.MALFORMED, Fault.SIGNATURE}


def test_nothing_is_no_token() -> None:
    assert fault("") is Fault.MISSING


@pytest.mark.parametrize("size", [tokens.LONGEST + 1, 1_000_000])
def test_a_token_that_is_too_long_is_not_read(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwt, "get_unverified_header", None)
    assert fault(token(padding="x" * size)) is Fault.TOO_LONG


def test_the_longest_user_id_fits_into_a_token() -> None:
    assert fault(your_data_token("\U0001f41d" * 255, secret=SECRET, audience=AUDIENCE), now=datetime.now(UTC)) is None


@pytest.mark.parametrize("header", ['{"alg": ["HS256"]}', '{"alg": null}', "[]", "7", '"HS256"', '{"kid": "a"}', "{"])
def test_a_header_that_is_none_is_refused(header: str) -> None:
    assert fault(raw(header, json.dumps(claims()))) in {Fault.MALFORMED, Fault.SIGNATURE}


@pytest.mark.parametrize("kid", [7, ["a"], {"a": 1}, None, True])
def test_a_key_is_named_by_a_text(kid: Any) -> None:
    header = json.dumps({"alg": "HS256", "kid": kid})
    assert fault(raw(header, json.dumps(claims()))) in {Fault.MALFORMED, Fault.SIGNATURE}


def test_an_extension_that_must_be_understood_is_not() -> None:
    header = json.dumps({"alg": "HS256", "crit": ["exp"], "exp": 1})
    assert fault(raw(header, json.dumps(claims()))) in {Fault.MALFORMED, Fault.SIGNATURE}


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_what_is_nested_deeply_is_refused(opening: str) -> None:
    deep = opening * (2_000 // len(opening))
    assert fault(raw(deep, "{}")) is Fault.MALFORMED
    assert fault(raw('{"alg": "HS256"}', deep)) is Fault.MALFORMED


@pytest.mark.parametrize("payload", ["[]", "7", '"u_alice"', "null", "", "{"])
def test_claims_that_are_none_are_refused(payload: str) -> None:
    assert fault(raw('{"alg": "HS256"}', payload)) is Fault.MALFORMED


# Whatever comes, it is let in or refused.

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_claims = st.dictionaries(st.sampled_from([*claims(), "nbf", "iss", "x"]), _json).map(lambda changed: claims(**changed))


@BOUNDED
@given(st.binary(max_size=300).map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_whatever_bytes_come_they_are_refused(submitted: str) -> None:
    assert fault(submitted) in Fault


@BOUNDED
@given(_json, _json)
def test_whatever_is_signed_is_refused_unless_it_is_right(header: Any, payload: Any) -> None:
    assert fault(raw(json.dumps(header), json.dumps(payload))) in Fault


@BOUNDED
@given(_claims)
def test_whatever_is_claimed_names_one_person_or_nobody(payload: dict[str, Any]) -> None:
    signed = raw('{"alg": "HS256"}', json.dumps(payload))
    assert fault(signed) is None or fault(signed) in Fault


@BOUNDED
@given(st.integers(0, 10_000), st.characters())
def test_whatever_is_changed_in_a_token_it_is_refused(at: int, other: str) -> None:
    signed = token()
    header, payload, _signature = signed.split(".")
    at %= len(header) + len(payload) + 1
    changed = signed[:at] + other + signed[at + 1 :]
    assert changed == signed or fault(changed) in Fault


# Keys.


@pytest.mark.parametrize("secret", ["", "s" * 31])
def test_a_short_secret_is_refused(secret: str) -> None:
    with pytest.raises(UnusableKeys, match="at least 32 bytes"):
        tokens.shared(secret)


def test_a_key_in_place_of_a_secret_is_refused() -> None:
    with pytest.raises(UnusableKeys):
        tokens.shared(pem(RSA))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no key",
        "{",
        "{}",
        "[]",
        jwks(),
        '{"keys": null}',
        '{"keys": ["a"]}',
        '{"keys": [7]}',
        '{"keys": [{}]}',
        '{"keys": [{"kty": "RSA"}]}',
        private_pem(RSA),
        private_pem(P256),
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed448.Ed448PrivateKey.generate()),
        jwks(jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), "ES384")),
        jwks(jwk(RSA.public_key(), "PS256")),
        jwks({**jwk(RSA.public_key()), "alg": "HS256"}),
        jwks({**jwk(RSA.public_key()), "alg": "none"}),
        jwks(jwk(RSA.public_key(), use="enc")),
    ],
)
def test_what_holds_no_public_key_of_ours_is_refused(text: str) -> None:
    with pytest.raises(UnusableKeys):
        tokens.published(text)


@pytest.mark.parametrize(
    "secret",
    [
        jwk(RSA),
        jwk(P256, "ES256"),
        jwk(ED25519, "EdDSA"),
        {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
    ],
    ids=["RSA", "P-256", "Ed25519", "shared"],
)
def test_a_key_set_with_a_secret_key_is_refused(secret: dict[str, Any]) -> None:
    with pytest.raises(UnusableKeys, match="secret keys"):
        tokens.published(jwks(jwk(RSA.public_key(), kid="fine"), secret))


def test_a_short_rsa_key_is_refused() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
    with pytest.raises(UnusableKeys):
        tokens.published(pem(short))
    with pytest.raises(UnusableKeys):
        tokens.published(jwks(jwk(short.public_key())))


def test_no_key_is_shown_when_it_is_printed() -> None:
    assert SECRET not in repr(tokens.shared(SECRET))


def test_it_is_noted_as_spent_for_as_long_as_it_would_be_good() -> None:
    arrival = tokens.read(token(), tokens.shared(SECRET), audience=AUDIENCE, now=NOW)
    assert arrival.expires_at == NOW + timedelta(seconds=150)
    assert fault(token(), now=arrival.expires_at - timedelta(seconds=1)) is None
    assert fault(token(), now=arrival.expires_at) is Fault.EXPIRED
